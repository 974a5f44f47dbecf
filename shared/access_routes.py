"""Who has looked at what a service has of a client: for managers, and for the client who asks them.

Looking at it is recorded too. Both services have this route, each of its own access log.
"""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection

from shared.access import DataClass, Purpose
from shared.access_log import NEWEST, accesses_of
from shared.aliases import followers_of
from shared.client_clinics import clinics_of
from shared.http.fields import personal
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor


class AccessEntrySchema(Schema):
    """One request that showed something about the client; whom else it showed is not told.

    `actor` is the id of a member of staff, `client:` with the id of whoever held a link, or a service of ours.
    """

    at = fields.AwareDateTime(required=True, format="iso", attribute="recorded_at")
    actor = fields.String(required=True, metadata=personal("identity"))
    role = fields.String(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(get_args(Purpose)))
    operation = fields.String(required=True)
    data_class = fields.String(required=True, validate=validate.OneOf(get_args(DataClass)))
    correlation_id = fields.String(required=True)


def accesses_blueprint(person: Callable[[Connection, UUID], UUID]) -> Operations:
    """The route; `person` says whom a client's id stands for today, and raises NotThere and Gone."""
    blueprint = Operations("accesses", __name__, url_prefix="/v1/clients/<uuid:client_id>")

    @blueprint.query("/access-log", page_of(AccessEntrySchema), query=PageQuery)
    def list_accesses(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
        """Who has looked at a client's data, as what and what for, the newest first."""
        person_id = person(call.connection, client_id)
        call.caller.must_act_at_one_of(clinics_of(call.connection, person_id))
        call.shows(person_id, purpose="audit")
        after = read_cursor(query["cursor"], tuple[int])
        ids = followers_of(call.connection, person_id)
        found = accesses_of(call.connection, ids, before=after[0] if after else NEWEST, most=query["limit"] + 1)
        return Answer(page(found, query["limit"], lambda entry: (entry.position,)))

    return blueprint
