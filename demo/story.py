"""Tells the tour to a person, each step with its request and answer, and stops at the first fact that does not hold."""

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

import httpx

from demo.mailbox import Mail

Found = TypeVar("Found")
PAUSE_SECONDS = 0.3
WIDTH = 110


class DoesNotHold(Exception):
    """Something that the tour shows is not so."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"This does not hold: {fact}")


@dataclass
class Story:
    """`write` takes one line; `patience` is how many seconds a thing may be late."""

    write: Callable[[str], None]
    patience: float
    steps: int = 0
    facts: int = 0

    def step(self, title: str) -> None:
        self.steps += 1
        self.write(f"\n{self.steps:>2}  {title}")

    def say(self, text: str) -> None:
        self.write(f"    {text}")

    def exchange(self, response: httpx.Response, shown: Collection[str] | None = None) -> None:
        """A request and its answer, all of it or only the members `shown`."""
        request = response.request
        self.say(f"→ {request.method} {unquote(request.url.raw_path.decode())}")
        if request.content and "json" in request.headers.get("Content-Type", ""):
            self.lines(compact(json.loads(request.content)))
        tag = f"  ETag {response.headers['ETag']}" if "ETag" in response.headers else ""
        self.say(f"← {response.status_code} {response.reason_phrase}{tag}")
        if shown != () and "json" in response.headers.get("Content-Type", ""):
            content = response.json()
            self.lines(compact({name: content[name] for name in content if shown is None or name in shown}))

    def mail(self, mail: Mail) -> None:
        """A message as its reader gets it, and what a calendar reads in it."""
        self.say(f"✉ {mail.sender} → {mail.to}")
        self.say(f"  {mail.subject}")
        self.lines(line for line in mail.text.splitlines() if line.strip())
        if mail.entry is not None:
            self.say("  calendar part:")
            self.lines(mail.entry.lines)

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(f"      {line}")

    def holds(self, fact: str, is_so: bool, seen: object = None) -> None:  # noqa: FBT001 - the claim is the argument
        """Say that a fact holds, or raise DoesNotHold."""
        if not is_so:
            raise DoesNotHold(fact if seen is None else f"{fact}; seen: {seen}")
        self.facts += 1
        self.say(f"✓ {fact}")

    def wait_for(self, what: str, look: Callable[[], Found | None], *, due_in: float = 0.0) -> Found:
        """What `look` finds as soon as it finds something; raises DoesNotHold when it is later than patience allows."""
        longest = max(due_in, 0.0) + self.patience
        self.say(f"… waiting for {what} (at most {longest:.0f} s)")
        deadline = time.monotonic() + longest
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise DoesNotHold(f"{what} came within {longest:.0f} s")
            time.sleep(PAUSE_SECONDS)
        return found


def compact(value: Any) -> Iterator[str]:
    """JSON in lines that are as full as a screen is wide; an object is broken between its members only."""
    whole = json.dumps(value, ensure_ascii=False)
    if len(whole) <= WIDTH or not isinstance(value, dict):
        yield whole
        return
    line = "{"
    for member in [f"{json.dumps(name)}: {json.dumps(each, ensure_ascii=False)}" for name, each in value.items()]:
        if len(line) + len(member) > WIDTH:
            yield line.rstrip()
            line = " "
        line += f"{member}, "
    yield line.removesuffix(", ") + "}"
