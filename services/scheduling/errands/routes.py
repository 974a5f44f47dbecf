"""The API of links that staff have sent to a client: to everything that is known about them, to confirm an address."""

from datetime import timedelta
from uuid import UUID

from marshmallow import Schema, fields

from services.scheduling.errands.asking import ask_for_check, ask_for_export
from services.scheduling.export.routes import whole_client
from services.scheduling.fresh_links.decider import GOOD_FOR
from services.scheduling.people.reading import person
from shared.http.fields import ClientId
from shared.http.operations import Answer, Call, Operations
from shared.reading import find

blueprint = Operations("errands", __name__, url_prefix="/v1/clients/<uuid:client_id>")


class LinkAskedSchema(Schema):
    """A link that is on its way, and until when it works."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    good_until = fields.AwareDateTime(format="iso", required=True)


@blueprint.command("POST", "/exports/link", LinkAskedSchema, status=201)
def send_export_link(call: Call, client_id: UUID) -> Answer:
    """Send the client a link to everything that is known about them.

    It goes to an e-mail address that was verified a week ago or earlier and that nobody else has, and to no minor; else
    hand it out at the desk. As for an export, the caller's role has to hold at every clinic whose client it is.
    """
    client = whole_client(call, client_id)
    return asked(call, client.id, ask_for_export(call.tx, client.id, call.now), GOOD_FOR["export"])


@blueprint.command("POST", "/contact-points/<uuid:point_id>/check", LinkAskedSchema, status=201)
def check_point(call: Call, client_id: UUID, point_id: UUID) -> Answer:
    """Ask whoever reads at this address to say, by a link, that it is theirs."""
    client = person(call.connection, client_id)
    find(call.connection, "contact_points", point_id, client_id=client.id)
    return asked(call, client.id, ask_for_check(call.tx, client.id, point_id, call.now), GOOD_FOR["contact_check"])


def asked(call: Call, client_id: UUID, request_id: UUID, good_for: timedelta) -> Answer:
    return Answer({"id": request_id, "client_id": client_id, "good_until": call.now + good_for})
