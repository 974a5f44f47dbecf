"""Where a letter goes, a message about no visit: answered when it is sent, with a new link, and kept nowhere else.

What may not go any more, because the address is not fit for it now or the client was forgotten, gets a reason instead.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Row, text

from services.scheduling.batches import by_chain
from services.scheduling.contacts.rules import VIA
from services.scheduling.deliveries import receipts
from services.scheduling.deliveries.decider import About
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.erasure.receipts import erased, kept_address
from services.scheduling.errands.fitness import fit, noticed
from services.scheduling.links import MOST_USES, Errand, mint
from services.scheduling.recipients import receipt_at
from shared.auth import SERVICE
from shared.database import Database
from shared.events.scheduling_links import Errands
from shared.http.fields import StrictSchema, plain_text
from shared.http.operations import Answer, Operations, parts
from shared.http.shown import record
from shared.sealing import Sealer

MOST = 200
PAGES: dict[Errands, str] = {"export": "everything", "contact_check": "address"}
"""The page of each purpose, behind the link's address."""

ERASURE = "erasure"
NOTICE = "address_notice"
"""The receipt of an erasure, and word that another address took the place of one: letters without a link."""

REQUEST = text("SELECT * FROM erasure_requests WHERE id = :id")
ASKED = text("SELECT *, person_of(client_id) AS person FROM link_requests WHERE id = ANY(:ids)")


class LetterQuestionSchema(StrictSchema):
    """A letter: `about` is the id of what was asked for."""

    key = fields.String(required=True, validate=[plain_text, validate.Length(1, 300)])
    chain_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([*get_args(Errands), NOTICE, ERASURE]))
    about = fields.UUID(required=True)


class LetterQuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(LetterQuestionSchema), required=True, validate=validate.Length(1, MOST))


class LettersSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


def letters_blueprint(database: Database, public_url: str) -> Operations:
    """The route that the workers ask before they send a letter; `public_url` is where clients reach this service."""
    blueprint = Operations("letters", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/letters", LettersSchema, body=LetterQuestionsSchema)
    def letters(body: dict[str, Any]) -> Answer:
        """Address, language and a new link for each letter of a batch."""
        answers: list[dict[str, Any]] = []
        for chain_id, items in by_chain(body["items"]).items():
            with database.reading(chain_id) as connection:
                office = Office(connection, chain_id, public_url, parts().clock(), database.sealer)
                found, people = office.answers(items)
                answers += found
                record(connection, chain_id, people, actor=g.caller.subject, role=SERVICE, purpose="message")
        return Answer({"items": answers})

    return blueprint


@dataclass(frozen=True, slots=True)
class Office:
    """What letters of one chain are answered with, at one moment."""

    connection: Connection
    chain_id: UUID
    public_url: str
    now: datetime
    sealer: Sealer

    def answers(self, items: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], set[UUID]]:
        """The answers in the order of the questions, and whom they show."""
        rows = self.connection.execute(ASKED, {"ids": [item["about"] for item in items]})
        asked = {(row.id, row.purpose): row for row in rows}
        found = [self.answer(item, asked.get((item["about"], item["kind"]))) for item in items]
        return [answer for answer, _ in found], {person for _, person in found if person is not None}

    def answer(self, item: dict[str, Any], row: Row[Any] | None) -> tuple[dict[str, Any], UUID | None]:
        if item["kind"] == ERASURE:
            return {"key": item["key"]} | self.receipt(item["about"]), None
        if item["kind"] == NOTICE:
            return {"key": item["key"]} | self.notice(row), row.person if row else None
        point = fit(self.connection, item["kind"], row.person, self.now).get(row.contact_point_id) if row else None
        if row is None or point is None or self.now >= row.good_until:
            return {"key": item["key"], "stop": "gone"}, None
        return {"key": item["key"]} | self.letter(item, row, point), row.person

    def receipt(self, request_id: UUID) -> dict[str, Any]:
        """The client is not there any more to be shown: only the address that was kept for this is."""
        row = self.connection.execute(REQUEST, {"id": request_id}).first()
        address = kept_address(self.connection, self.chain_id, request_id, self.sealer) if row else None
        if row is None or address is None or row.receipt_until is None or self.now >= row.receipt_until:
            return {"stop": "gone"}
        return {
            "address": address,
            "channel": "email",
            "locale": row.locale,
            "chain_name": chain_row(self.connection)["name"],
            "erased": asdict(erased(row)),
        }

    def notice(self, row: Row[Any] | None) -> dict[str, Any]:
        """A few words to an address that the client may have left."""
        points = noticed(self.connection, row.person, [row.contact_point_id], self.now) if row else {}
        if row is None or row.contact_point_id not in points or self.now >= row.good_until:
            return {"stop": "gone"}
        point = points[row.contact_point_id]
        return {
            "address": point.address,
            "channel": "email",
            "locale": point.locale,
            "chain_name": chain_row(self.connection)["name"],
            "link": None,
            "address_set_at": None,
        }

    def letter(self, item: dict[str, Any], row: Row[Any], point: Row[Any]) -> dict[str, Any]:
        via = VIA[point.kind]
        whose = {"client_id": row.person, "contact_point_id": point.id}
        errand = Errand(purpose=item["kind"], about=row.id, expires_at=row.good_until, **whose)
        about = About(message_key=item["key"], appointment_id=None, channel=via, **whose)
        [path] = mint(self.connection, self.chain_id, [errand])
        [reference] = receipts.mint(self.connection, self.chain_id, [about])
        return {
            "address": point.address,
            "channel": via,
            "locale": point.locale,
            "time_zone": point.time_zone,
            "link": f"{self.public_url}{path}/{PAGES[item['kind']]}",
            "good_until": row.good_until,
            "uses": MOST_USES,
            "chain_name": chain_row(self.connection)["name"],
        } | receipt_at(self.public_url, via, reference)
