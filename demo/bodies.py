"""What the invented chain looks like in the API's words: one request body for each thing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from demo.chain import Clinic, Hours, Offering
from demo.people import Client, Therapist
from demo.visits import Visit

SYSTEM = "demo"
"""The name under which each thing carries its key in `external_ids`."""

CERTIFIED_FOR = timedelta(days=3 * 365)

Json = dict[str, Any]
Ids = Mapping[str, str]


def known_as(key: str) -> Json:
    return {"external_ids": {SYSTEM: key}}


def weekly(hours: Iterable[Hours]) -> list[Json]:
    return [{"weekday": weekday, "from": each.opens, "to": each.closes} for each in hours for weekday in each.weekdays]


def clinic(clinic: Clinic) -> Json:
    return {
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "address": {
            "line": "1 Example Street",
            "city": clinic.city,
            "region": clinic.region,
            "postal_code": clinic.postal_code,
            "country": clinic.country,
        },
        "latitude": clinic.latitude,
        "longitude": clinic.longitude,
        "phone": clinic.phone,
        "opening_hours": weekly(clinic.hours),
    } | known_as(clinic.key)


def rooms(clinic: Clinic) -> dict[str, Json]:
    keys = [f"{clinic.key}-room-{number}" for number, _ in enumerate(clinic.rooms, start=1)]
    return {
        key: {"name": f"Room {number}", "kind": kind} | known_as(key)
        for number, (key, kind) in enumerate(zip(keys, clinic.rooms, strict=True), start=1)
    }


def travel_times(minutes: Mapping[tuple[str, str], int], clinics: Ids) -> dict[str, list[Json]]:
    """The list for each path."""
    lists: dict[str, list[Json]] = {}
    for (origin, destination), each in minutes.items():
        path = f"/v1/clinics/{clinics[origin]}/travel-times"
        lists.setdefault(path, []).append({"to_clinic_id": clinics[destination], "minutes": each})
    return lists


def offering(offering: Offering) -> Json:
    leads = offering.reminder_lead_minutes
    return {
        "name": offering.name,
        "duration_minutes": offering.duration_minutes,
        "buffer_after_minutes": offering.buffer_after_minutes,
        "qualification": offering.qualification,
        "room_kind": offering.room_kind,
        "grid_minutes": offering.grid_minutes,
        "min_notice_minutes": offering.min_notice_minutes,
        "horizon_days": offering.horizon_days,
        "cancel_notice_minutes": offering.cancel_notice_minutes,
        "reminder_lead_minutes": None if leads is None else list(leads),
        "price": {"amount_minor": offering.price_minor, "currency": "EUR"},
    }


def therapist(therapist: Therapist, founded_at: datetime) -> Json:
    expires_on = (founded_at + CERTIFIED_FOR).date().isoformat()
    return {
        "name": therapist.name,
        "languages": list(therapist.languages),
        "qualifications": [{"code": code, "expires_on": expires_on} for code in therapist.qualifications],
    } | known_as(therapist.key)


def rota(therapist: Therapist, clinics: Ids, founded_at: datetime) -> list[Json]:
    """In force from four days before the founding: some visits took place on the days before it."""
    valid_from = (founded_at - timedelta(days=4)).date().isoformat()
    return [
        entry | {"clinic_id": clinics[shift.clinic], "valid_from": valid_from}
        for shift in therapist.shifts
        for entry in weekly([shift.hours])
    ]


def client(client: Client) -> Json:
    return {
        "name": client.name,
        "email": client.email,
        "phone": client.phone,
        "time_zone": client.time_zone,
        "locale": client.locale,
        "preferred_channel": client.channel,
    } | known_as(client.key)


def visit(visit: Visit, clinics: Ids, therapists: Ids, clients: Ids, offerings: Ids) -> Json:
    return {
        "offering_id": offerings[visit.offering],
        "clinic_id": clinics[visit.clinic.key],
        "therapist_id": therapists[visit.therapist.key],
        "client_id": clients[visit.client.key],
        "starts_at": visit.starts_at.isoformat(),
    } | known_as(visit.key)
