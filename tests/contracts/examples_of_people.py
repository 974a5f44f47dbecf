"""One example of every event about clients, their addresses, relations and links; the same rules as for all examples."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.events import (
    scheduling_contacts as contacts,
    scheduling_links as links,
    scheduling_people as people,
    scheduling_relations as relations,
    treatment_links as client_links,
)
from tests.contracts.who_and_when import (
    CLIENT,
    CLINIC,
    GUARDIAN,
    IDS,
    LATER,
    OTHER_CLIENT,
    OTHER_POINT,
    POINT,
    RELATION,
    REPLY,
    STARTS_AT,
    VISIT,
)

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

FILLED: tuple[Any, ...] = (
    client_links.ClientLinkAsked(
        request_id=REPLY, client_id=CLIENT, purpose="check_in", about=VISIT, asked_at=STARTS_AT
    ),
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
    contacts.ContactPointVerified(client_id=CLIENT, contact_point_id=POINT, way="person", verified_at=STARTS_AT),
    contacts.ContactPointReplaced(
        client_id=CLIENT,
        contact_point_id=POINT,
        kind="email",
        replacement_id=OTHER_POINT,
        address="new@example.invalid",
        source="phone",
        tells_former=True,
    ),
    contacts.ContactPointBlocked(client_id=CLIENT, contact_point_id=POINT, cause="stop", evidence="STOP"),
    contacts.ContactPointUnblocked(
        client_id=CLIENT, contact_point_id=POINT, evidence="Called and asked for it", unblocked_at=LATER
    ),
    contacts.ContactPreferenceSet(client_id=CLIENT, preferred_channel="email", fallback_channel="sms"),
    contacts.PermissionGiven(**PERMISSION_FIELDS, despite=(OTHER_CLIENT,)),
    contacts.PermissionWithdrawn(**PERMISSION_FIELDS),
    contacts.MessageDelivered(**MESSAGE_FIELDS),
    contacts.MessageFailed(**MESSAGE_FIELDS, code="30005"),
    people.ClientsMerged(client_id=CLIENT, into_id=OTHER_CLIENT, apart=(VISIT,), merged_at=LATER),
    people.ClientsUnmerged(client_id=CLIENT, from_id=OTHER_CLIENT),
    links.FreshLinkAsked(request_id=REPLY, appointment_id=VISIT, client_id=CLIENT, asked_at=STARTS_AT),
    links.ExportLinkAsked(
        request_id=REPLY, client_id=CLIENT, contact_point_id=POINT, asked_at=STARTS_AT, good_until=LATER
    ),
    links.ContactCheckAsked(
        request_id=REPLY, client_id=CLIENT, contact_point_id=POINT, asked_at=STARTS_AT, good_until=LATER
    ),
    links.AddressNoticeAsked(
        request_id=REPLY, client_id=CLIENT, contact_point_id=POINT, asked_at=STARTS_AT, good_until=LATER
    ),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    contacts.ContactPointReplaced: {"replacement_id": None, "address": None},
    contacts.ContactPointBlocked: {"evidence": None},
    contacts.ContactPointUnblocked: {"evidence": None},
    contacts.ContactPreferenceSet: {"preferred_channel": None, "fallback_channel": None},
    contacts.MessageDelivered: {"appointment_id": None},
    contacts.MessageFailed: {"appointment_id": None},
    contacts.PermissionGiven: {"evidence": None},
    contacts.PermissionWithdrawn: {"evidence": None},
    people.ClientRegistered: WITHOUT_DETAILS,
    people.ClientChanged: WITHOUT_DETAILS,
    relations.RelationAdded: {"until": None, "evidence": None},
    relations.RelationChanged: {"until": None, "evidence": None},
    relations.RelationEnded: {"reason": None},
    people.ClientsMerged: {"merged_at": None},
}
