"""`python -m demo.desk_day`: what goes wrong in a day at the desk, asked of the running system and checked.

It ends with 1 at the first thing that is not as it must be. Each story has a chain of its own, so it can be repeated.
"""

import sys
import time
from argparse import ArgumentParser

import httpx

from demo.api import Unexpected
from demo.stories import STORIES
from demo.stories.desk import desk_of_a_new_chain
from demo.story import DoesNotHold, Story
from demo.system import NoToken, NotRunning, running_system
from demo.tour import PATIENCE_SECONDS


def main() -> None:
    parser = ArgumentParser(description="Walk through a day at the desk of the running system.")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="seconds that a message may be late")
    story = Story(lambda line: print(line, flush=True), parser.parse_args().patience)
    began = time.monotonic()
    try:
        system = running_system()
        for tell in STORIES:
            with desk_of_a_new_chain(system, story) as desk:
                tell(desk)
    except (DoesNotHold, NotRunning, NoToken, Unexpected, httpx.HTTPError) as error:
        sys.exit(f"\n ✗  {error}")
    story.write(f"\nAll {story.facts} facts hold ({time.monotonic() - began:.0f} s).")


if __name__ == "__main__":
    main()
