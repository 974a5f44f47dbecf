"""Whom a message goes to and what it may show, answered at the moment of sending and kept nowhere else.

One call for a batch: contact, channel, permission, zone and language are today's, the visit is as it is now, and every
answer has a link and a receipt of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, text

from services.scheduling import links
from services.scheduling.contacts.load import contacts_of
from services.scheduling.contacts.rules import Contacts, Way, Wish, way_to
from services.scheduling.deliveries import receipts
from services.scheduling.deliveries.decider import About
from services.scheduling.links import Target
from services.scheduling.replies.inviting import Ways, invite
from shared.auth import SERVICE
from shared.database import Database
from shared.events.scheduling_contacts import Purpose
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations

MOST = 200
Going = tuple[Mapping[str, Any], Way]

FIND = text("""
    SELECT visit.*, client.name AS client_name, client.time_zone AS client_zone, client.locale,
      clinic.name AS clinic_name, clinic.phone AS clinic_phone,
      therapist.name AS therapist_name, offering.name AS offering_name, chain.name AS chain_name
    FROM appointments visit
      JOIN clients client ON client.id = visit.client_id
      JOIN clinics clinic ON clinic.id = visit.clinic_id
      JOIN therapists therapist ON therapist.id = visit.therapist_id
      JOIN offerings offering ON offering.id = visit.offering_id
      CROSS JOIN chains chain
    WHERE visit.id = ANY(:ids)
""")
TERMS = text("""
    SELECT clinic_id, valid_from, address, latitude_e6, longitude_e6 FROM clinic_terms
    WHERE clinic_id = ANY(:ids) ORDER BY clinic_id, valid_from
""")


class QuestionSchema(StrictSchema):
    """A message: what it is for decides whether it is permitted; `via` is one channel, or `any` that is open."""

    key = fields.String(required=True, validate=validate.Length(1, 300))
    chain_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.Length(1, 50))
    purpose = fields.String(load_default="appointment", validate=validate.OneOf(get_args(Purpose)))
    via = fields.String(load_default="any", validate=validate.OneOf(get_args(Wish)))


class QuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(QuestionSchema), required=True, validate=validate.Length(max=MOST))


class AnswersSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


def recipients_blueprint(database: Database, public_url: str, ways: Ways) -> Operations:
    """The route that the workers ask before they send; `public_url` is where clients reach this service."""
    blueprint = Operations("recipients", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/recipients", AnswersSchema, allow=(SERVICE,), body=QuestionsSchema)
    def recipients(body: dict[str, Any]) -> Answer:
        """Contact details, what to show, and a new link for each message of a batch."""
        by_chain: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for item in body["items"]:
            by_chain[item["chain_id"]].append(item)
        answers: list[dict[str, Any]] = []
        for chain_id, items in by_chain.items():
            with database.reading(chain_id) as connection:
                found = answers_of(connection, chain_id, items, public_url)
                invite(connection, chain_id, items, found, ways)
                answers += found
        return Answer({"items": answers})

    return blueprint


def answers_of(
    connection: Connection, chain_id: UUID, items: Sequence[Mapping[str, Any]], public_url: str
) -> list[dict[str, Any]]:
    """The answers of one chain, in a constant number of statements."""
    found = {row.id: row for row in connection.execute(FIND, {"ids": [item["appointment_id"] for item in items]})}
    terms = connection.execute(TERMS, {"ids": list({row.clinic_id for row in found.values()})}).all()
    contacts = contacts_of(connection, [row.client_id for row in found.values()])
    ways = {item["key"]: way_of(item, found, contacts) for item in items}
    goes = [(item, way) for item in items if isinstance(way := ways[item["key"]], Way)]
    paths = mint_links(connection, chain_id, goes)
    references = mint_receipts(connection, chain_id, goes)
    return [
        {"key": item["key"], "stop": way}
        if isinstance(way := ways[item["key"]], str)
        else answer(found[item["appointment_id"]], terms, way)
        | {"key": item["key"], "link": public_url + paths[item["key"]]}
        | receipt(public_url, way, references[item["key"]])
        for item in items
    ]


def way_of(item: Mapping[str, Any], found: Mapping[UUID, Any], contacts: Mapping[UUID, Contacts]) -> Way | str:
    """The way a message takes, or why it takes none."""
    visit = found.get(item["appointment_id"])
    if visit is None:
        return "gone"
    way = way_to(contacts[visit.client_id], item["purpose"], item["via"])
    return way if isinstance(way, Way) else way.reason


def mint_links(connection: Connection, chain_id: UUID, goes: Sequence[Going]) -> dict[str, str]:
    targets = [Target(item["client_id"], item["appointment_id"], way.point.id) for item, way in goes]
    return by_key(goes, links.mint(connection, chain_id, targets))


def mint_receipts(connection: Connection, chain_id: UUID, goes: Sequence[Going]) -> dict[str, str]:
    messages = [
        About(
            message_key=item["key"],
            appointment_id=item["appointment_id"],
            client_id=item["client_id"],
            contact_point_id=way.point.id,
            channel=way.via,
        )
        for item, way in goes
    ]
    return by_key(goes, receipts.mint(connection, chain_id, messages))


def by_key(goes: Sequence[Going], values: Sequence[str]) -> dict[str, str]:
    return dict(zip((item["key"] for item, _ in goes), values, strict=True))


def receipt(public_url: str, way: Way, reference: str) -> dict[str, str | None]:
    """By what a report finds the message again, and where the provider of an SMS is to report."""
    hook = f"{public_url}/hooks/sms/status/{reference}" if way.via == "sms" else None
    return {"receipt": reference, "status_url": hook}


def answer(row: Any, terms: Sequence[Any], way: Way) -> dict[str, Any]:
    place = place_on(row, terms)
    return {
        "name": row.client_name,
        "address": way.point.address,
        "channel": way.via,
        "time_zone": row.client_zone,
        "locale": row.locale,
        "chain_name": row.chain_name,
        "visit": {
            "id": row.id,
            "status": row.status,
            "confirmed": row.confirmed,
            "version": row.version,
            "starts_at": row.starts_at.astimezone(UTC),
            "ends_at": row.ends_at.astimezone(UTC),
            "time_zone": row.time_zone,
            "offering_name": row.offering_name,
            "therapist_name": row.therapist_name,
            "clinic_name": row.clinic_name,
            "clinic_phone": row.clinic_phone,
            "address": place.address,
            "latitude_e6": place.latitude_e6,
            "longitude_e6": place.longitude_e6,
            "initiator": row.changed_by,
            "disrupted": row.disrupted,
        },
    }


def place_on(row: Any, terms: Sequence[Any]) -> Any:
    """Where the clinic is on the day of the visit."""
    day = row.starts_at.astimezone(ZoneInfo(row.time_zone)).date()
    return [each for each in terms if each.clinic_id == row.clinic_id and each.valid_from <= day][-1]
