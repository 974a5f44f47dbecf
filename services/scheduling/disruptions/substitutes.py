"""Where a disrupted visit may go: at its own time with somebody else, or at the nearest other time of its clinic.

The room stays the same where it is free, the clinic always. Notice, horizon and grid are not asked for a time that was
promised; they are for another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from services.scheduling.appointments.booking import place_of
from services.scheduling.appointments.state import Place
from services.scheduling.availability import refusals
from services.scheduling.availability.load import load_moving, load_offering, load_situation
from services.scheduling.availability.model import Interval, Placement, Request
from services.scheduling.availability.refusals import Refusal
from services.scheduling.availability.rules import judge, told
from services.scheduling.availability.search import alternatives
from services.scheduling.availability.situation import Situation
from shared.decider import Refused
from shared.event_store import Transaction

A_WEEK = timedelta(days=7)
PROMISED = frozenset({refusals.NOTICE_TOO_SHORT.code, refusals.BEYOND_HORIZON.code, refusals.OFF_GRID.code})

Visit = Row[Any]


class NobodyFree(Refused):
    """Nobody can take the visit; the code says which rule is in the way of the one who came nearest."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal

    @property
    def code(self) -> str:  # type: ignore[override]
        """The code of that rule."""
        return self.refusal.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassignment:
    """Who may take the visits (anybody when None), whether their time is kept, and the reason that is recorded.

    `clinics` are those into which whoever wishes it may look, None for all.
    """

    appointment_ids: Sequence[UUID]
    therapist_id: UUID | None
    keeps_time: bool
    clinics: frozenset[UUID] | None
    reason_code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Round:
    """What holds for all visits of one request; `staff` are those who may take visits at each clinic."""

    tx: Transaction
    wish: Reassignment
    staff: Mapping[UUID, list[UUID]]
    now: datetime


def at_own_time(this: Round, visit: Visit) -> Place:
    """With its own therapist where anybody may take it, otherwise with whom was wished for. Raises NobodyFree."""
    request = promised(this, visit)
    situation = load(this, visit, Interval(visit.starts_at, visit.starts_at + timedelta.resolution))
    own = (
        judge(situation, replace(request, therapist_id=visit.therapist_id)) if this.wish.therapist_id is None else None
    )
    outcome = own if isinstance(own, Placement) else judge(situation, request)
    if isinstance(outcome, Refusal):
        raise NobodyFree(told(outcome, situation, request, this.wish.clinics))
    return place_of(situation, request, outcome, visit.booked_client_id)


def at_other_time(this: Round, visit: Visit) -> Place:
    """At the nearest free time. Raises NobodyFree."""
    week, request = whole_week(this, visit)
    for slot in alternatives(week, request, 1):
        outcome = judge(week, replace(request, starts_at=slot.starts_at, therapist_id=slot.therapist_id))
        if isinstance(outcome, Placement):
            return place_of(week, request, outcome, visit.booked_client_id)
    raise NobodyFree(refusals.THERAPIST_TAKEN)


def whole_week(this: Round, visit: Visit) -> tuple[Situation, Request]:
    """From the day of the visit, or now if that is later, to a week after it; with every rule, notice among them."""
    request = replace(promised(this, visit), overrides=frozenset())
    midnight = visit.starts_at.astimezone(ZoneInfo(visit.time_zone)).replace(hour=0, minute=0).astimezone(UTC)
    window = Interval(max(this.now, midnight), max(this.now, visit.starts_at) + A_WEEK)
    return load(this, visit, window), request


def load(this: Round, visit: Visit, window: Interval) -> Situation:
    members = (
        {*this.staff[visit.clinic_id], visit.therapist_id}
        if this.wish.therapist_id is None
        else {this.wish.therapist_id}
    )
    return load_situation(
        this.tx.connection,
        clinic_ids=[visit.clinic_id],
        therapist_ids=members,
        client_id=visit.client_id,
        window=window,
    )


def promised(this: Round, visit: Visit) -> Request:
    """The visit once more at its own time and clinic, with whom was wished for."""
    offering = load_offering(this.tx.connection, visit.offering_id)
    moving = offering and load_moving(this.tx.connection, visit.id, offering)
    if moving is None:
        raise LookupError(visit.offering_id)
    return Request(
        offering=moving,
        clinic_id=visit.clinic_id,
        starts_at=visit.starts_at,
        now=this.now,
        therapist_id=this.wish.therapist_id,
        client_id=visit.client_id,
        room_before_id=visit.room_id,
        ignoring=visit.id,
        overrides=PROMISED,
    )
