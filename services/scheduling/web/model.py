"""Free times as a page shows them: on the clock of their clinic, with the names that a client knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from services.scheduling.availability.model import Interval, Offering, Slot
from services.scheduling.availability.search import Search
from services.scheduling.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic as a heading, in its zone of today."""

    id: UUID
    name: str
    city: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Time:
    """A free time, on the clock of its clinic."""

    slot: Slot
    starts_local: datetime
    clinic: Clinic
    therapist_name: str


@dataclass(frozen=True, slots=True)
class Day:
    """The free times of one day of a clinic's calendar, in order."""

    on: date
    times: tuple[Time, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of free times: a clinic, and the day it begins with; without one, the first that has any."""

    clinic_id: UUID
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One page of free times: some days of a clinic, and what is near.

    `same` are those of the client's own therapist, or None when that therapist does not work there; `elsewhere` is
    the first day with free times of other clinics. `later` is the next day after `last` on which the clinic has a free
    time; nothing can be chosen before `earliest` or after `farthest`.
    """

    clinic: Clinic
    first: date
    last: date
    same: tuple[Day, ...] | None
    others: tuple[Day, ...]
    elsewhere: tuple[Day, ...]
    later: date | None
    earliest: date
    farthest: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """What free times are wanted for: to move a visit, which is `ignoring`, or to book another of its kind."""

    visit: Visit
    offering: Offering
    ignoring: UUID | None

    def search(self, clinic_ids: Iterable[UUID], window: Interval, now: datetime) -> Search:
        """All that this client may choose of these clinics in the window."""
        return Search(
            offering=self.offering,
            clinic_ids=tuple(clinic_ids),
            window=window,
            now=now,
            client_id=self.visit.client_id,
            ignoring=self.ignoring,
        )

    def is_another(self, slot: Slot) -> bool:
        """Whether the free time is not where the visit is already."""
        visit = self.visit
        return self.ignoring is None or slot[:3] != (visit.starts_at, visit.clinic_id, visit.therapist_id)


def days(times: Iterable[Time]) -> tuple[Day, ...]:
    """Times in order, by day."""
    return tuple(Day(on, tuple(group)) for on, group in groupby(times, key=lambda time: time.starts_local.date()))
