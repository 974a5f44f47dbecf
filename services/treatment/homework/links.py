"""Links to homework: in messages to the client, or given to staff to hand over, to whom none is shown twice."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields
from sqlalchemy import Connection, text

from services.treatment.check_ins.loading import is_erased
from services.treatment.homework.decider import HOMEWORK, HomeworkOver
from services.treatment.links import NothingThere, Target, mint
from services.treatment.records import begin_with
from shared.aliases import person_of
from shared.decider import NotThere, fold
from shared.event_store import Transaction
from shared.events.treatment_homework import HomeworkAssigned
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Call, Operations

GOOD_AFTER = timedelta(days=30)
"""How long after the last day a link still tells that the homework is over."""


CLOCK = text("SELECT time_zone FROM readers WHERE client_id = :person")


class NothingFields(StrictSchema):
    """There is nothing to say."""


class HomeworkLinkSchema(Schema):
    """The address of the client's page: whoever has it sees this homework and reports of it, until `expires_at`."""

    link = fields.String(required=True)
    expires_at = fields.AwareDateTime(format="iso", required=True)


def homework_links_blueprint(public_url: str) -> Operations:
    """`public_url` is where clients reach this service."""
    blueprint = Operations("links to homework", __name__, url_prefix="/v1/homework")

    @blueprint.command("POST", "/<uuid:homework_id>/link", HomeworkLinkSchema, status=201, body=NothingFields)
    def give_link(call: Call, body: dict[str, Any], homework_id: UUID) -> Answer:
        """Make a new link for the client, shown this once; those that were given before work on."""
        del body
        person, _ = begin_with(call, "homework", homework_id)
        homework = fold(HOMEWORK, call.tx.load(f"homework-{homework_id}"))
        if homework.assigned is None:
            raise NotThere
        if homework.is_stopped:
            raise HomeworkOver
        target = leading_to(call.connection, homework.assigned, person, call.now)
        [path] = mint(call.connection, call.chain_id, [target], call.now)
        return Answer({"link": public_url + path, "expires_at": target.expires_at})

    return blueprint


def target_of_homework(tx: Transaction, homework_id: UUID, now: datetime) -> Target:
    """What a message is to lead to. Raises NothingThere for what is over, stopped, or of somebody who was erased."""
    homework = fold(HOMEWORK, tx.load(f"homework-{homework_id}"))
    given = homework.assigned
    if given is None:
        raise NothingThere("unknown")
    person = person_of(tx.connection, given.client_id)
    if is_erased(tx.connection, person):
        raise NothingThere("erased")
    if homework.is_stopped:
        raise NothingThere("stopped")
    target = leading_to(tx.connection, given, person, now)
    if now > target.good_until:
        raise NothingThere("over")
    return target


def leading_to(connection: Connection, given: HomeworkAssigned, person: UUID, now: datetime) -> Target:
    """The last day ends on the client's clock."""
    zone = ZoneInfo(connection.execute(CLOCK, {"person": person}).scalar() or "UTC")
    last_day = datetime.combine(given.until, time.max, zone)
    return Target(
        purpose="homework",
        client_id=person,
        about=given.homework_id,
        good_until=last_day,
        expires_at=max(last_day, now) + GOOD_AFTER,
    )
