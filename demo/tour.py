"""`python -m demo.tour`: the main job and the founding story, asked of the running system and checked.

It ends with 1 at the first thing that is not as it must be. Every tour brings a client of its own and cancels its visit
at the end, so it can be repeated, at any hour.
"""

import sys
import time
from argparse import ArgumentParser
from textwrap import wrap

import httpx

from demo import desk, guest, inbox, page
from demo.api import Api, Unexpected
from demo.chain import SLUG
from demo.guest import Json, Tour
from demo.mailbox import Mail
from demo.stories import founding_story
from demo.stories.desk import desk_of_a_new_chain
from demo.story import WIDTH, DoesNotHold, Story
from demo.system import NoToken, NotRunning, System, running_system

PATIENCE_SECONDS = 60.0
HISTORY = ("booked", "moved", "moved", "confirmed", "cancelled")


def main() -> None:
    parser = ArgumentParser(description="Walk through the main job of the running system.")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="seconds that a message may be late")
    story = Story(lambda line: print(line, flush=True), parser.parse_args().patience)
    began = time.monotonic()
    try:
        system = running_system()
        take(system, story)
        with desk_of_a_new_chain(system, story) as desk:
            founding_story.tell(desk)
    except (DoesNotHold, NotRunning, NoToken, Unexpected, httpx.HTTPError) as error:
        sys.exit(f"\n ✗  {error}")
    story.write(f"\nAll {story.facts} facts hold ({time.monotonic() - began:.0f} s).")


def take(system: System, story: Story) -> None:
    """The whole tour. Raises DoesNotHold, NoToken, Unexpected or an error of the connection."""
    with Api.at(system.scheduling_url, system.token(SLUG, "front_desk")) as api:
        tour = guest.begin(system, api, story)
        visit = desk.book(tour, desk.search(tour))
        mails = [inbox.confirmation(tour, visit)]
        for move in (desk.move_to_other_clinic, desk.move_again):
            visit = move(tour, visit)
            mails.append(inbox.update(tour, visit, mails))
        moved = mails[-1]
        confirm(tour, visit, mails[0])
        inbox.reminder(tour, visit, moved)
        visit = desk.cancel(tour, visit)
        mails.append(inbox.cancellation(tour, visit, mails))
        inbox.look_back(tour, visit, mails, moved)
        show_history(tour, visit)
    verify(tour)


def confirm(tour: Tour, visit: Json, mail: Mail) -> None:
    """Follow the link of the first mail, look, and press the button. Raises DoesNotHold."""
    story, link = tour.story, page.link_in(mail.text)
    story.step("Confirm through the link in the first mail, two moves later")
    events = len(guest.history(tour, visit))
    seen = page.read(link or "")
    story.exchange(seen)
    story.lines(wrap(" · ".join(page.Reader(seen.text).words), WIDTH))
    story.holds("the page shows the visit", seen.is_success and tour.clinics[visit["clinic_id"]]["name"] in seen.text)
    story.holds("to look at it changes nothing", len(guest.history(tour, visit)) == events)
    button = page.button(seen, "/confirm")
    if button is None:
        raise DoesNotHold("the page has a button to confirm")
    answer = page.press(seen, button)
    story.exchange(answer)
    story.holds("the visit is confirmed", tour.api.read(f"/v1/appointments/{visit['id']}")["confirmed"])
    story.holds("the button leads back to the page", answer.is_redirect)
    back = page.follow(answer)
    story.holds("which asks no more", back.is_success and page.button(back, "/confirm") is None)


def show_history(tour: Tour, visit: Json) -> None:
    story = tour.story
    story.step("Read the history of the visit")
    response = tour.api.send("GET", f"/v1/appointments/{visit['id']}/history")
    story.exchange(response, ())
    items = response.json()["items"]
    for item in items:
        story.say(
            f"  {item['version']}  {item['recorded_at'][11:19]}  {item['name']}  by {item['actor']} ({item['origin']})"
        )
        changes = {
            name: both for name, both in item["changed"].items() if name in {"starts_local", "status", "confirmed"}
        }
        story.lines(f"   {name}: {before} → {later}" for name, (before, later) in changes.items())
    told = tuple(item["name"].split("_")[-1].split(".")[0] for item in items)
    story.holds("it tells everything that happened, in order", told == HISTORY, told)
    confirmed = items[HISTORY.index("confirmed")]
    story.holds(
        "and that the client confirmed", confirmed["actor"] == f"client:{tour.client['id']}", confirmed["actor"]
    )


def verify(tour: Tour) -> None:
    """Have the operator's command walk the log's chain of hashes. Raises DoesNotHold."""
    tour.story.step("Verify the log: synergist verify")
    done = tour.system.synergist("verify")
    tour.story.lines((done.stdout + done.stderr).splitlines())
    tour.story.holds("no row of the log was altered, lost or inserted", done.returncode == 0)


if __name__ == "__main__":
    main()
