"""The API of exports: recorded first, then fetched by whoever asked, or whole by those who see the record; an hour."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import g, request
from marshmallow import Schema, fields
from sqlalchemy import Row

from services.permissions.roles import CLINICAL
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.export.archive import archive
from services.scheduling.export.gathering import everything_about, ids_of
from services.scheduling.export.treatment import treatment
from services.scheduling.people.reading import person
from shared.client_clinics import clinics_of
from shared.decider import NotThere
from shared.events.scheduling_export import ClientExported
from shared.http.fields import ClientId, StrictSchema
from shared.http.files import File, FileSchema
from shared.http.operations import Answer, Call, Operations, parts
from shared.ids import new_id
from shared.reading import find

GOOD_FOR = timedelta(hours=1)
WHOLE = "?clinical_record=true"

blueprint = Operations("exports", __name__, url_prefix="/v1/clients/<uuid:client_id>/exports")


class ExportQuery(StrictSchema):
    """With the clinical record it is the whole archive."""

    clinical_record = fields.Boolean(load_default=False)


class ExportSchema(Schema):
    """An export that was asked for: fetched until `good_until`, as `archive` or, with the clinical record, `whole`.

    The archive is for whoever asked, the whole one for everybody to whom the record is open then.
    """

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    archive = fields.String(required=True)
    whole = fields.String(required=True)
    good_until = fields.AwareDateTime(format="iso", required=True)


@blueprint.command("POST", "", ExportSchema, status=201)
def ask_for_export(call: Call, client_id: UUID) -> Answer:
    """Ask on behalf of a client for everything that is known about them, under all their ids.

    The caller's role has to hold at every clinic whose client it is, for the archive tells of all their visits.
    """
    client = whole_client(call, client_id)
    export_id = new_id()
    exported = ClientExported(
        export_id=export_id,
        client_id=client.id,
        client_ids=tuple(ids_of(call.connection, client.id)),
        exported_at=call.now,
    )
    call.tx.append(f"export-{export_id}", 0, [exported])
    path = f"/v1/clients/{client.id}/exports/{export_id}"
    answer: dict[str, Any] = {"id": export_id, "client_id": client.id, "archive": path, "whole": path + WHOLE}
    return Answer(answer | {"good_until": call.now + GOOD_FOR}, location=path)


@blueprint.query("/<uuid:export_id>", FileSchema, query=ExportQuery)
def fetch_export(call: Call, query: dict[str, Any], client_id: UUID, export_id: UUID) -> Answer:
    """The archive as it is now: data that explain themselves, and a page to read in the client's language.

    It has what both services know. The clinical record is in it where that is asked for and the record is open to the
    caller, by their own token; else this is refused. Where treatment does not answer there is none, and it is fetched
    again later.
    """
    client = whole_client(call, client_id)
    with_record = query["clinical_record"]
    if with_record:
        call.caller.among(CLINICAL)
    row = find(call.connection, "exports", export_id, client_id=client.id)
    if call.now >= row.exported_at + GOOD_FOR or not (with_record or row.asked_by == call.caller.subject):
        raise NotThere
    ids = ids_of(call.connection, client.id)
    call.shows(*ids, purpose="client_request")
    treated = treatment().about(call.chain_id, ids, g.request_id)
    found = everything_about(call.connection, call.chain_id, ids, parts().database.sealer, call.now, treated=treated)
    authorization = request.headers["Authorization"]
    record = treatment().record_for(authorization, client.id, ids, g.request_id) if with_record else None
    content = archive(chain_row(call.connection)["name"], found, record)
    return Answer({}, file=File(lambda: content, "application/octet-stream", f"export-{export_id}.zip"))


def whole_client(call: Call, client_id: UUID) -> Row[Any]:
    """A client all of whose visits the caller may see; raises NotThere, Gone and NotAllowed."""
    client = person(call.connection, client_id)
    call.caller.must_act_at(*clinics_of(call.connection, client.id))
    return client
