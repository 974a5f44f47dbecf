"""Whom an identity stands for at this moment: what the chain says of a login goes before what its provider claims.

Every service that answers staff keeps the same two small tables in its read models (`staff.sql`), so that a role that
was revoked or changed stops working with the next request, whatever token or session it comes with.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from shared.auth import Caller, Grant, Identity, NotAuthenticated
from shared.event_store import Happened
from shared.events import scheduling_staff as s

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the empty tables of staff in a schema of read models."""

FIND = text("""
    SELECT staff.id, staff.roles, staff.active AND login.attached AS active, staff.valid_from, staff.therapist_id,
      provider.enabled, provider.valid_from AS provider_valid_from
    FROM (SELECT CAST(:chain_id AS uuid) AS chain_id, CAST(:issuer AS text) AS issuer) AS named
    LEFT JOIN identity_providers provider USING (chain_id, issuer)
    LEFT JOIN logins login ON (login.chain_id, login.issuer, login.subject) = (named.chain_id, named.issuer, :subject)
    LEFT JOIN staff ON staff.id = login.staff_id
""")
ADD = text("""
    INSERT INTO staff (id, chain_id, therapist_id, roles, version)
    VALUES (:staff_id, :chain_id, :therapist_id, :roles, :version)
""")
NOTE = text("UPDATE staff SET version = :version WHERE id = :staff_id")
LINK = text("UPDATE staff SET version = :version, therapist_id = :therapist_id WHERE id = :staff_id")
GIVE = text("""
    UPDATE staff SET version = :version, roles = :roles, claimed = NULL, claimed_at = NULL WHERE id = :staff_id
""")
CLAIM = text("""
    UPDATE staff SET version = :version, claimed = :roles, claimed_at = :claimed_at WHERE id = :staff_id
""")
DISCLAIM = text("UPDATE staff SET version = :version, claimed = NULL, claimed_at = NULL WHERE id = :staff_id")
SHUT = text("UPDATE staff SET version = :version, active = false WHERE id = :staff_id")
BEGIN_AGAIN = text("UPDATE staff SET version = :version, active = true, valid_from = :valid_from WHERE id = :staff_id")
REVOKE = text("UPDATE staff SET version = :version, valid_from = :valid_from WHERE id = :staff_id")
ATTACH = text("""
    INSERT INTO logins VALUES (:chain_id, :issuer, :subject, :staff_id, true)
    ON CONFLICT (chain_id, issuer, subject) DO UPDATE SET staff_id = excluded.staff_id, attached = true
""")
DETACH = text("UPDATE logins SET attached = false WHERE issuer = :issuer AND subject = :subject")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the chain says of a login: `roles` None leaves them to the provider, `valid_from` None is always."""

    staff_id: UUID
    roles: tuple[Grant, ...] | None
    active: bool
    valid_from: datetime | None
    therapist_id: UUID | None = None


def caller_of(connection: Connection, identity: Identity) -> Caller:
    """The caller behind an identity, by one query; raises NotAuthenticated for one who is not to come in any more.

    An issuer that is not in the chain's table of providers is the one of the settings.
    """
    names = {"chain_id": identity.chain_id, "issuer": identity.issuer, "subject": identity.subject}
    row = connection.execute(FIND, names).one()
    if row.enabled is not None and (not row.enabled or identity.issued_at < row.provider_valid_from):
        raise NotAuthenticated
    if row.id is None:
        return identity.caller()
    return resolved(identity, Standing(row.id, grants_in(row.roles), row.active, row.valid_from, row.therapist_id))


def resolved(identity: Identity, standing: Standing) -> Caller:
    """The caller, in the roles that hold now; raises NotAuthenticated."""
    is_old = standing.valid_from is not None and identity.issued_at < standing.valid_from
    if is_old or not standing.active:
        raise NotAuthenticated
    return Caller(
        str(standing.staff_id),
        identity.chain_id,
        identity.claimed if standing.roles is None else standing.roles,
        standing.staff_id,
        standing.therapist_id,
        given_here=standing.roles is not None,
        issuer=identity.issuer,
    )


def grants_in(roles: list[dict[str, Any]] | None) -> tuple[Grant, ...] | None:
    """Roles as the tables keep them."""
    if roles is None:
        return None
    return tuple(
        Grant(each["role"], None if each["clinics"] is None else frozenset(map(UUID, each["clinics"])))
        for each in roles
    )


def standing_of_staff(connection: Connection, entry: Happened) -> None:
    """Keep the tables as an event says."""
    keep_standing(connection, entry.event, chain_id=entry.chain_id, version=entry.version)


def keep_standing(  # noqa: C901 - one case for each event
    connection: Connection, event: Any, *, chain_id: UUID, version: int
) -> None:
    """Keep the tables as an event of this version of its stream says; one that is not about staff changes nothing."""
    values = {"chain_id": chain_id, "version": version}
    match event:
        case s.StaffAdded():
            statement = ADD
        case s.StaffRenamed() | s.StaffAddressSet() | s.StaffAddressRemoved() | s.StaffAddressRefused():
            statement = NOTE
        case s.StaffLinked():
            statement = LINK
        case s.StaffRolesSet():
            statement = GIVE
        case s.StaffRolesClaimed():
            statement = CLAIM
        case s.StaffDeactivated():
            statement = SHUT
        case s.StaffReactivated():
            statement = BEGIN_AGAIN
        case s.StaffRevoked():
            statement = REVOKE
        case s.LoginAttached():
            connection.execute(ATTACH, values | values_of(event))
            statement = NOTE
        case s.LoginDetached():
            connection.execute(DETACH, values | values_of(event))
            statement = DISCLAIM
        case _:
            return
    connection.execute(statement, values | values_of(event))


def values_of(event: Any) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in event.__dataclass_fields__}
    if values.get("roles") is not None:
        values["roles"] = Jsonb(msgspec.to_builtins(values["roles"]))
    return values


VIEWS = (standing_of_staff,)
