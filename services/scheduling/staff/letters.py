"""Where a letter to somebody of the staff goes: answered when it is sent, to whoever still works here in such a role.

The workers say in turn that nothing arrives at an address, which is shown to whoever looks after the staff.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Row, text

from services.scheduling.batches import by_chain
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.staff.decider import STAFF, RefuseAddress
from services.scheduling.staff.routes import stream
from services.scheduling.staff.workplaces import Workplaces, workplaces
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import handle
from shared.duties import StaffLetter, is_for
from shared.event_store import Metadata, Transaction
from shared.http.fields import StrictSchema, plain_text
from shared.http.operations import Answer, Operations, parts
from shared.kept import opened
from shared.staff import grants_in

MOST = 200
KNOWN = text("""
    SELECT staff.id, staff.chain_id, staff.roles, coalesce(staff.roles, staff.claimed) AS known_roles,
      staff.therapist_id, known.address, known.former, known.locale, known.by_owner, known.set_at, known.refused_at
    FROM staff LEFT JOIN staff_addresses known ON known.staff_id = staff.id
    WHERE staff.id = ANY(:ids) AND staff.active
""")


class StaffQuestionSchema(StrictSchema):
    """A letter: `about` is the id of what waits, `clinic_id` where that is, null for nowhere in particular."""

    key = fields.String(required=True, validate=[plain_text, validate.Length(1, 300)])
    chain_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(get_args(StaffLetter)))
    about = fields.UUID(required=True)
    staff_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True, allow_none=True)


class StaffQuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(StaffQuestionSchema), required=True, validate=validate.Length(1, MOST))


class StaffAnswersSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


class StaffRefusalSchema(StrictSchema):
    """Nothing arrives at the address that was set then."""

    chain_id = fields.UUID(required=True)
    staff_id = fields.UUID(required=True)
    set_at = fields.AwareDateTime(format="iso", required=True)


class StaffRefusalsSchema(StrictSchema):
    items = fields.List(fields.Nested(StaffRefusalSchema), required=True, validate=validate.Length(1, MOST))


@dataclass(frozen=True, slots=True)
class Sites:
    """Where staff sign in to see what waits: at scheduling and at treatment."""

    scheduling: str
    treatment: str

    def page(self, letter: StaffLetter, about: UUID) -> str | None:
        """The page that shows what waits; none for an address that is not used any more."""
        match letter:
            case "staff_alert" | "staff_escalated":
                return f"{self.treatment}/staff/alerts/{about}"
            case "staff_glass" | "staff_review":
                return f"{self.treatment}/staff/reviews"
            case "staff_report":
                return f"{self.treatment}/reports"
            case "staff_address":
                return f"{self.scheduling}/staff/day"
            case "staff_former":
                return None


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as its letters to staff need it."""

    row: Mapping[str, Any]
    workplaces: Workplaces
    sites: Sites


def staff_letters_blueprint(database: Database, sites: Sites) -> Operations:
    """The routes by which the workers ask before they send a letter to staff, and say what was refused."""
    blueprint = Operations("letters to staff", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/staff-addresses", StaffAnswersSchema, body=StaffQuestionsSchema)
    def addresses(body: dict[str, Any]) -> Answer:
        """Address and language for each letter of a batch, or why it may not go."""
        answers: list[dict[str, Any]] = []
        for chain_id, items in by_chain(body["items"]).items():
            with database.reading(chain_id) as connection:
                people = known(connection, database, chain_id, [item["staff_id"] for item in items])
                treating = [each["therapist_id"] for each in people.values() if each["therapist_id"] is not None]
                chain = Chain(chain_row(connection), workplaces(connection, treating, parts().clock()), sites)
                answers += [{"key": item["key"]} | answer(item, people, chain) for item in items]
        return Answer({"items": answers})

    @blueprint.service("POST", "/staff-refusals", Schema, body=StaffRefusalsSchema)
    def refusals(body: dict[str, Any]) -> Answer:
        """Note that nothing arrives at these addresses, unless they were changed meanwhile."""
        metadata = Metadata(actor="workers", role=SERVICE, origin="messages", correlation_id=g.request_id)
        for item in body["items"]:
            command = RefuseAddress(item["set_at"], parts().clock())

            def refuse(tx: Transaction, name: str = stream(item["staff_id"]), said: RefuseAddress = command) -> None:
                handle(tx, STAFF, name, said)

            database.command(item["chain_id"], metadata, refuse)
        return Answer({})

    return blueprint


def known(connection: Connection, database: Database, chain_id: UUID, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of the people who work here now, with their addresses readable."""
    rows: list[Row[Any]] = list(connection.execute(KNOWN, {"ids": ids}))
    columns = {"address": None, "former": None}
    return {row["id"]: row for row in opened(connection, database.sealer, chain_id, rows, columns)}


def answer(item: Mapping[str, Any], people: Mapping[UUID, Mapping[str, Any]], chain: Chain) -> dict[str, Any]:
    letter: StaffLetter = item["kind"]
    person = people.get(item["staff_id"])
    grants = None if person is None else grants_in(person["known_roles"])
    if person is None or not is_for(letter, grants, item["clinic_id"]):
        return {"stop": "gone"}
    if letter == "staff_former":
        address, set_at, stop = person["former"], None, "gone"
    else:
        address, set_at, stop = usable(person)
    if address is None:
        return {"stop": stop}
    return {
        "address": address,
        "channel": "email",
        "locale": person["locale"] or chain.row["default_locale"],
        "time_zone": chain.workplaces.clock_of(grants or (), person["therapist_id"]),
        "chain_name": chain.row["name"],
        "link": chain.sites.page(letter, item["about"]),
        "address_set_at": set_at,
        **({"files": bool(person["by_owner"])} if letter == "staff_report" else {}),
    }


def usable(person: Mapping[str, Any]) -> tuple[str | None, datetime | None, str]:
    """The address with when it was set, and why there is none."""
    if person["refused_at"] is not None:
        return None, None, "refused"
    return person["address"], person["set_at"], "no_address"
