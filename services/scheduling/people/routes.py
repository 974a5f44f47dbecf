"""The chain's clients."""

from typing import Any
from uuid import UUID

from services.scheduling.directory.records import Add, Change, record_decider
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.people.schemas import ClientFields, ClientSchema
from services.scheduling.reading import find, list_by_id
from shared.auth import FRONT_DESK, MANAGER, STAFF
from shared.decider import handle
from shared.events.scheduling_people import ClientChanged, ClientRegistered
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.ids import new_id

blueprint = Operations("clients", __name__, url_prefix="/v1/clients")
decider = record_decider(ClientRegistered, ClientChanged)


@blueprint.command("POST", "", ClientSchema, status=201, allow=(FRONT_DESK, MANAGER), body=ClientFields)
def register_client(call: Call, body: dict[str, Any]) -> Answer:
    """Register a client; language and channel have defaults, from the chain and from what is known of the client."""
    client_id = new_id()
    defaults = {"locale": chain_row(call.connection)["default_locale"], "preferred_channel": channel_for(body)}
    handle(call.tx, decider, f"client-{client_id}", Add({"client_id": client_id} | defaults | body))
    return answer(call, client_id)


@blueprint.query("", page_of(ClientSchema), allow=STAFF, query=PageQuery)
def list_clients(call: Call, query: dict[str, Any]) -> Answer:
    """The chain's clients."""
    return Answer(list_by_id(call.connection, "clients", query))


@blueprint.query("/<uuid:client_id>", ClientSchema, allow=STAFF)
def show_client(call: Call, client_id: UUID) -> Answer:
    """One client."""
    return answer(call, client_id)


@blueprint.command(
    "PATCH",
    "/<uuid:client_id>",
    ClientSchema,
    allow=(FRONT_DESK, MANAGER),
    body=patch_of(ClientFields),
    if_match=True,
)
def change_client(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Change what is known of a client."""
    find(call.connection, "clients", client_id)
    handle(call.tx, decider, f"client-{client_id}", Change(body), if_match=call.if_match)
    return answer(call, client_id)


def channel_for(body: dict[str, Any]) -> str:
    if body["email"]:
        return "email"
    return "sms" if body["phone"] else "none"


def answer(call: Call, client_id: UUID) -> Answer:
    row = find(call.connection, "clients", client_id)
    return Answer(row, version=row.version, location=f"/v1/clients/{client_id}")
