"""The one rule of what can be booked: listing and booking ask `judge`, so what is offered is what is accepted."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from services.scheduling.availability import refusals
from services.scheduling.availability.calendar import local_day, local_time, on_grid
from services.scheduling.availability.intervals import covers, overlaps, shared_time
from services.scheduling.availability.model import Claim, Interval, Placement, Request, Room, Therapist
from services.scheduling.availability.refusals import OF_PROMISES, ORDER, Refusal
from services.scheduling.availability.situation import Situation
from services.scheduling.availability.travel import travel_time

NO_TIME = timedelta()


def judge(situation: Situation, request: Request) -> Placement | Refusal:
    """Where the visit goes, or the first rule that it breaks.

    Any therapist means the least loaded of those who are free, and a refusal then names the rule that the most
    suitable one got to. Raises ValueError for a start outside the window that the situation was loaded for.
    """
    window = situation.window
    if not window.starts_at <= request.starts_at < window.ends_at:
        raise ValueError(f"the situation knows {window}, not {request.starts_at}")
    for refusal, is_broken in RULES_OF_THE_CLINIC:
        if is_broken(situation, request) and not is_set_aside(refusal, request):
            return refusal
    got_to: list[Refusal] = []
    for therapist in by_load(situation, request, candidates(situation, request)):
        broken = first_broken(situation, request, therapist)
        if broken is None:
            return place(situation, request, therapist)
        got_to.append(broken)
    return max(got_to, key=ORDER.index, default=refusals.THERAPIST_OFF_ROTA)


def told(refusal: Refusal, situation: Situation, request: Request, clinics: frozenset[UUID] | None) -> Refusal:
    """What somebody may hear of a refusal who sees the visits of these clinics only (None: of all).

    The rule by its name if the same would be said without the visits elsewhere; otherwise nothing but no.
    """
    if clinics is None or judge(situation.seen_from(clinics), request) == refusal:
        return refusal
    return refusals.NOT_AVAILABLE


def candidates(situation: Situation, request: Request) -> list[Therapist]:
    if request.therapist_id is not None:
        return [situation.therapists[request.therapist_id]]
    return [each for each in situation.therapists.values() if (each.id, request.clinic_id) in situation.shifts]


def choices(situation: Situation, request: Request) -> int:
    """How many therapists could take the visit."""
    return sum(first_broken(situation, request, each) is None for each in candidates(situation, request))


def first_broken(situation: Situation, request: Request, therapist: Therapist) -> Refusal | None:
    broken = (refusal for refusal, is_broken in RULES_OF_THE_THERAPIST if is_broken(situation, request, therapist))
    return next((refusal for refusal in broken if not is_set_aside(refusal, request)), None)


def is_set_aside(refusal: Refusal, request: Request) -> bool:
    return refusal.code in request.overrides and refusal.code in OF_PROMISES


def set_aside(situation: Situation, request: Request, therapist_id: UUID) -> tuple[str, ...]:
    """The codes of the rules that the visit breaks with this therapist, and that do not count."""
    therapist = situation.therapists[therapist_id]
    of_clinic = (refusal for refusal, is_broken in RULES_OF_THE_CLINIC if is_broken(situation, request))
    return tuple(refusal.code for refusal in of_clinic if is_set_aside(refusal, request)) + exceptions(
        situation, request, therapist
    )


def exceptions(situation: Situation, request: Request, therapist: Therapist) -> tuple[str, ...]:
    if not request.overrides:
        return ()
    broken = (refusal for refusal, is_broken in RULES_OF_THE_THERAPIST if is_broken(situation, request, therapist))
    return tuple(refusal.code for refusal in broken if is_set_aside(refusal, request))


def place(situation: Situation, request: Request, therapist: Therapist) -> Placement:
    room_id = None
    if request.offering.room_kind is not None:
        room_id = least_loaded(situation, request, free_rooms(situation, request))
    return Placement(therapist_id=therapist.id, room_id=room_id, starts_at=request.starts_at, ends_at=request.ends_at)


def in_the_past(_: Situation, request: Request) -> bool:
    return request.starts_at < request.now


def notice_too_short(_: Situation, request: Request) -> bool:
    return request.starts_at - request.now < request.offering.min_notice


def beyond_horizon(situation: Situation, request: Request) -> bool:
    clinic = situation.clinics[request.clinic_id]
    last_day = local_time(clinic, request.now).date() + timedelta(days=request.offering.horizon_days)
    return local_time(clinic, request.starts_at).date() > last_day


def off_grid(situation: Situation, request: Request) -> bool:
    return not on_grid(situation.clinics[request.clinic_id], request.starts_at, request.offering.grid_minutes)


def clinic_closed(situation: Situation, request: Request) -> bool:
    return not covers(situation.hours[request.clinic_id], request.starts_at, request.ends_at)


def clinic_closure(situation: Situation, request: Request) -> bool:
    return overlaps(situation.clinics[request.clinic_id].closures, request.starts_at, request.ends_at)


def therapist_left(situation: Situation, request: Request, therapist: Therapist) -> bool:
    if therapist.leaves_on is None:
        return False
    return local_time(situation.clinics[request.clinic_id], request.starts_at).date() > therapist.leaves_on


def therapist_off_rota(situation: Situation, request: Request, therapist: Therapist) -> bool:
    shifts = situation.shifts.get((therapist.id, request.clinic_id), ())
    return not covers(shifts, request.starts_at, request.ends_at)


def therapist_time_off(_: Situation, request: Request, therapist: Therapist) -> bool:
    return overlaps(therapist.time_off, request.starts_at, request.ends_at)


def not_qualified(situation: Situation, request: Request, therapist: Therapist) -> bool:
    wanted = request.offering.qualification
    if wanted is None:
        return False
    on = local_time(situation.clinics[request.clinic_id], request.starts_at).date()
    return not any(held.code == wanted and (held.expires_on or on) >= on for held in therapist.qualifications)


def no_room_of_kind(situation: Situation, request: Request, _: Therapist) -> bool:
    return request.offering.room_kind is not None and not rooms_of_kind(situation, request)


def therapist_taken(situation: Situation, request: Request, therapist: Therapist) -> bool:
    return is_taken(situation, request, therapist.id)


def room_taken(situation: Situation, request: Request, _: Therapist) -> bool:
    return request.offering.room_kind is not None and next(free_rooms(situation, request), None) is None


def client_taken(situation: Situation, request: Request, _: Therapist) -> bool:
    if request.client_id is None:
        return False
    claims = situation.claims_near(request.client_id, request.starts_at, request.ends_at, NO_TIME)
    return any(
        claim.starts_at < request.ends_at and request.starts_at < claim.ends_at
        for claim in claims
        if claim.appointment_id != request.ignoring
    )


def travel_too_short(situation: Situation, request: Request, therapist: Therapist) -> bool:
    return any(
        too_close(claim, request, travel_between(situation, claim, request))
        for claim in situation.claims_on_the_way(therapist.id, request.starts_at, request.ends_at, request.ignoring)
        if claim.clinic_id != request.clinic_id
    )


def travel_between(situation: Situation, claim: Claim, request: Request) -> timedelta:
    there, here = situation.clinics[claim.clinic_id], situation.clinics[request.clinic_id]
    if claim.starts_at < request.starts_at:
        return travel_time(situation.travel, there, claim.starts_at, here, request.starts_at)
    return travel_time(situation.travel, here, request.starts_at, there, claim.starts_at)


def is_taken(situation: Situation, request: Request, resource_id: UUID) -> bool:
    """Whether the visit would come too close to another of the same therapist or room."""
    offering = request.offering
    reach = max(situation.widest_buffer, offering.buffer_before, offering.buffer_after)
    claims = situation.claims_near(resource_id, request.starts_at, request.ends_at, reach)
    return any(too_close(claim, request, NO_TIME) for claim in claims if claim.appointment_id != request.ignoring)


def stands_too_close(situation: Situation, request: Request) -> bool:
    """Whether a visit with its own therapist, room and client has no room there for buffers and ways between clinics.

    Nothing else is asked: not hours, not rota, nor whether the visit could be booked.
    """
    therapist = situation.therapists[request.therapist_id] if request.therapist_id else None
    if therapist is None or therapist_taken(situation, request, therapist):
        return True
    in_room = request.room_id is not None and is_taken(situation, request, request.room_id)
    return in_room or client_taken(situation, request, therapist) or travel_too_short(situation, request, therapist)


def too_close(claim: Claim, request: Request, travel: timedelta) -> bool:
    """Whether two visits leave less between them than the larger of their facing buffers, and the way."""
    if claim.ends_at <= request.starts_at:
        gap = max(claim.buffer_after, request.offering.buffer_before)
        return request.starts_at - claim.ends_at < gap + travel
    if request.ends_at <= claim.starts_at:
        gap = max(claim.buffer_before, request.offering.buffer_after)
        return claim.starts_at - request.ends_at < gap + travel
    return True


def rooms_of_kind(situation: Situation, request: Request) -> list[Room]:
    rooms = situation.clinics[request.clinic_id].rooms
    wanted = [room for room in rooms if room.kind == request.offering.room_kind]
    return wanted if request.room_id is None else [room for room in wanted if room.id == request.room_id]


def free_rooms(situation: Situation, request: Request) -> Iterator[UUID]:
    """The rooms that the visit may have; where there is none, a promise that stands again has its own, if not taken."""
    free = [
        room.id
        for room in rooms_of_kind(situation, request)
        if not overlaps(room.outages, request.starts_at, request.ends_at) and not is_taken(situation, request, room.id)
    ]
    own = request.room_before_id
    if not free and own is not None and is_set_aside(refusals.NO_ROOM_OF_KIND, request):
        free = [] if is_taken(situation, request, own) else [own]
    return iter(free)


def by_load(situation: Situation, request: Request, therapists: list[Therapist]) -> list[Therapist]:
    """The therapists: those who need no exception first, of them those with the fewest booked minutes that day."""
    if len(therapists) <= 1:
        return therapists
    day = local_day(situation.clinics[request.clinic_id], request.starts_at)

    def order(therapist: Therapist) -> tuple[int, timedelta, UUID]:
        needed = len(exceptions(situation, request, therapist))
        return needed, booked_time(situation, request, therapist.id, day), therapist.id

    return sorted(therapists, key=order)


def least_loaded(situation: Situation, request: Request, rooms: Iterator[UUID]) -> UUID:
    """The room that the visit had, if it is among them, or the one with the fewest booked minutes that day."""
    day = local_day(situation.clinics[request.clinic_id], request.starts_at)
    had = request.room_before_id
    return min(rooms, key=lambda room: (room != had, booked_time(situation, request, room, day), room))


def booked_time(situation: Situation, request: Request, resource_id: UUID, day: Interval) -> timedelta:
    claims = situation.claims_near(resource_id, day.starts_at, day.ends_at, NO_TIME)
    others = (claim for claim in claims if claim.appointment_id != request.ignoring)
    return shared_time((Interval(claim.starts_at, claim.ends_at) for claim in others), day)


RULES_OF_THE_CLINIC: tuple[tuple[Refusal, Callable[[Situation, Request], bool]], ...] = (
    (refusals.IN_THE_PAST, in_the_past),
    (refusals.NOTICE_TOO_SHORT, notice_too_short),
    (refusals.BEYOND_HORIZON, beyond_horizon),
    (refusals.OFF_GRID, off_grid),
    (refusals.CLINIC_CLOSED, clinic_closed),
    (refusals.CLINIC_CLOSURE, clinic_closure),
)
RULES_OF_THE_THERAPIST: tuple[tuple[Refusal, Callable[[Situation, Request, Therapist], bool]], ...] = (
    (refusals.THERAPIST_LEFT, therapist_left),
    (refusals.THERAPIST_OFF_ROTA, therapist_off_rota),
    (refusals.THERAPIST_TIME_OFF, therapist_time_off),
    (refusals.NOT_QUALIFIED, not_qualified),
    (refusals.NO_ROOM_OF_KIND, no_room_of_kind),
    (refusals.THERAPIST_TAKEN, therapist_taken),
    (refusals.ROOM_TAKEN, room_taken),
    (refusals.CLIENT_TAKEN, client_taken),
    (refusals.TRAVEL_TOO_SHORT, travel_too_short),
)
"""The rules in the order in which they are asked; a new rule is one function and one line."""
