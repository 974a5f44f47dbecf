"""Whom a message goes to and what it may show, answered at the moment of sending and kept nowhere else.

One call for a batch: contact, channel, permission, zone and language are today's, the visit is as it is now, and every
answer has a link and a receipt of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, text

from services.scheduling import links
from services.scheduling.contacts.rules import Way, Wish
from services.scheduling.deliveries import receipts
from services.scheduling.deliveries.decider import About
from services.scheduling.links import Target
from services.scheduling.reach import Told, Wanted, reach
from services.scheduling.relations.telling import Purpose
from services.scheduling.replies.inviting import Ways, invite
from shared.auth import SERVICE
from shared.database import Database
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations

MOST = 200


@dataclass(frozen=True, slots=True)
class Going:
    """A message that goes out: its key, the visit, and who is told by which way."""

    key: str
    visit: Any
    told: Told


FIND = text("""
    SELECT visit.*, clinic.name AS clinic_name, clinic.phone AS clinic_phone,
      therapist.name AS therapist_name, offering.name AS offering_name, chain.name AS chain_name
    FROM appointments visit
      JOIN clinics clinic ON clinic.id = visit.clinic_id
      JOIN therapists therapist ON therapist.id = visit.therapist_id
      JOIN offerings offering ON offering.id = visit.offering_id
      CROSS JOIN chains chain
    WHERE visit.id = ANY(:ids)
""")
PEOPLE = text("SELECT id, name, time_zone, locale FROM clients WHERE id = ANY(:ids)")
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
                found = answers_of(connection, chain_id, items, public_url, datetime.now(UTC))
                invite(connection, chain_id, items, found, ways)
                answers += found
        return Answer({"items": answers})

    return blueprint


def answers_of(
    connection: Connection, chain_id: UUID, items: Sequence[Mapping[str, Any]], public_url: str, now: datetime
) -> list[dict[str, Any]]:
    """The answers of one chain, in a constant number of statements."""
    visits = {row.id: row for row in connection.execute(FIND, {"ids": [item["appointment_id"] for item in items]})}
    decided = decisions(connection, items, visits, now)
    goes = [each for each in decided.values() if isinstance(each, Going)]
    people = {row.id: row for row in connection.execute(PEOPLE, {"ids": [each.told.person_id for each in goes]})}
    terms = connection.execute(TERMS, {"ids": list({each.visit.clinic_id for each in goes})}).all()
    paths, references = mint_links(connection, chain_id, goes), mint_receipts(connection, chain_id, goes)
    return [
        {"key": key, "stop": each}
        if isinstance(each := decided[key], str)
        else {"key": key, "link": public_url + paths[key]}
        | answer(each, people[each.told.person_id], terms)
        | receipt(public_url, each.told.way, references[key])
        for key in (item["key"] for item in items)
    ]


def decisions(
    connection: Connection, items: Sequence[Mapping[str, Any]], visits: Mapping[UUID, Any], now: datetime
) -> dict[str, Going | str]:
    """For each message by its key whom it goes to and by which way, or why it goes nowhere."""
    known = [item for item in items if item["appointment_id"] in visits]
    wanted = [Wanted(visits[item["appointment_id"]], item["purpose"], item["via"]) for item in known]
    found: dict[str, Going | str] = {item["key"]: "gone" for item in items}
    for item, message, told in zip(known, wanted, reach(connection, wanted, now), strict=True):
        found[item["key"]] = Going(item["key"], message.visit, told) if isinstance(told, Told) else told.reason
    return found


def mint_links(connection: Connection, chain_id: UUID, goes: Sequence[Going]) -> dict[str, str]:
    targets = [Target(each.told.person_id, each.visit.id, each.told.way.point.id) for each in goes]
    return by_key(goes, links.mint(connection, chain_id, targets))


def mint_receipts(connection: Connection, chain_id: UUID, goes: Sequence[Going]) -> dict[str, str]:
    messages = [
        About(
            message_key=each.key,
            appointment_id=each.visit.id,
            client_id=each.told.person_id,
            contact_point_id=each.told.way.point.id,
            channel=each.told.way.via,
        )
        for each in goes
    ]
    return by_key(goes, receipts.mint(connection, chain_id, messages))


def by_key(goes: Sequence[Going], values: Sequence[str]) -> dict[str, str]:
    return dict(zip((each.key for each in goes), values, strict=True))


def receipt(public_url: str, way: Way, reference: str) -> dict[str, str | None]:
    """By what a report finds the message again, and where the provider of an SMS is to report."""
    hook = f"{public_url}/hooks/sms/status/{reference}" if way.via == "sms" else None
    return {"receipt": reference, "status_url": hook}


def answer(going: Going, person: Any, terms: Sequence[Any]) -> dict[str, Any]:
    row = going.visit
    place = place_on(row, terms)
    return {
        "person_id": person.id,
        "name": person.name,
        "address": going.told.way.point.address,
        "contact_point_id": going.told.way.point.id,
        "channel": going.told.way.via,
        "time_zone": person.time_zone,
        "locale": person.locale,
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
