"""One example of every event about a chain, its clinics, rooms, therapists and offerings; the same rules as for all examples."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.events import (
    scheduling as s,
    scheduling_disruptions as d,
)
from tests.contracts.who_and_when import (
    CHAIN,
    CLINIC,
    CLOSURE,
    ENDS_AT,
    IDS,
    LATER,
    OFFERING,
    OTHER_CLINIC,
    ROOM,
    ROOM_OUTAGE,
    STARTS_AT,
    THERAPIST,
    TIME_OFF,
)

THERAPIST_FIELDS: dict[str, Any] = {
    "therapist_id": THERAPIST,
    "name": "Therapist Example",
    "languages": ("en", "de"),
    "qualifications": (s.Qualification(code="nkt-2", expires_on=date(2027, 12, 31)), s.Qualification(code="nkt-1")),
    "leaves_on": date(2027, 3, 31),
    "external_ids": IDS,
}
OFFERING_FIELDS: dict[str, Any] = {
    "offering_id": OFFERING,
    "offering_version": 1,
    "name": "Session of 50 minutes",
    "duration_minutes": 50,
    "buffer_before_minutes": 5,
    "buffer_after_minutes": 10,
    "qualification": "nkt-2",
    "room_kind": "treatment",
    "grid_minutes": 15,
    "min_notice_minutes": 120,
    "horizon_days": 90,
    "cancel_notice_minutes": 1440,
    "reminder_lead_minutes": (2880, 120),
    "price": s.Money(amount_minor=9000, currency="EUR"),
}
ROOM_FIELDS: dict[str, Any] = {
    "room_id": ROOM,
    "clinic_id": CLINIC,
    "name": "Room 1",
    "kind": "treatment",
    "external_ids": IDS,
}
CLINIC_FIELDS: dict[str, Any] = {"clinic_id": CLINIC, "name": "Clinic 1", "phone": "+15005550001", "external_ids": IDS}
CLOSURE_FIELDS: dict[str, Any] = {
    "closure_id": CLOSURE,
    "clinic_id": CLINIC,
    "starts_at": STARTS_AT,
    "ends_at": ENDS_AT,
    "reason": "Water damage",
}
TIME_OFF_FIELDS: dict[str, Any] = {
    "time_off_id": TIME_OFF,
    "therapist_id": THERAPIST,
    "starts_at": STARTS_AT,
    "ends_at": LATER,
    "reason": "Course",
}
ROOM_OUTAGE_FIELDS: dict[str, Any] = {
    "room_outage_id": ROOM_OUTAGE,
    "room_id": ROOM,
    "clinic_id": CLINIC,
    "starts_at": STARTS_AT,
    "ends_at": LATER,
    "reason": "New floor",
}

FILLED: tuple[Any, ...] = (
    s.ChainCreated(chain_id=CHAIN, slug="example", name="Example Chain"),
    s.ChainPolicySet(
        chain_id=CHAIN,
        reminder_lead_minutes=(2880, 120),
        quiet_from="21:00",
        quiet_to="08:00",
        default_locale="en",
    ),
    s.ClinicOpened(**CLINIC_FIELDS),
    s.ClinicChanged(**CLINIC_FIELDS),
    s.ClinicTermsSet(
        clinic_id=CLINIC,
        valid_from=date(2026, 1, 1),
        time_zone="Europe/Berlin",
        address=s.Address(line="Street 1", city="Town", region="Region", postal_code="00001", country="DE"),
        latitude_e6=52_520_000,
        longitude_e6=-13_405_000,
        opening_hours=(
            s.Hours(weekday="mon", opens="08:00", closes="12:00"),
            s.Hours(weekday="fri", opens="18:00", closes="24:00"),
        ),
    ),
    s.ClinicSpecialDaysSet(
        clinic_id=CLINIC,
        special_days=(
            s.SpecialDay(on=date(2026, 12, 24), hours=(s.DayHours(opens="08:00", closes="12:00"),)),
            s.SpecialDay(on=date(2026, 12, 25), hours=()),
        ),
    ),
    s.ClinicTravelTimesSet(clinic_id=CLINIC, travel_times=(s.TravelTime(to_clinic_id=OTHER_CLINIC, minutes=25),)),
    s.ClosureAdded(**CLOSURE_FIELDS),
    s.ClosureChanged(**CLOSURE_FIELDS),
    s.ClosureLifted(closure_id=CLOSURE, clinic_id=CLINIC),
    s.RoomAdded(**ROOM_FIELDS),
    s.RoomChanged(**ROOM_FIELDS),
    s.TherapistAdded(**THERAPIST_FIELDS),
    s.TherapistChanged(**THERAPIST_FIELDS),
    s.TherapistRotaSet(
        therapist_id=THERAPIST,
        entries=(
            s.RotaEntry(
                clinic_id=CLINIC,
                weekday="mon",
                starts="08:00",
                ends="16:00",
                valid_from=date(2026, 1, 1),
                valid_to=date(2026, 6, 30),
            ),
            s.RotaEntry(
                clinic_id=OTHER_CLINIC, weekday="fri", starts="22:00", ends="02:00", valid_from=date(2026, 1, 1)
            ),
        ),
    ),
    s.TimeOffAdded(**TIME_OFF_FIELDS),
    s.TimeOffChanged(**TIME_OFF_FIELDS),
    s.TimeOffWithdrawn(time_off_id=TIME_OFF, therapist_id=THERAPIST),
    s.OfferingAdded(**OFFERING_FIELDS),
    s.OfferingChanged(**OFFERING_FIELDS),
    d.RoomOutageAdded(**ROOM_OUTAGE_FIELDS),
    d.RoomOutageChanged(**ROOM_OUTAGE_FIELDS),
    d.RoomOutageLifted(room_outage_id=ROOM_OUTAGE, room_id=ROOM, clinic_id=CLINIC),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    s.OfferingAdded: {"qualification": None, "room_kind": None, "reminder_lead_minutes": None, "price": None},
    s.OfferingChanged: {"qualification": None, "room_kind": None, "reminder_lead_minutes": None, "price": None},
    s.TherapistAdded: {"leaves_on": None},
    s.TherapistChanged: {"leaves_on": None},
    d.RoomOutageAdded: {"ends_at": None},
    d.RoomOutageChanged: {"ends_at": None},
}
