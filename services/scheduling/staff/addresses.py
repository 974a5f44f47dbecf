"""The API of where staff are written to: set by whoever may decide about the person, or by themselves.

What is sent there says that something waits behind a sign-in, so an address counts at once; the one before is told, and
one that takes nothing is shown as such. Files go to those alone that their owners have set themselves.
"""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from services.scheduling.staff.claims import as_given
from services.scheduling.staff.decider import STAFF, ClaimRoles, SetAddress
from services.scheduling.staff.routes import ONE, begin, blueprint as staff, must_be_allowed, stream
from services.scheduling.staff.rules import in_order
from services.scheduling.staff.schemas import AddressFields, StaffAddressSchema
from shared.decider import NotThere, Refused, handle
from shared.events.scheduling_staff import RoleGiven
from shared.http.operations import Answer, Call, Operations

own = Operations("own address", __name__, url_prefix="/v1/my-address")

FIND = text("""
    SELECT staff.id AS staff_id, staff.version, known.address, known.locale, known.set_at, known.refused_at
    FROM staff LEFT JOIN staff_addresses known ON known.staff_id = staff.id WHERE staff.id = :staff_id
""")
ROLES = text("SELECT roles FROM staff WHERE id = :staff_id")


class NotOnStaff(Refused):
    """Nobody has added you to the staff of the chain yet; ask a manager to do so."""

    code = "not_on_staff"


@staff.query(f"{ONE}/address", StaffAddressSchema)
def show_address(call: Call, staff_id: UUID) -> Answer:
    """Where a person is written to, for whoever may decide about them."""
    must_decide_about(call, staff_id)
    return answer(call, staff_id)


@staff.command("PUT", f"{ONE}/address", StaffAddressSchema, body=AddressFields)
def set_address(call: Call, body: dict[str, Any], staff_id: UUID) -> Answer:
    """Write to a person there from now on, or nowhere; the address before is told, unless it took nothing."""
    begin(call)
    must_decide_about(call, staff_id)
    return change(call, staff_id, body)


@own.query("", StaffAddressSchema)
def show_own_address(call: Call) -> Answer:
    """Where the caller is written to."""
    return answer(call, caller_of(call))


@own.command("PUT", "", StaffAddressSchema, body=AddressFields)
def set_own_address(call: Call, body: dict[str, Any]) -> Answer:
    """Be written to there from now on, or nowhere; the address before is told, unless it took nothing."""
    return change(call, caller_of(call), body)


def caller_of(call: Call) -> UUID:
    if call.caller.staff_id is None:
        raise NotOnStaff
    return call.caller.staff_id


def must_decide_about(call: Call, staff_id: UUID) -> None:
    """Raises NotThere, and NotAllowed for a person with roles beyond the caller's own."""
    row = call.connection.execute(ROLES, {"staff_id": staff_id}).first()
    if row is None:
        raise NotThere
    must_be_allowed(call, msgspec.convert(row.roles, tuple[RoleGiven, ...] | None))


def change(call: Call, staff_id: UUID, body: dict[str, Any]) -> Answer:
    by_owner = call.caller.staff_id == staff_id
    command = SetAddress(body["address"], body["locale"], by_owner, call.now)
    handle(call.tx, STAFF, stream(staff_id), command, if_match=call.if_match)
    if by_owner and not call.caller.given_here:
        handle(call.tx, STAFF, stream(staff_id), ClaimRoles(in_order(as_given(call.caller.grants)), call.now))
    return answer(call, staff_id)


def answer(call: Call, staff_id: UUID) -> Answer:
    row = call.connection.execute(FIND, {"staff_id": staff_id}).first()
    if row is None:
        raise NotThere
    (shown,) = call.opened([row], address=None)
    return Answer(shown, version=row.version)
