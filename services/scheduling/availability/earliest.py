"""The earliest free time of a therapist at a clinic, or else of the clinic, for treatment when it shows an alert.

All of it is told from one situation, so it costs the same whether tomorrow is free or only the week after next.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import Connection

from services.scheduling.availability.load import load_offering, load_situation
from services.scheduling.availability.model import LONGEST_BUFFER, Interval, Slot
from services.scheduling.availability.search import Search, free_slots
from shared.aliases import person_of
from shared.database import Database
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations, parts

SOON = timedelta(days=14)
"""How far ahead is looked: what is later is no answer to an alert."""


class EarliestQuestionSchema(StrictSchema):
    """For whom, of what offering, where, and with whom rather than with others."""

    chain_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    offering_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)


class FreeTimeSchema(Schema):
    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, format="iso")
    therapist_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)


class EarliestSchema(Schema):
    """Null where nothing is free within two weeks, or there is no such offering or clinic."""

    slot = fields.Nested(FreeTimeSchema, required=True, allow_none=True)


def earliest_blueprint(database: Database) -> Operations:
    """The route that treatment asks when it shows an alert."""
    internal = Operations("earliest slot", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/earliest-slot", EarliestSchema, body=EarliestQuestionSchema)
    def show_earliest(body: dict[str, Any]) -> Answer:
        """The earliest time at which a client could come to a therapist, or else to the clinic"""
        with database.reading(body["chain_id"]) as connection:
            found = earliest(connection, body, parts().clock())
        return Answer({"slot": found and found._asdict()})

    return internal


def earliest(connection: Connection, wanted: dict[str, Any], now: datetime) -> Slot | None:
    """The therapist's first free time within two weeks, or the first of anybody at the clinic."""
    offering = load_offering(connection, wanted["offering_id"])
    if offering is None:
        return None
    window = Interval(now, now + SOON)
    search = Search(
        offering=offering,
        clinic_ids=(wanted["clinic_id"],),
        window=window,
        now=now,
        therapist_id=wanted["therapist_id"],
        client_id=person_of(connection, wanted["client_id"]),
    )
    situation = load_situation(
        connection,
        clinic_ids=search.clinic_ids,
        therapist_ids=None,
        client_id=search.client_id,
        window=window,
        longest=offering.duration,
        reach=LONGEST_BUFFER,
    )
    theirs = next(free_slots(situation, search), None)
    return theirs or next(free_slots(situation, replace(search, therapist_id=None)), None)
