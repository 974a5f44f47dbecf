"""What a provider claims for somebody when they come in is kept, so that it is known whom to write to in which role.

It lets nobody in: that is asked of each token and session anew.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from flask import g
from marshmallow import fields, validate
from sqlalchemy import text

from services.scheduling.staff.decider import STAFF, ClaimRoles
from services.scheduling.staff.routes import stream
from services.scheduling.staff.rules import in_order
from services.scheduling.staff.schemas import MOST_ROLES, RoleSchema
from shared.auth import SERVICE, Grant
from shared.database import Database
from shared.decider import handle
from shared.event_store import Metadata, Transaction
from shared.events.scheduling_staff import RoleGiven, StaffRole
from shared.http.fields import StrictSchema, Text
from shared.http.operations import Answer, Operations, parts

WHOSE = text("""
    SELECT staff.id FROM logins JOIN staff ON staff.id = logins.staff_id
    WHERE logins.issuer = :issuer AND logins.subject = :subject AND logins.attached AND staff.roles IS NULL
""")


class ClaimSchema(StrictSchema):
    """Somebody came in at treatment, with these roles."""

    chain_id = fields.UUID(required=True)
    issuer = Text(required=True, most=500)
    subject = Text(required=True, most=255)
    roles = fields.List(fields.Nested(RoleSchema), required=True, validate=validate.Length(max=MOST_ROLES))


class NotedSchema(StrictSchema):
    """Nothing."""


def note_claim(tx: Transaction, issuer: str, subject: str, roles: Iterable[RoleGiven], now: datetime) -> None:
    """Keep what was claimed for a login, if it is somebody's to whom no roles were given here."""
    staff_id: UUID | None = tx.connection.execute(WHOSE, {"issuer": issuer, "subject": subject}).scalar()
    if staff_id is not None:
        handle(tx, STAFF, stream(staff_id), ClaimRoles(in_order(tuple(roles)), now))


def as_given(grants: Iterable[Grant]) -> list[RoleGiven]:
    return [
        RoleGiven(role=role, clinics=None if grant.clinics is None else tuple(sorted(grant.clinics)))
        for grant in grants
        for role in get_args(StaffRole)
        if role == grant.role
    ]


def claims_blueprint(database: Database) -> Operations:
    """The route at which treatment tells who has come in there."""
    blueprint = Operations("claimed roles", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/claimed-roles", NotedSchema, body=ClaimSchema)
    def note(body: dict[str, Any]) -> Answer:
        """Keep in which roles somebody came in."""
        metadata = Metadata(actor="treatment", role=SERVICE, origin="sign-in", correlation_id=g.request_id)
        named = (body["issuer"], body["subject"], body["roles"])
        database.command(body["chain_id"], metadata, lambda tx: note_claim(tx, *named, parts().clock()))
        return Answer({})

    return blueprint
