"""Links to homework, given to staff once, to be handed or printed for the client: nobody can be shown one again."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from services.treatment.homework.decider import HOMEWORK, HomeworkOver
from services.treatment.links import Target, mint
from services.treatment.records import begin_with
from shared.decider import NotThere, fold
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Call, Operations

GOOD_AFTER = timedelta(days=30)
"""How long after the last day a link still tells that the homework is over."""


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
        last_day = datetime.combine(homework.assigned.until, time.max, UTC)
        expires_at = max(last_day, call.now) + GOOD_AFTER
        target = Target(purpose="homework", client_id=person, about=homework_id, expires_at=expires_at)
        [path] = mint(call.connection, call.chain_id, [target], call.now)
        return Answer({"link": public_url + path, "expires_at": expires_at})

    return blueprint
