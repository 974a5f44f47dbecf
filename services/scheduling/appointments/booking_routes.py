"""The API of bookings: several visits made in one go."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.scheduling.appointments.commands import BookingWish
from services.scheduling.appointments.routes import all_shown, with_alternatives
from services.scheduling.appointments.schemas import BookingSchema, BookingsFields
from services.scheduling.appointments.together import book_together
from shared.decider import NotThere
from shared.http.operations import Answer, Call, Operations

blueprint = Operations("bookings", __name__, url_prefix="/v1/bookings")

VISITS = text("SELECT * FROM appointments WHERE booking_id = :booking_id ORDER BY id")
FOR_ALL = ("told_client_id", "payer_client_id")


@blueprint.command("POST", "", BookingSchema, status=201, body=BookingsFields, on_refusal=with_alternatives)
def book_visits(call: Call, body: dict[str, Any]) -> Answer:
    """Book up to ten visits, all or none, with one confirmation for each person who is told.

    A refusal names the `visit` that it is about, counted from 0; for a taken time it carries the nearest free ones.
    """
    for visit in body["visits"]:
        call.caller.must_act_at(visit["clinic_id"])
    wishes = [wish_of(visit, body) for visit in body["visits"]]
    return answer(call, book_together(call.tx, wishes, call.now))


@blueprint.query("/<uuid:booking_id>", BookingSchema)
def show_booking(call: Call, booking_id: UUID) -> Answer:
    """The visits of one booking as they stand now, at the caller's clinics; one that was booked alone is a booking."""
    return answer(call, booking_id)


def wish_of(visit: dict[str, Any], booking: dict[str, Any]) -> BookingWish:
    """One visit of the booking, with what holds for all of them."""
    shared = {name: visit[name] or booking[name] for name in FOR_ALL}
    whole = {name: booking[name] for name in ("booker_client_id", "gift")}
    return BookingWish(**{"external_ids": {}} | visit | shared | whole)


def answer(call: Call, booking_id: UUID) -> Answer:
    found = call.connection.execute(VISITS, {"booking_id": booking_id}).all()
    own = [visit for visit in found if call.caller.may_act_at(visit.clinic_id)]
    if not own:
        raise NotThere
    return Answer({"booking_id": booking_id, "visits": all_shown(call, own)}, location=f"/v1/bookings/{booking_id}")
