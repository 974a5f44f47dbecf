"""Several visits in one go: all are booked or none, each sees what those before it have taken.

All locks are taken at once before anything is decided. The visits with the fewest therapists to choose from are placed
first, so that no other visit of the booking takes the one therapist that they need.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.scheduling.appointments.booking import choose_among, lock_for, situation_of
from services.scheduling.appointments.commands import (
    BookingWish,
    Ids,
    append_booked,
    booking_request,
    for_persons,
    in_their_roles,
    roles_of,
)
from services.scheduling.availability.model import Request
from services.scheduling.availability.rules import choices
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.telling import people_to_tell
from shared.decider import Refused
from shared.event_store import Transaction
from shared.http.problems import BadFields
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Planned:
    """One visit of the booking on its way: the wish, how the rules see it, and what it will be known by."""

    wish: BookingWish
    request: Request
    ids: Ids


def book_together(tx: Transaction, wishes: Sequence[BookingWish], now: datetime) -> UUID:
    """Book all these visits and give the booking's id.

    Raises BadFields for unknown ids, NotBookable and other refusals with the number of the visit, counted from 0.
    """
    wishes = [for_persons(tx, wish) for wish in wishes]
    requests = [request_for(tx, number, wish, now) for number, wish in enumerate(wishes)]
    candidates = lock_for(tx.connection, requests, {wish.client_id for wish in wishes})
    wishes = [in_role(tx, number, wish, now) for number, wish in enumerate(wishes)]
    planned = [Planned(*each) for each in zip(wishes, requests, ids_for(tx, wishes, now), strict=True)]
    clinics = {wish.clinic_id for wish in wishes}
    tx.metadata = replace(tx.metadata, clinic_id=clinics.pop() if len(clinics) == 1 else None)
    for number in fewest_choices_first(tx, requests, candidates):
        with about_visit(number):
            visit = planned[number]
            chosen = choose_among(tx.connection, visit.request, visit.wish.client_id, candidates[number])
            append_booked(tx, visit.wish, visit.request, chosen, visit.ids)
    return planned[0].ids.booking_id


def request_for(tx: Transaction, number: int, wish: BookingWish, now: datetime) -> Request:
    try:
        return booking_request(tx, wish, now)
    except BadFields as error:
        raise BadFields(visits={str(number): error.faults}) from error


def in_role(tx: Transaction, number: int, wish: BookingWish, now: datetime) -> BookingWish:
    with about_visit(number):
        return in_their_roles(tx, wish, now)


def fewest_choices_first(tx: Transaction, requests: Sequence[Request], candidates: Sequence[set[UUID]]) -> list[int]:
    """The numbers of the visits in the order in which they are placed."""
    free = [
        choices(situation_of(tx.connection, request, known), request)
        for request, known in zip(requests, candidates, strict=True)
    ]
    return sorted(range(len(requests)), key=lambda number: free[number])


def ids_for(tx: Transaction, wishes: Sequence[BookingWish], now: datetime) -> list[Ids]:
    """New ids in ascending order; visits of which the same person is told share the confirmation of their first."""
    circle = load_circle(tx.connection, set().union(*(roles_of(wish).people for wish in wishes)))
    booking_id, appointments = new_id(), sorted(new_id() for _ in wishes)
    firsts: dict[UUID, UUID] = {}
    made = []
    for wish, appointment_id in zip(wishes, appointments, strict=True):
        told = next(iter(people_to_tell(roles_of(wish), circle, "appointment", now)), None)
        first = appointment_id if told is None or not wish.notify else firsts.setdefault(told, appointment_id)
        confirmed_with = None if first == appointment_id else first
        made.append(Ids(appointment_id=appointment_id, booking_id=booking_id, confirmed_with=confirmed_with))
    return made


@contextmanager
def about_visit(number: int) -> Iterator[None]:
    """Let a refusal say which visit it is about."""
    try:
        yield
    except Refused as error:
        error.details["visit"] = number
        raise
