"""Choosing a place for a visit: everything that the choice reads is locked first, then it is made once.

Nothing is chosen on old knowledge and nothing is retried: the locks cover the clinic (rooms, hours, closures), every
therapist who might take the visit (rota, time off) and the client.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.appointments.state import Place
from services.scheduling.availability.calendar import local_time
from services.scheduling.availability.listing import nearest_clinics
from services.scheduling.availability.load import load_situation
from services.scheduling.availability.model import Interval, Placement, Request, Slot
from services.scheduling.availability.refusals import OVERRIDABLE, Refusal
from services.scheduling.availability.rules import judge, set_aside, told
from services.scheduling.availability.search import alternatives
from services.scheduling.availability.situation import Situation
from services.scheduling.known import must_be_known
from shared.aliases import persons_of
from shared.decider import Refused, StreamChanged
from shared.events.scheduling import Occupied
from shared.locks import lock

WORKING_AT = text("SELECT DISTINCT therapist_id FROM rota_entries WHERE clinic_id = :clinic_id")
MOST_ALTERNATIVES = 5
MOST_CLINICS_AROUND = 5
DAYS_OF_ALTERNATIVES = timedelta(days=7)
TAKEN = frozenset(
    {
        "therapist_taken",
        "room_taken",
        "client_taken",
        "travel_too_short",
        "clinic_closure",
        "therapist_time_off",
        "not_available",
    }
)
"""Refusals of a time that would otherwise be offered: other times may help."""


class NotBookable(Refused):
    """The visit cannot be booked."""

    def __init__(self, refusal: Refusal, situation: Situation, request: Request) -> None:
        super().__init__(refusal.message)
        self.refusal, self.situation, self.request = refusal, situation, request

    def keep_to(self, clinics: frozenset[UUID] | None) -> None:
        """Say no more than somebody may know who sees the visits of these clinics; None: of all."""
        self.refusal = told(self.refusal, self.situation, self.request, clinics)
        self.args = (self.refusal.message,)

    @property
    def code(self) -> str:  # type: ignore[override]
        """The code of the rule that says no."""
        return self.refusal.code


@dataclass(frozen=True, slots=True)
class Chosen:
    """A place for a visit, and the rules that staff set aside for it."""

    place: Place
    overridden: tuple[str, ...]


def choose(
    connection: Connection,
    request: Request,
    client_id: UUID,
    *,
    also_lock: tuple[Collection[UUID], Collection[UUID]] = ((), ()),
) -> Chosen:
    """Lock, look, and place the visit; `also_lock` names clinics and therapists that it leaves.

    `client_id` is the id that the visit's events tell of. Raises NotBookable with the first rule broken, and what
    `lock_for` does.
    """
    [candidates] = lock_for(connection, [request], [client_id], also_lock=also_lock)
    return choose_among(connection, request, client_id, candidates)


def lock_for(
    connection: Connection,
    requests: Sequence[Request],
    clients: Collection[UUID],
    *,
    also_lock: tuple[Collection[UUID], Collection[UUID]] = ((), ()),
) -> list[set[UUID]]:
    """Lock all that these visits may need, at once, and give the therapists who might take each of them.

    `clients` are the ids that the visits' events tell of, the requests name whom they stand for. Raises StreamChanged
    when candidates or persons changed during the wait for the locks.
    """
    candidates = [candidates_for(connection, request) for request in requests]
    clinics, therapists = also_lock
    persons = {request.client_id for request in requests if request.client_id is not None}
    lock(
        connection,
        ("clinic", {*(request.clinic_id for request in requests), *clinics}),
        ("therapist", {*chain.from_iterable(candidates), *therapists}),
        ("client", persons),
    )
    if persons_of(connection, clients) != persons:
        raise StreamChanged
    must_be_known(connection, persons)
    for request, known in zip(requests, candidates, strict=True):
        if not candidates_for(connection, request) <= known:
            raise StreamChanged
    return candidates


def choose_among(connection: Connection, request: Request, client_id: UUID, candidates: Collection[UUID]) -> Chosen:
    """Place the visit with one of these therapists; all that it needs is locked. Raises NotBookable."""
    situation = situation_of(connection, request, candidates)
    outcome = judge(situation, request)
    if isinstance(outcome, Refusal):
        raise NotBookable(outcome, situation, request)
    return Chosen(place_of(situation, request, outcome, client_id), set_aside(situation, request, outcome.therapist_id))


def situation_of(connection: Connection, request: Request, candidates: Collection[UUID]) -> Situation:
    """What stands around the one moment at which the visit is to start."""
    return load_situation(
        connection,
        clinic_ids=[request.clinic_id],
        therapist_ids=candidates,
        client_id=request.client_id,
        window=Interval(request.starts_at, request.starts_at + timedelta.resolution),
    )


def candidates_for(connection: Connection, request: Request) -> set[UUID]:
    if request.therapist_id is not None:
        return {request.therapist_id}
    return set(connection.execute(WORKING_AT, {"clinic_id": request.clinic_id}).scalars())


def place_of(situation: Situation, request: Request, placement: Placement, client_id: UUID) -> Place:
    local = local_time(situation.clinics[request.clinic_id], placement.starts_at)
    occupies = [
        Occupied(kind="therapist", id=placement.therapist_id, role="practitioner"),
        Occupied(kind="client", id=client_id, role="client"),
    ]
    if placement.room_id is not None:
        occupies.append(Occupied(kind="room", id=placement.room_id, role="place"))
    return Place(
        clinic_id=request.clinic_id,
        therapist_id=placement.therapist_id,
        room_id=placement.room_id,
        occupies=tuple(occupies),
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
        starts_local=local.strftime("%Y-%m-%dT%H:%M"),
        time_zone=str(local.tzinfo),
    )


def add_alternatives(connection: Connection, error: NotBookable, now: datetime) -> None:
    """Put the nearest free times into a refusal for a taken time; looked up after the locks are gone.

    Where the clinic has too few of them, those of the clinics around it follow.
    """
    if error.code not in TAKEN:
        return
    request = error.request
    first = max(now, request.starts_at - DAYS_OF_ALTERNATIVES)
    window = Interval(first, max(now, request.starts_at) + DAYS_OF_ALTERNATIVES)
    situation, slots = free_near(connection, request, window, [request.clinic_id])
    if len(slots) < MOST_ALTERNATIVES:
        around = nearest_clinics(connection, request.clinic_id, request.starts_at.date(), MOST_CLINICS_AROUND)
        situation, slots = free_near(connection, request, window, [request.clinic_id, *around])
    error.details["alternatives"] = [shown(situation, slot) for slot in slots]


def free_near(
    connection: Connection, request: Request, window: Interval, clinic_ids: Sequence[UUID]
) -> tuple[Situation, list[Slot]]:
    situation = load_situation(
        connection, clinic_ids=clinic_ids, therapist_ids=None, client_id=request.client_id, window=window
    )
    return situation, alternatives(situation, request, MOST_ALTERNATIVES)


def shown(situation: Situation, slot: Slot) -> dict[str, Any]:
    clinic = situation.clinics[slot.clinic_id]
    return {
        "starts_at": local_time(clinic, slot.starts_at).isoformat(),
        "ends_at": local_time(clinic, slot.ends_at).isoformat(),
        "clinic_id": slot.clinic_id,
        "therapist_id": slot.therapist_id,
    }


def overrides(reason: str | None) -> frozenset[str]:
    """What a reason for an exception sets aside."""
    return OVERRIDABLE if reason else frozenset()
