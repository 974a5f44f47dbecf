"""The chain itself: reminders, quiet hours and language for all of its clinics."""

from typing import Any

from sqlalchemy import Connection, text

from services.scheduling.directory.chain import CHAIN, ChangePolicy
from services.scheduling.directory.schemas import ChainFields, ChainSchema
from shared.decider import NotThere, handle
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations

blueprint = Operations("chain", __name__, url_prefix="/v1")


@blueprint.query("/chain", ChainSchema)
def show_chain(call: Call) -> Answer:
    """The chain and its policy."""
    return answer(call.connection)


@blueprint.command("PATCH", "/chain", ChainSchema, body=patch_of(ChainFields), if_match=True)
def change_chain(call: Call, body: dict[str, Any]) -> Answer:
    """Change when clients are reminded, when they are left in peace, and the chain's language."""
    quiet = body.pop("quiet_hours", {})
    handle(call.tx, CHAIN, f"chain-{call.chain_id}", ChangePolicy(body | quiet), if_match=call.if_match)
    return answer(call.connection)


def chain_row(connection: Connection) -> dict[str, Any]:
    """The caller's chain; row-level security shows no other. Raises NotThere for a chain that was never founded."""
    row = connection.execute(text("SELECT * FROM chains")).mappings().first()
    if row is None:
        raise NotThere
    return dict(row)


def answer(connection: Connection) -> Answer:
    row = chain_row(connection)
    quiet = {name: row[name] for name in ("quiet_from", "quiet_to")}
    return Answer(row | {"quiet_hours": quiet}, version=row["version"])
