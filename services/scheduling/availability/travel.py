"""How long a therapist needs from one clinic to another: what the chain says, else a guess from the distance."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import asin, ceil, cos, radians, sin, sqrt
from uuid import UUID

from services.scheduling.availability.calendar import terms_at
from services.scheduling.availability.model import Clinic, ClinicTerms

EARTH_RADIUS_KM = 6371.0088
NEXT_DOOR_KM = 1.0
MINUTES_PER_KM = 60 / 40
MINUTES_TO_SET_OFF = 10
ROUNDED_UP_TO = 5


def travel_time(
    table: Mapping[tuple[UUID, UUID], int],
    origin: Clinic,
    left_at: datetime,
    destination: Clinic,
    reached_at: datetime,
) -> timedelta:
    """The time between two clinics, each where it is at that moment.

    `table` holds minutes by (from, to); a way back counts where the way there is not given.
    """
    if origin.id == destination.id:
        return timedelta()
    minutes = table.get((origin.id, destination.id), table.get((destination.id, origin.id)))
    if minutes is None:
        minutes = guess_minutes(distance_km(terms_at(origin, left_at), terms_at(destination, reached_at)))
    return timedelta(minutes=minutes)


def guess_minutes(km: float) -> int:
    """Nothing next door, else 40 km/h and ten minutes to set off, rounded up to five."""
    if km <= NEXT_DOOR_KM:
        return 0
    return ceil((km * MINUTES_PER_KM + MINUTES_TO_SET_OFF) / ROUNDED_UP_TO) * ROUNDED_UP_TO


def distance_km(one: ClinicTerms, other: ClinicTerms) -> float:
    return great_circle_km(one.latitude_e6, one.longitude_e6, other.latitude_e6, other.longitude_e6)


def great_circle_km(latitude_e6: int, longitude_e6: int, other_latitude_e6: int, other_longitude_e6: int) -> float:
    """The distance over the ground by the haversine formula on a sphere of the Earth's mean radius."""
    north, other_north = radians(latitude_e6 / 1e6), radians(other_latitude_e6 / 1e6)
    east, other_east = radians(longitude_e6 / 1e6), radians(other_longitude_e6 / 1e6)
    haversine = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, haversine)))
