"""The statements that read a situation: each gives rows of several kinds as one document, so that few are needed.

Under row-level security only leakproof operators reach an index, so claims are found by resource and start, never by
the overlap of ranges.
"""

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, TextClause, text

from services.scheduling.availability.facts import Facts
from services.scheduling.availability.model import FARTHEST_VISIT, LONGEST_VISIT, Interval

TERMS = """
    SELECT clinic_id, valid_from, time_zone, latitude_e6, longitude_e6, opening_hours FROM clinic_terms
    WHERE clinic_id = ANY(:clinics) ORDER BY clinic_id, valid_from
"""
SPECIAL_DAYS = """
    SELECT clinic_id, on_date, hours FROM clinic_special_days
    WHERE clinic_id = ANY(:clinics) AND on_date >= :first_day AND on_date <= :last_day ORDER BY clinic_id
"""
CLOSURES = """
    SELECT clinic_id, starts_at, ends_at FROM closures
    WHERE clinic_id = ANY(:clinics) AND starts_at < :until AND ends_at > :since ORDER BY clinic_id, starts_at
"""
ROOMS = "SELECT clinic_id, id, kind FROM rooms WHERE clinic_id = ANY(:clinics) ORDER BY clinic_id, id"
ROOM_OUTAGES = """
    SELECT room_id, starts_at, coalesce(ends_at, timestamptz '2200-01-01') AS ends_at FROM room_outages
    WHERE clinic_id = ANY(:clinics) AND starts_at < :until AND (ends_at IS NULL OR ends_at > :since)
    ORDER BY room_id, starts_at
"""
THERAPISTS = "SELECT id, qualifications, leaves_on FROM therapists WHERE id = ANY(:therapists)"
ROTA = """
    SELECT therapist_id, clinic_id, weekday, starts, ends, valid_from, valid_to FROM rota_entries
    WHERE therapist_id = ANY(:therapists) AND (CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY(:clinics))
      AND valid_from <= :last_day AND (valid_to IS NULL OR valid_to >= :first_day)
    ORDER BY therapist_id, entry
"""
TIME_OFF = """
    SELECT therapist_id, starts_at, ends_at FROM time_off
    WHERE therapist_id = ANY(:therapists) AND starts_at < :until AND ends_at > :since ORDER BY therapist_id, starts_at
"""
TRAVEL_TIMES = """
    SELECT from_clinic_id, to_clinic_id, minutes FROM travel_times
    WHERE from_clinic_id = ANY(:clinics) AND to_clinic_id = ANY(:clinics)
"""

# Everything near; of each therapist also what is within a long way, and the nearest visits beyond on either side: two,
# because one of them may be the visit that moves and so does not count.
CLAIM = "resource_kind, resource_id, appointment_id, clinic_id, starts_at, ends_at, buffer_before, buffer_after"
CLAIMS = f"""
    SELECT {CLAIM} FROM claims
    WHERE resource_id = ANY(CAST(:clients AS uuid[]) || ARRAY(SELECT id FROM rooms WHERE clinic_id = ANY(:clinics)))
      AND starts_at > :near_earliest AND starts_at < :near_until AND ends_at > :near_since
    UNION ALL
    SELECT {CLAIM} FROM claims
    WHERE resource_id = ANY(CAST(:therapists AS uuid[]))
      AND starts_at > :far_earliest AND starts_at < :far_until AND ends_at > :far_since
    UNION ALL
    SELECT earlier.* FROM unnest(CAST(:therapists AS uuid[])) AS therapist(id), LATERAL (
        SELECT {CLAIM} FROM claims
        WHERE resource_id = therapist.id AND starts_at < :far_since AND ends_at <= :far_since
        ORDER BY starts_at DESC LIMIT 2
    ) AS earlier
    UNION ALL
    SELECT later.* FROM unnest(CAST(:therapists AS uuid[])) AS therapist(id), LATERAL (
        SELECT {CLAIM} FROM claims WHERE resource_id = therapist.id AND starts_at >= :far_until
        ORDER BY starts_at LIMIT 2
    ) AS later
    ORDER BY resource_id, starts_at
"""  # noqa: S608 - names of our own


def statement(**selects: str) -> TextClause:
    """One statement that reads the rows of each select into a list of that name, as one JSON document."""
    lists = (
        f"'{name}', (SELECT coalesce(json_agg(found), '[]') FROM ({select}) AS found)"  # noqa: S608 - as above
        for name, select in selects.items()
    )
    return text(f"SELECT CAST(json_build_object({', '.join(lists)}) AS text)")


OF_CLINICS = {
    "terms": TERMS,
    "special_days": SPECIAL_DAYS,
    "closures": CLOSURES,
    "rooms": ROOMS,
    "room_outages": ROOM_OUTAGES,
}
OF_THERAPISTS = {"therapists": THERAPISTS, "rota": ROTA, "time_off": TIME_OFF}

CLINICS_ALONE = statement(**OF_CLINICS)
THERAPISTS_ALONE = statement(**OF_THERAPISTS)
SITUATION = statement(**OF_CLINICS, **OF_THERAPISTS, claims=CLAIMS)
ELSEWHERE = statement(terms=TERMS, travel_times=TRAVEL_TIMES)


def read(connection: Connection, query: TextClause, **values: Any) -> Facts:
    """The document of one of these statements."""
    return msgspec.json.decode(connection.execute(query, values).scalar_one(), type=Facts)


def during(span: Interval) -> dict[str, Any]:
    """The values by which what is set for a time or a date is found."""
    return {
        "since": span.starts_at,
        "until": span.ends_at,
        "first_day": span.starts_at.date(),
        "last_day": span.ends_at.date(),
    }


def around(visits: Interval, reach: timedelta) -> dict[str, Any]:
    """The values by which claims around visits in this span are found: within `reach`, and within a long way."""
    values: dict[str, Any] = {}
    for kind, distance in (("near", reach), ("far", FARTHEST_VISIT)):
        values |= {
            f"{kind}_earliest": visits.starts_at - distance - LONGEST_VISIT,
            f"{kind}_since": visits.starts_at - distance,
            f"{kind}_until": visits.ends_at + distance,
        }
    return values
