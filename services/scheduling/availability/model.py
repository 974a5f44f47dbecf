"""What the rules of free time look at: plain values, read once, never changed.

Instants are aware and in UTC. Clocks are minutes of the day on the wall of the clinic: 0 begins it, 1440 ends it. An
end at or before its start belongs to the next day. Weekdays count from 0, Monday. Coordinates are integers of 1e-6
degrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from shared.events.scheduling import Money

ResourceKind = Literal["therapist", "room", "client"]

LONGEST_VISIT = timedelta(hours=12)
"""No offering lasts longer, so whoever looks for claims need not look further back than this."""

LONGEST_BUFFER = timedelta(hours=4)
"""No offering asks for more time between two visits."""

LONGEST_WAY = timedelta(hours=24)
"""No chain says more for the way between two clinics; what is guessed from a distance may be longer."""

FARTHEST_VISIT = LONGEST_WAY + LONGEST_BUFFER
"""Beyond this, only a therapist's nearest visit on either side can stand in the way of another."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time, half open: it holds its start and not its end."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    weekday: int
    opens_minute: int
    closes_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicTerms:
    """Where a clinic is and when it is open, from the first moment of `valid_from` on its calendar until the next."""

    valid_from: date
    time_zone: str
    hours: tuple[Hours, ...]
    latitude_e6: int
    longitude_e6: int


@dataclass(frozen=True, slots=True)
class Room:
    """A room with the times in which it is out of service."""

    id: UUID
    kind: str
    outages: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """A clinic with one set of terms or more, the earliest first; a special day replaces the hours of its weekday."""

    id: UUID
    terms: tuple[ClinicTerms, ...]
    special_days: Mapping[date, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    closures: tuple[Interval, ...] = ()
    rooms: tuple[Room, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaEntry:
    """Weekly working hours at one clinic, on its clock; `valid_to` is the last date on which they may begin."""

    clinic_id: UUID
    weekday: int
    starts_minute: int
    ends_minute: int
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Qualification:
    """A certificate; `expires_on` is its last valid day."""

    code: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Therapist:
    """`leaves_on` is the last date on which the therapist works."""

    id: UUID
    qualifications: tuple[Qualification, ...] = ()
    rota: tuple[RotaEntry, ...] = ()
    time_off: tuple[Interval, ...] = ()
    leaves_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One visit's hold on one resource; the buffers are those that were promised with this visit."""

    resource_kind: ResourceKind
    resource_id: UUID
    appointment_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    buffer_before: timedelta = timedelta()
    buffer_after: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What can be booked, in one version; without a room kind a visit needs no room."""

    id: UUID
    version: int
    duration: timedelta
    buffer_before: timedelta
    buffer_after: timedelta
    qualification: str | None
    room_kind: str | None
    grid_minutes: int
    min_notice: timedelta
    horizon_days: int
    cancel_notice: timedelta
    name: str = ""
    reminder_lead_minutes: tuple[int, ...] | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A visit that somebody wants, at `now`.

    No therapist and no room mean any of the clinic's; `room_before_id` is kept where it is free. `ignoring` is the
    appointment that is being moved and so does not stand in its own way; `overrides` holds the codes of rules that do
    not count.
    """

    offering: Offering
    clinic_id: UUID
    starts_at: datetime
    now: datetime
    therapist_id: UUID | None = None
    client_id: UUID | None = None
    room_id: UUID | None = None
    room_before_id: UUID | None = None
    ignoring: UUID | None = None
    overrides: frozenset[str] = frozenset()

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.offering.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a visit goes: everything that it will occupy, beside the client."""

    therapist_id: UUID
    room_id: UUID | None
    starts_at: datetime
    ends_at: datetime


class Slot(NamedTuple):
    """A free time, ordered as listings are."""

    starts_at: datetime
    clinic_id: UUID
    therapist_id: UUID
    ends_at: datetime
