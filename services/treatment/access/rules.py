"""On what basis somebody may see a client's clinical record at a moment, decided from facts alone.

A visit of one's own opens it from a day before until what was done in it is signed; an alert opens it to who leads the
client's episode until it is closed; a cover opens it while it lasts, for those who come on that day; a broken glass
opens it for half an hour. Each ends by the clock, and with the role that it rests on. A visit that one has given to
oneself counts only where nothing but a broken glass would open the record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.access import Basis
from shared.auth import THERAPIST, Caller

BEFORE_VISIT = timedelta(hours=24)
AFTER_VISIT = timedelta(hours=72)
"""Without anything charted."""

LATEST_SIGNATURE = timedelta(days=30)
"""After the visit, while what was begun is not signed."""

AFTER_SIGNATURE = timedelta(hours=24)
"""For what comes after it: the lock, and a word that was forgotten."""

ALERT_LASTS = timedelta(days=14)
"""While nobody closes it."""

GLASS_LASTS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit of the client with the therapist who asks, booked, arrived or fulfilled.

    `charted`: a session of it was begun; `signed_at` is when the last of them was signed, None while one is not.
    `self_booked`: who asks has booked it, taken it over or brought it back; `noted`: their use of it is in the log
    already, as that of such a visit if it is one.
    """

    appointment_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    charted: bool = False
    signed_at: datetime | None = None
    self_booked: bool = False
    noted: bool = False

    @property
    def until(self) -> datetime:
        """When it ceases to open the record: soon after the signature, and some time after the visit without one."""
        if not self.charted:
            return self.ends_at + AFTER_VISIT
        latest = self.ends_at + LATEST_SIGNATURE
        return latest if self.signed_at is None else min(self.signed_at + AFTER_SIGNATURE, latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert about the client that is not closed, where who asks is the therapist who leads."""

    alert_id: UUID
    clinic_id: UUID
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Covering at a clinic by who asks, on a day when the client comes there, by a visit that others have given."""

    cover_id: UUID
    clinic_id: UUID
    started_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Glass:
    """A glass broken for this client by who asks."""

    break_id: UUID
    broken_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What may open one client's record to somebody; what was given to them before `valid_from` was revoked since."""

    visits: tuple[Visit, ...] = ()
    covers: tuple[Cover, ...] = ()
    glasses: tuple[Glass, ...] = ()
    valid_from: datetime | None = None
    alerts: tuple[Alert, ...] = ()


def basis_for(caller: Caller, facts: Facts, now: datetime) -> Basis | None:
    """The basis that needs the least explanation, of those the longest; None where nothing opens the record."""
    for bases in (
        by_visit(caller, facts, now, self_booked=False),
        by_alert(caller, facts, now),
        by_cover(caller, facts, now),
        by_visit(caller, facts, now, self_booked=True),
        by_glass(facts, now),
    ):
        if longest := max(bases, key=lambda basis: basis.until, default=None):
            return longest
    return None


def by_visit(caller: Caller, facts: Facts, now: datetime, *, self_booked: bool) -> Iterable[Basis]:
    return [
        Basis("visit", visit.appointment_id, visit.until)
        for visit in facts.visits
        if visit.self_booked == self_booked
        and treats_at(caller, visit.clinic_id)
        and visit.starts_at - BEFORE_VISIT <= now < visit.until
    ]


def by_alert(caller: Caller, facts: Facts, now: datetime) -> Iterable[Basis]:
    return [
        Basis("alert", alert.alert_id, alert.raised_at + ALERT_LASTS)
        for alert in facts.alerts
        if treats_at(caller, alert.clinic_id) and alert.raised_at <= now < alert.raised_at + ALERT_LASTS
    ]


def by_cover(caller: Caller, facts: Facts, now: datetime) -> Iterable[Basis]:
    return [
        Basis("cover", cover.cover_id, cover.until)
        for cover in facts.covers
        if treats_at(caller, cover.clinic_id)
        and cover.started_at <= now < cover.until
        and stands(facts, cover.started_at)
    ]


def by_glass(facts: Facts, now: datetime) -> Iterable[Basis]:
    return [
        Basis("break_glass", glass.break_id, glass.until)
        for glass in facts.glasses
        if glass.broken_at <= now < glass.until and stands(facts, glass.broken_at)
    ]


def treats_at(caller: Caller, clinic_id: UUID) -> bool:
    """Whether somebody holds the role of a therapist at a clinic."""
    held = [grant.clinics for grant in caller.grants if grant.role == THERAPIST]
    return any(clinics is None or clinic_id in clinics for clinics in held)


def stands(facts: Facts, given_at: datetime) -> bool:
    return facts.valid_from is None or given_at >= facts.valid_from


def day_at(now: datetime, time_zone: str) -> tuple[datetime, datetime]:
    """The day of a clock within which a moment lies, as the instants of its beginning and its end."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    begins, ends = (
        datetime.combine(day, time(), zone).astimezone(now.tzinfo) for day in (today, today + timedelta(days=1))
    )
    return begins, ends
