"""The local mailbox as a client's mail program would read it: what came, and the calendar entry that came with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from icalendar import Calendar

SHOWN = ("METHOD", "UID", "SEQUENCE", "DTSTART", "DTEND", "LOCATION", "STATUS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A calendar entry (RFC 5545); `lines` are those worth looking at, as they came."""

    method: str
    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    location: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    message_id: str
    sender: str
    to: str
    subject: str
    text: str
    received_at: datetime
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the messages to one address are read."""

    url: str
    address: str

    def mails(self) -> list[Mail]:
        """All e-mails to the address, in the order in which they came."""
        answer = httpx.get(f"{self.url}/messages", params={"to": self.address}, timeout=10, trust_env=False)
        return [opened(message) for message in reversed(answer.raise_for_status().json())]

    def new_mail(self, known: Iterable[Mail]) -> Mail | None:
        """The first e-mail that is not among the known ones."""
        ids = {mail.message_id for mail in known}
        return next((mail for mail in self.mails() if mail.message_id not in ids), None)


def opened(message: Mapping[str, Any]) -> Mail:
    calendar = message["calendar"]
    return Mail(
        message_id=message["headers"]["Message-ID"],
        sender=message["from"],
        to=message["to"],
        subject=message["subject"],
        text=message["text"],
        received_at=datetime.fromisoformat(message["received_at"]),
        entry=read_entry(calendar) if calendar else None,
    )


def read_entry(text: str) -> Entry:
    """The one entry of a calendar part."""
    calendar = Calendar.from_ical(text)
    event: Any = calendar.walk("VEVENT")[0]  # its values are of a type for each property
    unfolded = text.replace("\r\n ", "").splitlines()
    within = unfolded[unfolded.index("BEGIN:VEVENT") :]
    return Entry(
        method=str(calendar["METHOD"]),
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        starts_at=event["DTSTART"].dt,
        ends_at=event["DTEND"].dt,
        time_zone=str(event["DTSTART"].params["TZID"]),
        location=str(event["LOCATION"]),
        lines=tuple(
            line for line in (f"METHOD:{calendar['METHOD']}", *within) if line.split(":")[0].split(";")[0] in SHOWN
        ),
    )
