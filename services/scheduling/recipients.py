"""Whom a message goes to and what it may show, answered at the moment of sending and kept nowhere else.

One call for a batch: contact, channel, permission, zone and language are today's, the visit is as it is now, and every
answer has a link and a receipt of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, get_args
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Row, text

from services.scheduling import links
from services.scheduling.availability.calendar import in_force
from services.scheduling.batches import by_chain
from services.scheduling.contacts.rules import Wish
from services.scheduling.contacts.shared import initial, shared_points
from services.scheduling.deliveries import receipts
from services.scheduling.deliveries.decider import About
from services.scheduling.links import Target
from services.scheduling.reach import NotTold, Told, Wanted, reach, roles_in
from services.scheduling.replies.inviting import Ways, invite
from shared.auth import SERVICE
from shared.database import Database
from shared.events.scheduling_contacts import Purpose, Via
from shared.http.fields import StrictSchema, plain_text
from shared.http.operations import Answer, Operations, parts
from shared.http.shown import record

MOST = 200

FIND = text("""
    SELECT visit.*, clinic.name AS clinic_name, clinic.phone AS clinic_phone,
      therapist.name AS therapist_name, offering.name AS offering_name, chain.name AS chain_name
    FROM appointments visit
      JOIN clinics clinic ON clinic.id = visit.clinic_id
      JOIN therapists therapist ON therapist.id = visit.therapist_id
      JOIN offerings offering ON offering.id = visit.offering_id
      CROSS JOIN chains chain
    WHERE visit.id = ANY(:ids) OR visit.confirmed_with = ANY(:firsts)
    ORDER BY visit.starts_at, visit.id
""")
PEOPLE = text("SELECT id, name, time_zone, locale FROM clients WHERE id = ANY(:ids)")
TERMS = text("""
    SELECT clinic_id, valid_from, time_zone, address, latitude_e6, longitude_e6 FROM clinic_terms
    WHERE clinic_id = ANY(:ids) ORDER BY clinic_id, valid_from
""")


class QuestionSchema(StrictSchema):
    """A message: what it is for decides whether it is permitted; `via` is one channel, or `any` that is open.

    The announcement of a booking is answered with all visits of which it tells.
    """

    key = fields.String(required=True, validate=[plain_text, validate.Length(1, 300)])
    chain_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.Length(1, 50))
    announcement = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 50))
    purpose = fields.String(load_default="appointment", validate=validate.OneOf(get_args(Purpose)))
    via = fields.String(load_default="any", validate=validate.OneOf(get_args(Wish)))


class QuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(QuestionSchema), required=True, validate=validate.Length(1, MOST))


class AnswersSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


def recipients_blueprint(database: Database, public_url: str, ways: Ways) -> Operations:
    """The route that the workers ask before they send; `public_url` is where clients reach this service."""
    blueprint = Operations("recipients", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/recipients", AnswersSchema, body=QuestionsSchema)
    def recipients(body: dict[str, Any]) -> Answer:
        """Contact details, what to show, and a new link for each message of a batch."""
        answers: list[dict[str, Any]] = []
        for chain_id, items in by_chain(body["items"]).items():
            with database.reading(chain_id) as connection:
                asked = Asked(connection, chain_id, items, parts().clock())
                answers += asked.answers(public_url, ways)
                record(connection, chain_id, asked.people, actor=g.caller.subject, role=SERVICE, purpose="message")
        return Answer({"items": answers})

    return blueprint


@dataclass(frozen=True, slots=True)
class Going:
    """A message about one visit that goes out: the question, the visit, and who is told by which way."""

    item: Mapping[str, Any]
    visit: Row[Any]
    told: Told


class Asked:
    """The questions of one chain at one moment, answered in a constant number of statements."""

    def __init__(
        self, connection: Connection, chain_id: UUID, items: Sequence[Mapping[str, Any]], now: datetime
    ) -> None:
        self.connection, self.chain_id, self.items, self.now = connection, chain_id, items, now
        firsts = [item["appointment_id"] for item in items if item["announcement"] == "booked"]
        values = {"ids": [item["appointment_id"] for item in items], "firsts": firsts}
        self.visits = {row.id: row for row in connection.execute(FIND, values)}
        self.people: set[UUID] = set()
        self.following: dict[UUID | None, list[UUID]] = defaultdict(list)
        for row in self.visits.values():
            self.following[row.confirmed_with].append(row.id)

    def answers(self, public_url: str, ways: Ways) -> list[dict[str, Any]]:
        """The answers in the order of the questions."""
        groups = [self.with_others(item) for item in self.items]
        decided = iter(self.decided(list(chain.from_iterable(groups))))
        found = [list(islice(decided, len(group))) for group in groups]
        goes = [each for each in chain.from_iterable(found) if isinstance(each, Going)]
        shown = iter(self.shown(goes, public_url, ways))
        return [
            {"key": item["key"], **together([each if isinstance(each, str) else next(shown) for each in group])}
            for item, group in zip(self.items, found, strict=True)
        ]

    def with_others(self, item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The question, and where it is about a booking the same about the other visits of which the message tells."""
        if item["announcement"] != "booked":
            return [item]
        return [item, *({**item, "appointment_id": other} for other in self.following[item["appointment_id"]])]

    def decided(self, items: Sequence[Mapping[str, Any]]) -> list[Going | str]:
        """For each whom it goes to and by which way, or why it goes nowhere."""
        visits = [self.visits.get(item["appointment_id"]) for item in items]
        known = [(item, visit) for item, visit in zip(items, visits, strict=True) if visit is not None]
        wanted = [Wanted(roles_in(visit), item["purpose"], item["via"]) for item, visit in known]
        told = iter(reach(self.connection, wanted, self.now))
        return [
            "gone" if visit is None else going(item, visit, next(told))
            for item, visit in zip(items, visits, strict=True)
        ]

    def shown(self, goes: Sequence[Going], public_url: str, ways: Ways) -> list[dict[str, Any]]:
        """What a sender needs of each visit: words, a link, a receipt, and where an answer is read."""
        ids = {each for going in goes for each in (going.told.person_id, going.visit.client_id)}
        self.people |= ids
        people = {row.id: row for row in self.connection.execute(PEOPLE, {"ids": list(ids)})}
        terms = self.connection.execute(TERMS, {"ids": list({each.visit.clinic_id for each in goes})}).all()
        points = shared_points(self.connection, [each.told.way.point.id for each in goes])
        targets = [Target(each.told.person_id, each.visit.id, each.told.way.point.id) for each in goes]
        paths = links.mint(self.connection, self.chain_id, targets)
        references = receipts.mint(self.connection, self.chain_id, [about(each) for each in goes])
        made = [
            answer(each, people, terms, points)
            | {"link": public_url + path}
            | receipt_at(public_url, each.told.way.via, reference)
            for each, path, reference in zip(goes, paths, references, strict=True)
        ]
        invite(self.connection, self.chain_id, [each.item for each in goes], made, ways)
        return made


