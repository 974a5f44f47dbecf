"""Shared tablets as their clinic looks after them, and the PIN that somebody sets at one."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.devices import pins, shifts
from services.scheduling.devices.pins import Fault
from services.scheduling.staff_pages import tablets
from services.scheduling.staff_pages.day import clinics_of
from services.scheduling.staff_pages.here import tablet_here
from services.scheduling.staff_pages.typed import id_in, text_of
from shared.decider import Refused
from shared.event_store import Transaction
from shared.reading import find
from shared.staff_web.answers import chain_name, page, pages_blueprint, sign_in_address
from shared.staff_web.visiting import Visitor, frame, visitor

blueprint = pages_blueprint("staff_devices")

FRESH = timedelta(minutes=15)
"""So lately somebody must have signed in fully to set a PIN."""

LONGEST_NAME = 60
MOST = 200
DEVICES = text("""
    SELECT device.id, device.name, device.declared_at, clinic.name AS clinic_name
    FROM devices device JOIN clinics clinic ON clinic.id = device.clinic_id
    WHERE device.revoked_at IS NULL AND device.clinic_id = ANY(:clinics)
    ORDER BY clinic.name, device.name, device.id LIMIT :most
""")


class TabletAlready(Refused):
    """The browser is a shared tablet already; revoke it first."""

    code = "tablet_already"


@blueprint.get("/devices")
def show_devices() -> str:
    """The shared tablets of the caller's clinics, and the form that makes this browser one."""
    who = visitor()
    with who.reading() as connection:
        clinics = clinics_of(connection, who.caller, who.now)
        known = {"clinics": [each.id for each in clinics], "most": MOST}
        devices = connection.execute(DEVICES, known).all()
    here = tablet_here(who.chain_id)
    own = None if here is None else here[1].device_id
    return page("devices.html", chain_name=chain_name(who), clinics=clinics, devices=devices, own=own)


@blueprint.post("/devices")
def declare() -> AnyResponse:
    """Make this browser a shared tablet of a clinic."""
    who = visitor()
    if tablet_here(who.chain_id) or who.session.device_id is not None:
        raise TabletAlready
    clinic_id = id_in(request.form.get("clinic"))
    name = text_of(request.form.get("name", ""), LONGEST_NAME)

    def work(tx: Transaction) -> bytes:
        find(tx.connection, "clinics", clinic_id)
        who.caller.must_act_at(clinic_id)
        return tablets.declare(tx, who.session, clinic_id, name, who.now)

    token = who.change(work)
    response = redirect(url_for("staff_devices.ask_for_pin"), HTTPStatus.SEE_OTHER)
    frame().cookies.set_device(response, who.chain_id, token)
    return response


@blueprint.post("/devices/<uuid:device_id>/revoke")
def revoke(device_id: UUID) -> AnyResponse:
    """It is a shared tablet no more; whoever is in there is out."""
    who = visitor()

    def work(tx: Transaction) -> None:
        who.caller.must_act_at(find(tx.connection, "devices", device_id).clinic_id)
        tablets.revoke(tx, device_id, who.now)

    who.change(work)
    return redirect(url_for("staff_devices.show_devices"), HTTPStatus.SEE_OTHER)


@blueprint.get("/pin")
def ask_for_pin() -> str:
    """The form for a PIN at this tablet."""
    return pin_page(visitor(), None)


@blueprint.post("/pin")
def set_pin() -> AnyResponse:
    """A PIN for whoever has just signed in fully at this tablet."""
    who = visitor()
    device_id, pin = device_of(who), request.form.get("pin", "")
    fault: Fault | None = "different" if pin != request.form.get("again") else pins.fault_of(pin)
    if fault is not None or not is_fresh(who):
        return Response(pin_page(who, fault), HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/html")
    of = who.session.identity
    who.change(lambda tx: shifts.set_pin(tx, device_id, of, pin, who.now))
    return redirect(url_for("staff_pages.show_day"), HTTPStatus.SEE_OTHER)


def pin_page(who: Visitor, fault: Fault | None) -> str:
    with who.reading() as connection:
        has_pin = shifts.has_pin(connection, device_of(who), who.session.identity)
    values = {"has_pin": has_pin, "fault": fault, "is_fresh": is_fresh(who), "sign_in": sign_in_address("/staff/pin")}
    return page("pin.html", chain_name=chain_name(who), shortest=pins.SHORTEST, longest=pins.LONGEST, **values)


def device_of(who: Visitor) -> UUID:
    """The tablet at which somebody is, as the table says they are."""
    if who.session.device_id is None:
        raise LookupError("whoever sets a PIN is at a shared tablet")
    return who.session.device_id


def is_fresh(who: Visitor) -> bool:
    """Whether it is sure enough who is there."""
    return who.session.signed_in_within(FRESH, who.now)
