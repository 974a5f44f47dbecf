"""Free times in order, found lazily: candidates come from the open hours, and every one listed has passed `judge`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from uuid import UUID

from services.scheduling.availability.calendar import grid_between
from services.scheduling.availability.intervals import difference, intersection, merged
from services.scheduling.availability.model import Clinic, Interval, Offering, Placement, Request, Slot, Therapist
from services.scheduling.availability.refusals import NOTICE_TOO_SHORT, OVERRIDABLE
from services.scheduling.availability.rules import judge
from services.scheduling.availability.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Free times wanted at these clinics, starting inside `window`.

    `after` is the last one that the caller has seen, by start, clinic and therapist. `overrides` is for
    alternatives to a visit that staff book against a rule; a listing sets nothing aside.
    """

    offering: Offering
    clinic_ids: tuple[UUID, ...]
    window: Interval
    now: datetime
    therapist_id: UUID | None = None
    client_id: UUID | None = None
    ignoring: UUID | None = None
    after: tuple[datetime, UUID, UUID] | None = None
    overrides: frozenset[str] = frozenset()


def free_slots(situation: Situation, search: Search) -> Iterator[Slot]:
    """Every free time, ordered by start, clinic and therapist, worked out one by one as they are taken."""
    candidates = merge(*(candidates_of(situation, search, *pair) for pair in pairs(situation, search)))
    seen = search.after
    return (slot for slot in candidates if (seen is None or slot[:3] > seen) and is_free(situation, search, slot))


def pairs(situation: Situation, search: Search) -> list[tuple[UUID, UUID]]:
    """Who might be visited where, as (therapist, clinic)."""
    wanted = set(search.clinic_ids)
    return [
        (therapist_id, clinic_id)
        for therapist_id, clinic_id in situation.shifts
        if clinic_id in wanted
        and search.therapist_id in (None, therapist_id)
        and could_offer(search.offering, situation.therapists[therapist_id], situation.clinics[clinic_id])
    ]


def could_offer(offering: Offering, therapist: Therapist, clinic: Clinic) -> bool:
    """Whether the visit is possible there on any day at all; so that nobody's hours are searched for nothing."""
    qualified = offering.qualification is None or any(
        held.code == offering.qualification for held in therapist.qualifications
    )
    return qualified and (offering.room_kind is None or any(room.kind == offering.room_kind for room in clinic.rooms))


def candidates_of(situation: Situation, search: Search, therapist_id: UUID, clinic_id: UUID) -> Iterator[Slot]:
    """The starts on the grid within the hours of both that the therapist's days off and visits leave whole."""
    duration, grid = search.offering.duration, search.offering.grid_minutes
    clinic = situation.clinics[clinic_id]
    notice = timedelta() if NOTICE_TOO_SHORT.code in search.overrides else search.offering.min_notice
    earliest = max(search.window.starts_at, search.now + notice)
    if search.after is not None:
        earliest = max(earliest, search.after[0])
    for span in free_spans(situation, search, therapist_id, clinic_id):
        first = max(span.starts_at, earliest)
        last = min(span.ends_at - duration, search.window.ends_at - datetime.resolution)
        if first <= last:
            for starts_at in grid_between(clinic, first, last, grid):
                yield Slot(starts_at, clinic_id, therapist_id, starts_at + duration)


def free_spans(situation: Situation, search: Search, therapist_id: UUID, clinic_id: UUID) -> Iterator[Interval]:
    taken = [
        Interval(claim.starts_at, claim.ends_at)
        for claim in situation.claims.get(therapist_id, ())
        if claim.appointment_id != search.ignoring
    ]
    away = merged([*situation.clinics[clinic_id].closures, *situation.therapists[therapist_id].time_off, *taken])
    return difference(intersection(situation.hours[clinic_id], situation.shifts[therapist_id, clinic_id]), away)


def is_free(situation: Situation, search: Search, slot: Slot) -> bool:
    request = Request(
        offering=search.offering,
        clinic_id=slot.clinic_id,
        therapist_id=slot.therapist_id,
        client_id=search.client_id,
        starts_at=slot.starts_at,
        now=search.now,
        ignoring=search.ignoring,
        overrides=search.overrides,
    )
    return isinstance(judge(situation, request), Placement)


def alternatives(situation: Situation, request: Request, count: int) -> list[Slot]:
    """The free times nearest to the one that was wished for.

    Those of the same therapist at the same clinic come first, then the clinic's others, then other clinics; where the
    therapist does not matter, each start at a clinic is offered once.
    """
    search = Search(
        offering=request.offering,
        clinic_ids=tuple(situation.clinics),
        window=situation.window,
        now=request.now,
        client_id=request.client_id,
        ignoring=request.ignoring,
        overrides=request.overrides & OVERRIDABLE,
    )
    found: dict[tuple[datetime, UUID], Slot] = {}
    for choice in choices(situation, search, request):
        candidates = (slot for pair in choice for slot in candidates_of(situation, search, *pair))
        for slot in sorted(candidates, key=lambda slot: (abs(slot.starts_at - request.starts_at), slot)):
            if len(found) == count:
                return list(found.values())
            if slot[:2] not in found and is_free(situation, search, slot):
                found[slot[:2]] = slot
    return list(found.values())


def choices(situation: Situation, search: Search, request: Request) -> list[list[tuple[UUID, UUID]]]:
    """The pairs of therapist and clinic in three groups, the closest to the wish first."""
    groups: list[list[tuple[UUID, UUID]]] = [[], [], []]
    for therapist_id, clinic_id in pairs(situation, search):
        if clinic_id != request.clinic_id:
            groups[2].append((therapist_id, clinic_id))
        else:
            groups[request.therapist_id not in (None, therapist_id)].append((therapist_id, clinic_id))
    return groups
