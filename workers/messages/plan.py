"""Which messages a visit wants: the newest announcement, one for each lead time, and none once it is over.

Planning looks at facts, not at what woke it: planning again, however often, wants the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from workers.messages.quiet import USUAL_QUIET_HOURS, QuietHours, before_quiet

Kind = Literal["confirmation", "reminder"]
Announcement = Literal["booked", "moved", "cancelled"]
Status = Literal["booked", "arrived", "fulfilled", "cancelled", "noshow"]
Channel = Literal["email", "sms", "none"]

NO_CHANNEL = "no_channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What the log says of an appointment.

    `timed_*` is the event that set its time, `announced_*` the newest one that the client is told of at once: its
    stream version and when it was recorded.
    """

    appointment_id: UUID
    chain_id: UUID
    clinic_id: UUID
    client_id: UUID
    status: Status
    starts_at: datetime
    time_zone: str
    lead_minutes: tuple[int, ...]
    timed_version: int
    timed_at: datetime
    announcement: Announcement
    announced_version: int
    announced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """How a client wants to hear of visits, and when not."""

    time_zone: str
    channel: Channel = "email"
    quiet_hours: QuietHours = USUAL_QUIET_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One message of a visit; `stopped` is the reason why it cannot be sent, known beforehand."""

    key: str
    kind: Kind
    announcement: Announcement | None
    version: int
    due_at: datetime
    not_after: datetime
    stopped: str | None


def wanted(visit: Visit, audience: Audience) -> list[Wanted]:
    """Every message the visit wants, sent or not yet."""
    return [*confirmation(visit, audience), *reminders(visit, audience)]


def confirmation(visit: Visit, audience: Audience) -> Iterator[Wanted]:
    """The newest announcement, due at once; an older one is no longer wanted."""
    if visit.status not in {"booked", "cancelled"} or visit.announced_at >= visit.starts_at:
        return
    yield Wanted(
        key=f"confirmation:{visit.appointment_id}:{visit.announced_version}",
        kind="confirmation",
        announcement=visit.announcement,
        version=visit.announced_version,
        due_at=visit.announced_at,
        not_after=visit.starts_at,
        stopped=reason_to_stop(audience),
    )


def reminders(visit: Visit, audience: Audience) -> Iterator[Wanted]:
    """One for each lead time still ahead when the time was set; of two due at once, the one nearer the visit."""
    if visit.status != "booked":
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
            stopped=reason_to_stop(audience),
        )


def reason_to_stop(audience: Audience) -> str | None:
    return NO_CHANNEL if audience.channel == "none" else None


def reasons_to_withdraw(visit: Visit) -> tuple[str, str]:
    """Why messages of the visit are no longer wanted: those older than its newest announcement, and all others."""
    return ("moved", "planned_again") if visit.status == "booked" else (visit.status, visit.status)
