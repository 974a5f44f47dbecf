"""The API of staff. Nobody gives more than they have, and nobody can leave the chain without a chain_admin."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.scheduling.known import must_exist
from services.scheduling.staff.decider import (
    STAFF,
    AddStaff,
    AttachLogin,
    Deactivate,
    DetachLogin,
    LinkTherapist,
    Login,
    Reactivate,
    Rename,
    Revoke,
    Roles,
    SetRoles,
    StaffCommand,
)
from services.scheduling.staff.rules import may_decide
from services.scheduling.staff.schemas import LoginFields, StaffFields, StaffSchema
from services.scheduling.staff.standing import LoginTaken, TherapistTaken, must_leave_an_admin, runs_everything
from shared.auth import NotAllowed
from shared.decider import NotThere, fold, handle
from shared.events.scheduling_staff import StaffAdded
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.ids import new_id
from shared.locks import lock

blueprint = Operations("staff", __name__, url_prefix="/v1/staff")

ONE = "/<uuid:staff_id>"
SHOWN = """
    SELECT staff.*, named.name, known.address IS NOT NULL AND known.refused_at IS NULL AS reachable
    FROM staff JOIN staff_names named ON named.staff_id = staff.id
    LEFT JOIN staff_addresses known ON known.staff_id = staff.id
"""
FIND = text(f"{SHOWN} WHERE staff.id = :staff_id")
LISTED = text(f"{SHOWN} WHERE CAST(:after AS uuid) IS NULL OR staff.id > :after ORDER BY staff.id LIMIT :most")
LOGINS = text("""
    SELECT staff_id, issuer, subject FROM logins
    WHERE staff_id = ANY(CAST(:ids AS uuid[])) AND attached ORDER BY issuer, subject
""")
HOLDER = text("SELECT staff_id FROM logins WHERE issuer = :issuer AND subject = :subject AND attached")
LINKED = text("SELECT id FROM staff WHERE therapist_id = :therapist_id")


@blueprint.command("POST", "", StaffSchema, status=201, body=StaffFields)
def add_staff(call: Call, body: dict[str, Any]) -> Answer:
    """Add a person; they come in once a login is attached to them."""
    staff_id = new_id()
    begin(call)
    must_be_possible(call, staff_id, body)
    must_be_allowed(call, body["roles"])
    handle(call.tx, STAFF, stream(staff_id), AddStaff(StaffAdded(staff_id=staff_id, **body)))
    return answer(call, staff_id)


@blueprint.query("", page_of(StaffSchema), query=PageQuery)
def list_staff(call: Call, query: dict[str, Any]) -> Answer:
    """Everybody who works or has worked for the chain."""
    after = read_cursor(query["cursor"], tuple[UUID])
    values = {"after": after and after[0], "most": query["limit"] + 1}
    found = page(call.connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.id,))
    return Answer(found | {"items": shown(call, found["items"])})


@blueprint.query(ONE, StaffSchema)
def show_staff(call: Call, staff_id: UUID) -> Answer:
    """One person."""
    return answer(call, staff_id)


@blueprint.command("PATCH", ONE, StaffSchema, body=patch_of(StaffFields), if_match=True)
def change_staff(call: Call, body: dict[str, Any], staff_id: UUID) -> Answer:
    """Change name, roles or therapist; roles hold from the next request on.

    Which therapist they are themselves is said by nobody but who runs the whole chain.
    """
    begin(call)
    must_be_possible(call, staff_id, body)
    if body.get("therapist_id") is not None and staff_id == call.caller.staff_id and not runs_everything(call):
        raise NotAllowed("Somebody else has to say which therapist you are: their visits open records.")
    if "roles" in body:
        must_be_allowed(call, body["roles"])
    commands: list[StaffCommand] = []
    if "name" in body:
        commands.append(Rename(body["name"]))
    if "therapist_id" in body:
        commands.append(LinkTherapist(body["therapist_id"]))
    if "roles" in body:
        commands.append(SetRoles(body["roles"]))
    return change(call, staff_id, *commands)


@blueprint.command("POST", f"{ONE}/logins", StaffSchema, status=201, body=LoginFields)
def attach_login(call: Call, body: dict[str, Any], staff_id: UUID) -> Answer:
    """Let a login of the identity provider stand for this person."""
    begin(call)
    login = login_of(body)
    holder = call.connection.execute(HOLDER, body).scalar()
    if holder not in {None, staff_id}:
        raise LoginTaken
    return change(call, staff_id, AttachLogin(login))


@blueprint.command("POST", f"{ONE}/logins/detach", StaffSchema, body=LoginFields)
def detach_login(call: Call, body: dict[str, Any], staff_id: UUID) -> Answer:
    """Shut a login out at once, until it is attached again."""
    begin(call)
    return change(call, staff_id, DetachLogin(login_of(body)))


@blueprint.command("POST", f"{ONE}/deactivate", StaffSchema)
def deactivate(call: Call, staff_id: UUID) -> Answer:
    """The person does not work here any more: nothing lets them in, at once."""
    begin(call)
    return change(call, staff_id, Deactivate())


@blueprint.command("POST", f"{ONE}/reactivate", StaffSchema)
def reactivate(call: Call, staff_id: UUID) -> Answer:
    """The person works here again; they sign in anew."""
    begin(call)
    return change(call, staff_id, Reactivate(call.now))


@blueprint.command("POST", f"{ONE}/revoke", StaffSchema)
def revoke(call: Call, staff_id: UUID) -> Answer:
    """End all that the person is signed in with now, at once: a lost telephone, a tablet left behind."""
    begin(call)
    return change(call, staff_id, Revoke(call.now))


def begin(call: Call) -> None:
    """One change of a chain's staff at a time: whether an admin is left depends on all of them."""
    lock(call.connection, ("staff", [call.chain_id]))


