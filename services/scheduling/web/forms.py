"""What comes back from a page is read strictly: a value that no page of ours wrote ends the request."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import get_args
from uuid import UUID

from shared.events.scheduling_contacts import Purpose
from shared.http.fields import EARLIEST, LATEST
from shared.http.problems import garbled
from shared.links import decoded, encoded

MINUTE = "%Y%m%dT%H%M"
MARK = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """A free time as a button names it."""

    starts_at: datetime
    clinic_id: UUID
    therapist_id: UUID

    def __str__(self) -> str:
        moment = self.starts_at.astimezone(UTC).strftime(MINUTE)
        return f"{moment}.{short(self.clinic_id)}.{short(self.therapist_id)}"


def mark(value: str | None) -> str:
    """The visit that a page was about, as `Visit.mark`; raises Problem."""
    if value is None or not MARK.fullmatch(value):
        raise garbled()
    return value


def wish(value: str | None) -> Wish:
    """The free time that a button named; raises Problem."""
    if value is None:
        raise garbled()
    try:
        moment, clinic, therapist = value.split(".")
        starts_at = datetime.strptime(moment, MINUTE).replace(tzinfo=UTC)
        found = Wish(starts_at, long(clinic), long(therapist))
    except ValueError as error:
        raise garbled() from error
    if str(found) != value or not EARLIEST <= starts_at < LATEST:
        raise garbled()
    return found


def day(value: str | None) -> date | None:
    """A date as a date field sends it; empty is none; raises Problem."""
    if not value:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise garbled() from error
    if str(found) != value or not EARLIEST.date() <= found < LATEST.date():
        raise garbled()
    return found


def clinic(value: str | None) -> UUID | None:
    """A clinic as a link names it; raises Problem."""
    if not value:
        return None
    try:
        return long(value)
    except ValueError as error:
        raise garbled() from error


def purpose(value: str | None) -> Purpose:
    """What messages are for; raises Problem."""
    for known in get_args(Purpose):
        if value == known:
            found: Purpose = known
            return found
    raise garbled()


def yes_or_no(value: str | None) -> bool:
    """What a button said; raises Problem."""
    if value not in {"yes", "no"}:
        raise garbled()
    return value == "yes"


def short(given: UUID) -> str:
    """An id in 22 letters."""
    return encoded(given.bytes)


def long(given: str) -> UUID:
    """The id in 22 letters; raises ValueError."""
    return UUID(bytes=decoded(given))
