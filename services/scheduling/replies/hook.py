"""Where the SMS provider passes on what clients answer: signed by it, taken once for its id of the message."""

import structlog
from flask import Blueprint, Response

from services.scheduling.hooks import HookKeys, taken
from services.scheduling.replies import threads
from services.scheduling.replies.receiving import UNKNOWN, Text, Unread, take_text
from shared.database import Database
from shared.http.operations import parts
from shared.http.problems import Problem

LONGEST = 2_000

log = structlog.get_logger()


def replies_hook(database: Database, keys: HookKeys) -> Blueprint:
    """The route that Twilio calls for each SMS that comes in."""
    blueprint = Blueprint("sms replies", __name__, url_prefix="/hooks/sms")

    @blueprint.post("/inbound")
    def inbound() -> Response:
        form = keys.sms_form()
        message_id, sender, body = (form.get(name, "")[:LONGEST] for name in ("MessageSid", "From", "Body"))
        if not message_id or not sender:
            raise Problem(422, "invalid_fields", "MessageSid and From are needed.")
        outcome = take(database, Text(message_id=message_id, sender=sender, body=body))
        log.info("sms_came_in", outcome=outcome)
        return taken()

    return blueprint


def take(database: Database, sms: Text) -> str:
    """Give it to the chains that wrote to the number; whoever wrote last takes it as an answer."""
    with database.engine.begin() as connection:
        chains = threads.addressed(connection, database.sealer, sms.message_id, sms.sender)
    now = parts().clock()
    outcomes = [take_text(database, chain_id, sms, now, answers=chain_id == chains[0]) for chain_id in chains]
    outcome = next(iter(outcomes), Unread(UNKNOWN))
    return outcome.reason if isinstance(outcome, Unread) else outcome