def must_be_allowed(call: Call, roles: Roles) -> None:
    if not may_decide(call.caller, roles):
        raise NotAllowed("You cannot decide about roles beyond your own.")


def must_be_possible(call: Call, staff_id: UUID, body: dict[str, Any]) -> None:
    """Raises BadFields for clinics and therapists that are not the chain's, TherapistTaken."""
    clinics = {clinic for each in body.get("roles") or () for clinic in each.clinics or ()}
    therapist_id = body.get("therapist_id")
    must_exist(call.connection, roles=("clinics", clinics), therapist_id=("therapists", [therapist_id]))
    if therapist_id is not None:
        linked = call.connection.execute(LINKED, {"therapist_id": therapist_id}).scalar()
        if linked not in {None, staff_id}:
            raise TherapistTaken


def change(call: Call, staff_id: UUID, *commands: StaffCommand) -> Answer:
    """Carry out what the caller may; `if_match` counts before the first."""
    before = fold(STAFF, call.tx.load(stream(staff_id)))
    if before.id is None:
        raise NotThere
    must_be_allowed(call, before.roles)
    after, if_match = before, call.if_match
    for command in commands:
        after, version = handle(call.tx, STAFF, stream(staff_id), command, if_match=if_match)
        if_match = None if call.if_match is None else version
    must_leave_an_admin(call, before, after)
    return answer(call, staff_id)


def stream(staff_id: UUID) -> str:
    return f"staff-{staff_id}"


def login_of(body: dict[str, Any]) -> Login:
    return body["issuer"], body["subject"]


def answer(call: Call, staff_id: UUID) -> Answer:
    row = call.connection.execute(FIND, {"staff_id": staff_id}).first()
    if row is None:
        raise NotThere
    (person,) = shown(call, [row])
    return Answer(person, version=row.version, location=f"/v1/staff/{staff_id}")


def shown(call: Call, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """People with their logins, in one query for all."""
    logins = call.connection.execute(LOGINS, {"ids": [row.id for row in rows]}).all()
    return [
        row | {"logins": [each for each in logins if each.staff_id == row["id"]]} for row in call.opened(rows, name="")
    ]
