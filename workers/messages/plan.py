"""Which messages a visit wants: what its client does not know yet, one for each lead time, and none once it is over.

What a clinic changes shortly before a visit goes out on every channel, and is looked at again when nobody confirms.

A visit that is disrupted is not reminded of, nor is its new address announced, until somebody has settled it.

Planning looks at facts, not at what woke it: planning again, however often, wants the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.duties import StaffLetter
from workers.messages.quiet import USUAL_QUIET_HOURS, QuietHours, before_quiet

LetterKind = Literal["export", "contact_check", "address_notice", "erasure"]
"""Of messages that are about no visit."""

CareKind = Literal["check_in", "homework"]
"""Of messages that treatment wants: it makes the link, and scheduling says where to."""

Kind = Literal["confirmation", "reminder", "unconfirmed", "link"] | CareKind | LetterKind | StaffLetter
Announcement = Literal["booked", "moved", "reassigned", "changed", "relocated", "cancelled"]
Status = Literal["booked", "arrived", "fulfilled", "cancelled", "noshow"]
Channel = Literal["email", "sms"]
Via = Literal["any", "email", "sms"]

USUALLY_URGENT = timedelta(hours=12)
"""How long before a visit a change by the clinic is urgent, where the chain has said nothing else."""

LOOKED_AT = timedelta(hours=12)
"""For so long an urgent change that nobody has confirmed may still become a task for a person."""

FIRST_VERSION = 1
"""That of the booking in its stream."""


class Place(NamedTuple):
    """Where and when a visit is, as its client is told; `address` is another number after its clinic has moved.

    `named` is who is named as the one to tell: another person has been told nothing yet.
    """

    clinic_id: UUID
    therapist_id: UUID
    starts_at: datetime
    ends_at: datetime
    address: int = 0
    named: UUID | None = None


class Others(NamedTuple):
    """The visits of the same booking that a visit's confirmation tells of as well, as far as that is still to be done.

    When their message is due, and the start of the last of them; None when there is nothing left to tell.
    """

    due_at: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What the log says of an appointment.

    `timed_*` is the event that set its time, `announced_*` the newest one that the client is to hear of: its stream
    version, when it was recorded, and when the message is due, None once the visit has begun or was missed. `told` is
    what the client knew before that: None when they knew of no visit. `by_clinic`: the announced change was not the
    client's wish. `confirmed_with` is the visit whose confirmation tells of this one, `others` are those of which this
    one's confirmation tells.
    """

    appointment_id: UUID
    chain_id: UUID
    client_id: UUID
    status: Status
    place: Place
    told: Place | None
    time_zone: str
    lead_minutes: tuple[int, ...]
    timed_version: int
    timed_at: datetime
    announced_version: int
    announced_at: datetime
    announced_due_at: datetime | None
    disrupted: bool = False
    by_clinic: bool = False
    confirmed_with: UUID | None = None
    others: Others | None = None

    @property
    def starts_at(self) -> datetime:
        return self.place.starts_at

    @property
    def clinic_id(self) -> UUID:
        return self.place.clinic_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """When a client does not want to hear of visits; whether and how, scheduling says when a message is sent.

    A change by the clinic less than `urgent_within` before a visit is urgent, and is to be confirmed within
    `confirm_within`.
    """

    time_zone: str
    quiet_hours: QuietHours = USUAL_QUIET_HOURS
    urgent_within: timedelta = USUALLY_URGENT
    confirm_within: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One message of a visit, or a look whether it was confirmed; `via` is one channel, or any that is open."""

    key: str
    kind: Kind
    announcement: Announcement | None
    version: int
    due_at: datetime
    not_after: datetime
    via: Via = "any"


def wanted(visit: Visit, audience: Audience) -> list[Wanted]:
    """Every message the visit wants, sent or not yet."""
    return [*confirmation(visit, audience), *reminders(visit, audience)]


def confirmation(visit: Visit, audience: Audience) -> Iterator[Wanted]:
    """The newest announcement, if it says anything that the client does not know; an older one is no longer wanted.

    Visits made in one go are announced in one message, however often they change before it goes out.
    """
    announcement = announcement_of(visit)
    if visit.announced_due_at is None or visit.announced_at >= visit.starts_at:
        announcement = None
    if visit.others is not None:
        yield from confirmation_of_all(visit, visit.others, with_own=announcement == "booked")
    if announcement is None or visit.announced_due_at is None:
        return
    if announcement == "booked" and (visit.confirmed_with or visit.others):
        return
    if visit.disrupted and announcement == "relocated":
        return
    message = Wanted(
        key=f"confirmation:{visit.appointment_id}:{visit.announced_version}",
        kind="confirmation",
        announcement=announcement,
        version=visit.announced_version,
        due_at=visit.announced_due_at,
        not_after=visit.starts_at,
    )
    yield from urgently(message, visit, audience) if is_urgent(visit, audience) else [message]


def is_urgent(visit: Visit, audience: Audience) -> bool:
    """Whether the clinic changed what the client knows, shortly before the old or the new start."""
    if not visit.by_clinic or visit.told is None:
        return False
    return min(visit.told.starts_at, visit.starts_at) - visit.announced_at < audience.urgent_within


def urgently(message: Wanted, visit: Visit, audience: Audience) -> Iterator[Wanted]:
    """The message on each channel, and a look whether it was confirmed: in time, or when the visit should begin."""
    for channel in get_args(Channel):
        yield replace(message, key=f"{message.key}:{channel}", via=channel)
    due_at = max(message.due_at, min(message.due_at + audience.confirm_within, visit.starts_at))
    yield replace(
        message,
        key=f"unconfirmed:{visit.appointment_id}:{message.version}",
        kind="unconfirmed",
        due_at=due_at,
        not_after=due_at + LOOKED_AT,
    )


def confirmation_of_all(visit: Visit, others: Others, *, with_own: bool) -> Iterator[Wanted]:
    """One message of all visits of a booking that one person is told of; its key stays the same whatever happens."""
    own = Others(visit.announced_due_at, visit.starts_at) if with_own else Others(None, None)
    due = [each.due_at for each in (own, others) if each.due_at is not None]
    until = [each.until for each in (own, others) if each.until is not None]
    if due and until:
        yield Wanted(
            key=f"confirmation:{visit.appointment_id}:{FIRST_VERSION}",
            kind="confirmation",
            announcement="booked",
            version=FIRST_VERSION,
            due_at=max(due),
            not_after=max(until),
        )


def announcement_of(visit: Visit) -> Announcement | None:
    """What the client would hear: how the visit as it stands differs from what they know."""
    if visit.status == "cancelled":
        return "cancelled" if visit.told else None
    if visit.status != "booked" or visit.told == visit.place:
        return None
    if visit.told is None or visit.told.named != visit.place.named:
        return "booked"
    return difference(visit.told, visit.place)


def difference(told: Place, place: Place) -> Announcement:
    """The weightiest word for what differs."""
    if (told.clinic_id, told.starts_at) != (place.clinic_id, place.starts_at):
        return "moved"
    if told.therapist_id != place.therapist_id:
        return "reassigned"
    return "changed" if told.ends_at != place.ends_at else "relocated"


def reminders(visit: Visit, audience: Audience) -> Iterator[Wanted]:
    """One for each lead time still ahead when the time was set; of two due at once, the one nearer the visit."""
    if visit.status != "booked" or visit.disrupted:
        return
    zone = ZoneInfo(audience.time_zone)
    taken: set[datetime] = set()
    for lead in sorted(set(visit.lead_minutes)):
        due_at = before_quiet(visit.starts_at - timedelta(minutes=lead), zone, audience.quiet_hours)
        if due_at < visit.timed_at or due_at in taken:
            continue
        taken.add(due_at)
        yield Wanted(
            key=f"reminder:{visit.appointment_id}:{visit.timed_version}:{lead}",
            kind="reminder",
            announcement=None,
            version=visit.timed_version,
            due_at=due_at,
            not_after=visit.starts_at,
        )


def reasons_to_withdraw(visit: Visit) -> tuple[str, str]:
    """Why messages of the visit are no longer wanted: those older than its newest announcement, and all others."""
    if visit.status != "booked":
        return visit.status, visit.status
    return ("disrupted", "disrupted") if visit.disrupted else ("moved", "planned_again")