def going(item: Mapping[str, Any], visit: Row[Any], told: Told | NotTold) -> Going | str:
    return Going(item, visit, told) if isinstance(told, Told) else told.reason


def together(answers: Sequence[str | dict[str, Any]]) -> dict[str, Any]:
    """The first visit's answer and, in it, those of the others of which the same person is told."""
    first, *others = answers
    if isinstance(first, str):
        return {"stop": first}
    also = [each for each in others if not isinstance(each, str) and each["person_id"] == first["person_id"]]
    return first | ({"also": also} if also else {})


def about(message: Going) -> About:
    return About(
        message_key=message.item["key"],
        appointment_id=message.visit.id,
        client_id=message.told.person_id,
        contact_point_id=message.told.way.point.id,
        channel=message.told.way.via,
    )


def receipt_at(public_url: str, via: Via, reference: str) -> dict[str, str | None]:
    """By what a report finds the message again, and where the provider of an SMS is to report."""
    hook = f"{public_url}/hooks/sms/status/{reference}" if via == "sms" else None
    return {"receipt": reference, "status_url": hook}


def answer(
    going: Going, people: Mapping[UUID, Row[Any]], terms: Sequence[Any], shared: Collection[UUID]
) -> dict[str, Any]:
    """What one message may say; at one of the `shared` addresses, others read it and learn no more than initials."""
    row, person, way = going.visit, people[going.told.person_id], going.told.way
    comes, is_shared = people[row.client_id], way.point.id in shared
    place = place_on(row, terms)
    return {
        "person_id": person.id,
        "name": initial(person.name) if is_shared else person.name,
        "address": way.point.address,
        "contact_point_id": way.point.id,
        "channel": way.via,
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
            "client_name": None if person == comes else initial(comes.name) if is_shared else comes.name,
        },
    }


def place_on(row: Any, terms: Sequence[Any]) -> Any:
    """Where the clinic is at the instant of the visit."""
    return in_force([each for each in terms if each.clinic_id == row.clinic_id], row.starts_at)
