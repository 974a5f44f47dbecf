"""Where a message goes that is about a client and no visit, such as a check-in: answered when it is sent, kept nowhere.

The address and its channel are all that is told, and no name: only where others read there as well, or somebody else
is told, the initial of whom it is about. A minor's message goes to who may see their care.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Row, text

from services.scheduling.batches import by_chain
from services.scheduling.contacts.shared import initial, shared_points
from services.scheduling.deliveries import receipts
from services.scheduling.deliveries.decider import About
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.reach import NotTold, Told, Wanted, reach
from services.scheduling.recipients import receipt_at
from services.scheduling.relations.telling import Roles
from shared.auth import SERVICE
from shared.database import Database
from shared.events.scheduling_contacts import Purpose
from shared.http.fields import StrictSchema, plain_text
from shared.http.operations import Answer, Operations, parts
from shared.http.shown import record

MOST = 200
THERE = text("""
    SELECT asked.id, client.id AS person_id, client.name FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    JOIN clients client ON client.id = person_of(asked.id) WHERE NOT client.erased
""")
PEOPLE = text("SELECT id, time_zone, locale FROM clients WHERE id = ANY(:ids)")


class AddressQuestionSchema(StrictSchema):
    """A message to a client: what it is for decides whether it is permitted."""

    key = fields.String(required=True, validate=[plain_text, validate.Length(1, 300)])
    chain_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(get_args(Purpose)))


class AddressQuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(AddressQuestionSchema), required=True, validate=validate.Length(1, MOST))


class AddressesSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


def addresses_blueprint(database: Database, public_url: str) -> Operations:
    """The route that the workers ask before they send; `public_url` is where providers reach this service."""
    blueprint = Operations("addresses", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/addresses", AddressesSchema, body=AddressQuestionsSchema)
    def addresses(body: dict[str, Any]) -> Answer:
        """Address, channel, clock and language for each message of a batch, or why it goes nowhere."""
        answers: list[dict[str, Any]] = []
        for chain_id, items in by_chain(body["items"]).items():
            with database.reading(chain_id) as connection:
                found, people = answered(connection, chain_id, items, public_url, parts().clock())
                answers += found
                record(connection, chain_id, people, actor=g.caller.subject, role=SERVICE, purpose="message")
        return Answer({"items": answers})

    return blueprint


def answered(
    connection: Connection, chain_id: UUID, items: Sequence[Mapping[str, Any]], public_url: str, now: datetime
) -> tuple[list[dict[str, Any]], set[UUID]]:
    """The answers in the order of the questions, and whom they show; in a constant number of statements."""
    asked = {"ids": [item["client_id"] for item in items]}
    there = {row.id: row for row in connection.execute(THERE, asked)}
    known = [item for item in items if item["client_id"] in there]
    told = reach(connection, [Wanted(Roles(client_id=item["client_id"]), item["purpose"]) for item in known], now)
    goes = [(item, each) for item, each in zip(known, told, strict=True) if isinstance(each, Told)]
    stops = {item["key"]: each.reason for item, each in zip(known, told, strict=True) if isinstance(each, NotTold)}
    references = receipts.mint(connection, chain_id, [about(item, each) for item, each in goes])
    shared = shared_points(connection, [each.way.point.id for _, each in goes])
    ids = {each.person_id for _, each in goes}
    people = {row.id: row for row in connection.execute(PEOPLE, {"ids": list(ids)})}
    chain_name = chain_row(connection)["name"] if goes else ""
    found = {
        item["key"]: {
            "address": each.way.point.address,
            "channel": each.way.via,
            "time_zone": people[each.person_id].time_zone,
            "locale": people[each.person_id].locale,
            "chain_name": chain_name,
            "whose": initial_for(there[item["client_id"]], each, shared),
        }
        | receipt_at(public_url, each.way.via, reference)
        for (item, each), reference in zip(goes, references, strict=True)
    }
    return [
        {"key": item["key"], **found.get(item["key"], {"stop": stops.get(item["key"], "gone")})} for item in items
    ], ids | {there[item["client_id"]].person_id for item, _ in goes}


def initial_for(client: Row[Any], told: Told, shared: Collection[UUID]) -> str | None:
    """By what the readers of an address know whom it is about; None where nobody else reads or is told."""
    if told.person_id == client.person_id and told.way.point.id not in shared:
        return None
    return initial(client.name) or None


def about(item: Mapping[str, Any], told: Told) -> About:
    return About(
        message_key=item["key"],
        appointment_id=None,
        client_id=told.person_id,
        contact_point_id=told.way.point.id,
        channel=told.way.via,
    )
