"""Whom a message goes to and what it may show, answered at the moment of sending and kept nowhere else.

One call for a batch: contact, channel, zone and language are today's, the visit is as it is now, and every answer has a
link of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, text

from services.scheduling.links import Target, mint
from services.scheduling.replies.inviting import Ways, invite
from shared.auth import SERVICE
from shared.database import Database
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations

MOST = 200

FIND = text("""
    SELECT visit.*, client.name AS client_name, client.email, client.phone, client.preferred_channel,
      client.time_zone AS client_zone, client.locale, clinic.name AS clinic_name, clinic.phone AS clinic_phone,
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
    key = fields.String(required=True, validate=validate.Length(1, 300))
    chain_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.Length(1, 50))


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
    known = [item for item in items if item["appointment_id"] in found]
    links = mint(connection, chain_id, (Target(item["client_id"], item["appointment_id"]) for item in known))
    by_key = dict(zip((item["key"] for item in known), links, strict=True))
    return [
        answer(found[item["appointment_id"]], terms, item["key"], public_url + by_key[item["key"]])
        if item["key"] in by_key
        else {"key": item["key"], "stop": "gone"}
        for item in items
    ]


def answer(row: Any, terms: Sequence[Any], key: str, link: str) -> dict[str, Any]:
    if reason := unreachable(row):
        return {"key": key, "stop": reason}
    place = place_on(row, terms)
    return {
        "key": key,
        "name": row.client_name,
        "email": row.email,
        "phone": row.phone,
        "channel": row.preferred_channel,
        "time_zone": row.client_zone,
        "locale": row.locale,
        "link": link,
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


def unreachable(row: Any) -> str | None:
    """Why nothing can be sent to this client, if so."""
    match row.preferred_channel:
        case "none":
            return "no_consent"
        case "email" if not row.email:
            return "no_contact"
        case "sms" if not row.phone:
            return "no_contact"
        case _:
            return None


def place_on(row: Any, terms: Sequence[Any]) -> Any:
    """Where the clinic is on the day of the visit."""
    day = row.starts_at.astimezone(ZoneInfo(row.time_zone)).date()
    return [each for each in terms if each.clinic_id == row.clinic_id and each.valid_from <= day][-1]
