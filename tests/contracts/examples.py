"""One example of every event with every field filled, and one with all that may be absent left out; never changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from shared.events import (
    name_of,
    scheduling as s,
    scheduling_contacts as contacts,
    scheduling_corrections as corrections,
    scheduling_disruptions as d,
    scheduling_erasure as e,
    scheduling_export as x,
    scheduling_links as links,
    scheduling_people as people,
    scheduling_reaching as reaching,
    scheduling_relations as relations,
    scheduling_staff as staff,
)


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-8000-{number:012x}")


CHAIN, CLINIC, OTHER_CLINIC, ROOM, THERAPIST, OFFERING, CLIENT, VISIT, BOOKING = map(an_id, range(1, 10))
CLOSURE, TIME_OFF, EVENT = map(an_id, range(10, 13))
TASK, REPLY, RELATION, GUARDIAN = map(an_id, range(30, 34))
ROOM_OUTAGE = an_id(0xD1)
POINT, OTHER_POINT, OTHER_CLIENT = map(an_id, range(40, 43))
ERASURE = an_id(0xE1)
MEMBER = an_id(0xF1)

STARTS_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 3, 2, 8, 50, tzinfo=UTC)
LATER = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)
LATER_END = datetime(2026, 3, 4, 14, 20, tzinfo=UTC)

ROLES = (staff.RoleGiven(role="front_desk", clinics=(CLINIC,)), staff.RoleGiven(role="manager", clinics=None))
IDS = {"front-office": "A-17"}
OCCUPIES = (
    s.Occupied(kind="therapist", id=THERAPIST, role="practitioner"),
    s.Occupied(kind="room", id=ROOM, role="place"),
    s.Occupied(kind="client", id=CLIENT, role="client"),
)
THERAPIST_FIELDS: dict[str, Any] = {
    "therapist_id": THERAPIST,
    "name": "Therapist Example",
    "languages": ("en", "de"),
    "qualifications": (s.Qualification(code="nkt-2", expires_on=date(2027, 12, 31)), s.Qualification(code="nkt-1")),
    "leaves_on": date(2027, 3, 31),
    "external_ids": IDS,
}
CLIENT_FIELDS: dict[str, Any] = {
    "client_id": CLIENT,
    "name": "Client Example",
    "called": "Clio",
    "birth_date": date(1980, 2, 29),
    "home_clinic_id": CLINIC,
    "time_zone": "Europe/Berlin",
    "locale": "de",
    "external_ids": IDS,
}
KEPT = (
    e.Kept(
        data_class="clinical",
        until=date(2036, 3, 3),
        clinic_id=CLINIC,
        last_entry_on=date(2026, 3, 2),
        years=10,
        minors_until_age=28,
        policy_version=2,
    ),
)
WITHOUT_DETAILS: dict[str, Any] = {
    "called": None,
    "birth_date": None,
    "home_clinic_id": None,
    "external_ids": None,
}
PERMISSION_FIELDS: dict[str, Any] = {
    "client_id": CLIENT,
    "channel": "email",
    "purpose": "appointment",
    "source": "paper",
    "evidence": "Form of 2 March",
}
MESSAGE_FIELDS: dict[str, Any] = {
    "message_key": f"confirmation:{VISIT}:1",
    "appointment_id": VISIT,
    "client_id": CLIENT,
    "contact_point_id": POINT,
    "channel": "sms",
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
CAUSES = (d.Cause("room_outage", ROOM_OUTAGE), d.Cause("time_off", TIME_OFF))

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
    people.ClientRegistered(**CLIENT_FIELDS),
    people.ClientChanged(**CLIENT_FIELDS),
    relations.RelationAdded(
        relation_id=RELATION,
        client_id=CLIENT,
        related_client_id=GUARDIAN,
        kind="guardian",
        may=("book", "receive_messages", "see_care"),
        until=date(2030, 7, 31),
        source="document",
        evidence="Birth certificate seen",
    ),
    relations.RelationChanged(
        relation_id=RELATION,
        client_id=CLIENT,
        related_client_id=GUARDIAN,
        may=("receive_messages",),
        until=date(2031, 7, 31),
        source="client",
        evidence="Said so at the desk",
    ),
    relations.RelationEnded(
        relation_id=RELATION, client_id=CLIENT, related_client_id=GUARDIAN, reason="Custody has changed"
    ),
    contacts.ContactPointAdded(
        client_id=CLIENT, contact_point_id=POINT, kind="email", address="client@example.invalid", source="person"
    ),
    contacts.ContactPointVerified(client_id=CLIENT, contact_point_id=POINT, way="person"),
    contacts.ContactPointReplaced(
        client_id=CLIENT,
        contact_point_id=POINT,
        kind="email",
        replacement_id=OTHER_POINT,
        address="new@example.invalid",
        source="phone",
    ),
    contacts.ContactPointBlocked(client_id=CLIENT, contact_point_id=POINT, cause="stop", evidence="STOP"),
    contacts.ContactPointUnblocked(client_id=CLIENT, contact_point_id=POINT, evidence="Called and asked for it"),
    contacts.ContactPreferenceSet(client_id=CLIENT, preferred_channel="email", fallback_channel="sms"),
    contacts.PermissionGiven(**PERMISSION_FIELDS, despite=(OTHER_CLIENT,)),
    contacts.PermissionWithdrawn(**PERMISSION_FIELDS),
    contacts.MessageDelivered(**MESSAGE_FIELDS),
    contacts.MessageFailed(**MESSAGE_FIELDS, code="30005"),
    people.ClientsMerged(client_id=CLIENT, into_id=OTHER_CLIENT, apart=(VISIT,)),
    people.ClientsUnmerged(client_id=CLIENT, from_id=OTHER_CLIENT),
    s.AppointmentBooked(
        appointment_id=VISIT,
        booking_id=BOOKING,
        booked_by="desk-1",
        client_id=CLIENT,
        participants=(s.Participant(client_id=CLIENT, role="client"),),
        offering_id=OFFERING,
        offering_version=1,
        price=s.Money(amount_minor=9000, currency="EUR"),
        clinic_id=CLINIC,
        therapist_id=THERAPIST,
        room_id=ROOM,
        occupies=OCCUPIES,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        starts_local="2026-03-02T09:00",
        time_zone="Europe/Berlin",
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        cancel_notice_minutes=1440,
        reminder_lead_minutes=(2880, 120),
        notice_minutes=90,
        min_notice_minutes=120,
        overridden=("notice_too_short",),
        override_reason="Came by in person",
        external_ids=IDS,
        booker_client_id=GUARDIAN,
        told_client_id=GUARDIAN,
        payer_client_id=GUARDIAN,
        gift=True,
        confirmed_with=an_id(34),
    ),
    s.AppointmentMoved(
        appointment_id=VISIT,
        client_id=CLIENT,
        initiator="clinic",
        reason_code="therapist_ill",
        reason="Therapist is ill",
        clinic_id=OTHER_CLINIC,
        therapist_id=THERAPIST,
        room_id=ROOM,
        occupies=OCCUPIES,
        starts_at=LATER,
        ends_at=LATER_END,
        starts_local="2026-03-04T14:30",
        time_zone="Europe/Berlin",
        previous_starts_at=STARTS_AT,
        notice_minutes=1500,
        late=False,
        overridden=("beyond_horizon",),
        override_reason="Agreed by phone",
    ),
    s.AppointmentConfirmed(appointment_id=VISIT, client_id=CLIENT),
    corrections.AppointmentStatusCorrected(
        appointment_id=VISIT,
        client_id=CLIENT,
        before="noshow",
        after="cancelled",
        reason="Had called in the morning",
        late=True,
        clinic_id=CLINIC,
        therapist_id=THERAPIST,
        room_id=ROOM,
        occupies=OCCUPIES,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        starts_local="2026-03-02T09:00",
        time_zone="Europe/Berlin",
        notify=False,
    ),
    corrections.AppointmentReaddressed(
        appointment_id=VISIT, client_id=CLIENT, told_client_id=OTHER_CLIENT, notify=False
    ),
    corrections.AppointmentChanged(
        appointment_id=VISIT,
        client_id=CLIENT,
        initiator="client",
        reason_code="needs_longer",
        reason="Both shoulders",
        offering_id=OFFERING,
        offering_version=2,
        price=s.Money(amount_minor=12000, currency="EUR"),
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        cancel_notice_minutes=1440,
        reminder_lead_minutes=(2880, 120),
        clinic_id=CLINIC,
        therapist_id=THERAPIST,
        room_id=ROOM,
        occupies=OCCUPIES,
        starts_at=STARTS_AT,
        ends_at=LATER_END,
        starts_local="2026-03-02T09:00",
        time_zone="Europe/Berlin",
        notice_minutes=1500,
        overridden=("notice_too_short",),
        override_reason="Agreed by phone",
    ),
    s.AppointmentCancelled(
        appointment_id=VISIT,
        client_id=CLIENT,
        initiator="client",
        reason_code="travel",
        reason="Is away",
        notice_minutes=-5,
        cancel_notice_minutes=1440,
        late=True,
        late_waived=True,
    ),
    s.AppointmentLatenessWaived(appointment_id=VISIT, client_id=CLIENT, reason="First time"),
    s.AppointmentArrived(appointment_id=VISIT, client_id=CLIENT, happened_at=STARTS_AT, reason="By taxi"),
    s.AppointmentFulfilled(
        appointment_id=VISIT,
        client_id=CLIENT,
        happened_at=ENDS_AT,
        actual_starts_at=STARTS_AT,
        actual_ends_at=ENDS_AT,
        reason="Ended early",
    ),
    s.AppointmentMissed(appointment_id=VISIT, client_id=CLIENT, happened_at=ENDS_AT, reason="Did not answer"),
    s.AppointmentLabelled(appointment_id=VISIT, external_ids=IDS),
    reaching.ContactTaskOpened(
        task_id=TASK,
        cause="undeliverable",
        because="reminder:2:120",
        appointment_id=VISIT,
        client_id=CLIENT,
        clinic_id=CLINIC,
        opened_at=STARTS_AT,
    ),
    reaching.ContactAttempted(
        task_id=TASK, client_id=CLIENT, outcome="left_message", note="Spoke to the machine", attempted_at=STARTS_AT
    ),
    reaching.ReplyReceived(
        reply_id=REPLY,
        appointment_id=VISIT,
        client_id=CLIENT,
        clinic_id=CLINIC,
        channel="email",
        kind="text",
        matched_by="reference",
        effect="task",
        visit_version=2,
        text="May I come half an hour later?",
        received_at=STARTS_AT,
    ),
    links.FreshLinkAsked(request_id=REPLY, appointment_id=VISIT, client_id=CLIENT, asked_at=STARTS_AT),
    d.RoomOutageAdded(**ROOM_OUTAGE_FIELDS),
    d.RoomOutageChanged(**ROOM_OUTAGE_FIELDS),
    d.RoomOutageLifted(room_outage_id=ROOM_OUTAGE, room_id=ROOM, clinic_id=CLINIC),
    d.AppointmentDisrupted(appointment_id=VISIT, client_id=CLIENT, causes=CAUSES),
    d.AppointmentRestored(appointment_id=VISIT, client_id=CLIENT),
    d.AppointmentKept(appointment_id=VISIT, client_id=CLIENT, causes=CAUSES, reason="The therapist comes in for it"),
    d.AppointmentPlaceChanged(
        appointment_id=VISIT,
        client_id=CLIENT,
        clinic_id=CLINIC,
        starts_local="2026-03-02T10:00",
        time_zone="Europe/Berlin",
    ),
    e.ClinicRetentionSet(clinic_id=CLINIC, years=10, minors_until_age=28, policy_version=2),
    e.ErasureRequested(
        request_id=ERASURE,
        client_id=CLIENT,
        client_ids=(CLIENT, OTHER_CLIENT),
        asked_by="guardian",
        locale="de",
        requested_at=STARTS_AT,
    ),
    e.ErasureAssessed(
        request_id=ERASURE,
        client_id=CLIENT,
        assessed_on=date(2026, 3, 2),
        goes_now=("contact",),
        kept=KEPT,
        holds=(e.Hold(kind="visit", id=VISIT),),
    ),
    e.ErasureDeclined(request_id=ERASURE, client_id=CLIENT, reason="A dispute is open", declined_at=LATER),
    e.ErasureConfirmed(request_id=ERASURE, client_id=CLIENT, confirmed_at=LATER),
    e.ClientErased(
        request_id=ERASURE,
        client_id=CLIENT,
        client_ids=(CLIENT, OTHER_CLIENT),
        classes=("contact",),
        kept=KEPT,
        keys=2,
        swept=(e.Swept(store="links", rows=3),),
        erased_at=LATER,
    ),
    x.ClientExported(export_id=ERASURE, client_id=CLIENT, client_ids=(CLIENT, OTHER_CLIENT), exported_at=LATER),
    staff.StaffAdded(staff_id=MEMBER, name="Member Example", therapist_id=THERAPIST, roles=ROLES),
    staff.StaffRenamed(staff_id=MEMBER, name="Member Example"),
    staff.StaffLinked(staff_id=MEMBER, therapist_id=THERAPIST),
    staff.StaffRolesSet(staff_id=MEMBER, roles=ROLES),
    staff.LoginAttached(staff_id=MEMBER, issuer="https://login.example.com/", subject="7e1f"),
    staff.LoginDetached(staff_id=MEMBER, issuer="https://login.example.com/", subject="7e1f"),
    staff.StaffDeactivated(staff_id=MEMBER),
    staff.StaffReactivated(staff_id=MEMBER, valid_from=STARTS_AT),
    staff.StaffRevoked(staff_id=MEMBER, valid_from=STARTS_AT),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    contacts.ContactPointReplaced: {"replacement_id": None, "address": None},
    contacts.ContactPointBlocked: {"evidence": None},
    contacts.ContactPointUnblocked: {"evidence": None},
    contacts.ContactPreferenceSet: {"preferred_channel": None, "fallback_channel": None},
    contacts.PermissionGiven: {"evidence": None},
    contacts.PermissionWithdrawn: {"evidence": None},
    s.OfferingAdded: {"qualification": None, "room_kind": None, "reminder_lead_minutes": None, "price": None},
    s.OfferingChanged: {"qualification": None, "room_kind": None, "reminder_lead_minutes": None, "price": None},
    people.ClientRegistered: WITHOUT_DETAILS,
    people.ClientChanged: WITHOUT_DETAILS,
    relations.RelationAdded: {"until": None, "evidence": None},
    relations.RelationChanged: {"until": None, "evidence": None},
    relations.RelationEnded: {"reason": None},
    s.AppointmentBooked: {
        "price": None,
        "room_id": None,
        "override_reason": None,
        "booker_client_id": None,
        "told_client_id": None,
        "payer_client_id": None,
        "confirmed_with": None,
    },
    s.AppointmentMoved: {"reason_code": None, "reason": None, "room_id": None, "override_reason": None},
    corrections.AppointmentStatusCorrected: {"room_id": None},
    corrections.AppointmentReaddressed: {"told_client_id": None},
    corrections.AppointmentChanged: {
        "reason_code": None,
        "reason": None,
        "price": None,
        "room_id": None,
        "override_reason": None,
    },
    s.AppointmentCancelled: {"reason_code": None, "reason": None},
    s.AppointmentLatenessWaived: {"reason": None},
    s.AppointmentArrived: {"reason": None},
    s.AppointmentFulfilled: {"actual_starts_at": None, "actual_ends_at": None, "reason": None},
    s.AppointmentMissed: {"reason": None},
    reaching.ContactAttempted: {"note": None},
    reaching.ReplyReceived: {"visit_version": None, "text": None},
    s.TherapistAdded: {"leaves_on": None},
    s.TherapistChanged: {"leaves_on": None},
    d.RoomOutageAdded: {"ends_at": None},
    d.RoomOutageChanged: {"ends_at": None},
    e.ClinicRetentionSet: {"minors_until_age": None},
    staff.StaffAdded: {"therapist_id": None, "roles": None},
    staff.StaffLinked: {"therapist_id": None},
    staff.StaffRolesSet: {"roles": None},
}

EXAMPLES: Mapping[str, Any] = {name_of(type(event)): event for event in FILLED} | {
    f"{name_of(type(event))}.absent": replace(event, **ABSENT[type(event)]) for event in FILLED if type(event) in ABSENT
}
"""By the name of the golden file."""
