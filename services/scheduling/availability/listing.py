"""Free times over any span of days, loaded window by window, so that a long search holds no more than a short one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from services.scheduling.availability.calendar import terms_at
from services.scheduling.availability.load import load_situation, load_staff
from services.scheduling.availability.model import LONGEST_BUFFER, Clinic, Interval, Slot
from services.scheduling.availability.search import Search, free_slots
from services.scheduling.availability.travel import great_circle_km

DAY = timedelta(days=1)
FIRST_WINDOW = timedelta(hours=6)
MOST_DAYS = 16
CLINIC_DAYS = 400
"""How much one window may hold: the more clinics, the fewer days."""


# Where clinics are on some day of a span: the terms that hold when it begins, and those that begin in it
PLACES = text("""
    SELECT clinic_id, latitude_e6, longitude_e6 FROM clinic_terms terms
    WHERE valid_from <= :last_day AND NOT EXISTS (
        SELECT FROM clinic_terms later
        WHERE later.clinic_id = terms.clinic_id
          AND later.valid_from > terms.valid_from AND later.valid_from <= :first_day
    )
""")


class SlotKey(NamedTuple):
    """The place of a slot in a listing."""

    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    clinic_id: UUID
    therapist_id: UUID


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything within so many kilometres over the ground of a point in degrees."""

    point: tuple[float, float]
    within_km: float

    def include(self, latitude_e6: int, longitude_e6: int) -> bool:
        latitude, longitude = self.point
        km = great_circle_km(round(latitude * 1e6), round(longitude * 1e6), latitude_e6, longitude_e6)
        return km <= self.within_km

    def hold(self, clinic: Clinic, slot: Slot) -> bool:
        """Whether the clinic lies inside on the day of the slot."""
        terms = terms_at(clinic, slot.starts_at)
        return self.include(terms.latitude_e6, terms.longitude_e6)


def clinics_within(connection: Connection, span: Interval, surroundings: Surroundings | None) -> set[UUID]:
    """The chain's clinics, or those that lie inside the surroundings on some day of the span."""
    days = {"first_day": (span.starts_at - DAY).date(), "last_day": (span.ends_at + DAY).date()}
    places = connection.execute(PLACES, days)
    return {
        place.clinic_id
        for place in places
        if surroundings is None or surroundings.include(place.latitude_e6, place.longitude_e6)
    }


def nearest_clinics(connection: Connection, clinic_id: UUID, on: date, most: int) -> list[UUID]:
    """Other clinics of the chain, as they lie on a day, from near to far."""
    rows = connection.execute(PLACES, {"first_day": on, "last_day": on})
    places = {row.clinic_id: (row.latitude_e6, row.longitude_e6) for row in rows}
    here = places.pop(clinic_id, None)
    return [] if here is None else sorted(places, key=lambda each: (great_circle_km(*here, *places[each]), each))[:most]


def listed(connection: Connection, search: Search) -> Iterator[tuple[Clinic, Slot]]:
    """Every free time of the search in order, with its clinic; nothing is loaded before it is asked for."""
    staff = load_staff(connection, search.clinic_ids) if search.therapist_id is None else [search.therapist_id]
    for window in windows(search):
        situation = load_situation(
            connection,
            clinic_ids=search.clinic_ids,
            therapist_ids=staff,
            client_id=search.client_id,
            window=window,
            longest=search.offering.duration,
            reach=LONGEST_BUFFER,
        )
        for slot in free_slots(situation, replace(search, window=window)):
            yield situation.clinics[slot.clinic_id], slot


def windows(search: Search) -> Iterator[Interval]:
    """The part of the searched span in which visits can start, some hours first and then more and more at once."""
    offering = search.offering
    starts_at = max(search.window.starts_at, search.now + offering.min_notice)
    if search.after is not None:
        starts_at = max(starts_at, search.after[0])
    last = min(search.window.ends_at, search.now + (offering.horizon_days + 2) * DAY)
    length = FIRST_WINDOW
    longest = max(1, min(MOST_DAYS, CLINIC_DAYS // max(1, len(search.clinic_ids)))) * DAY
    while starts_at < last:
        ends_at = min(last, starts_at + min(length, longest))
        yield Interval(starts_at, ends_at)
        starts_at, length = ends_at, length * 2


def key_of(found: tuple[Clinic, Slot]) -> SlotKey:
    """What a cursor remembers of a slot."""
    _, slot = found
    return SlotKey(slot.starts_at, slot.clinic_id, slot.therapist_id)
