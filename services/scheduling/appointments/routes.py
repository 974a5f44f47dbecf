"""The API of appointments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from services.scheduling.appointments.booking import NotBookable, add_alternatives
from services.scheduling.appointments.commands import BookingWish, MoveWish, book, reschedule
from services.scheduling.appointments.corrections import ChangeWish, change_visit, correct
from services.scheduling.appointments.decider import APPOINTMENT, Command
from services.scheduling.appointments.decisions.attending import Arrive, Confirm, Fulfil, Miss
from services.scheduling.appointments.decisions.cancelling import Cancel, WaiveLateness
from services.scheduling.appointments.decisions.correcting import Correct
from services.scheduling.appointments.decisions.labelling import Label
from services.scheduling.appointments.decisions.readdressing import Readdress
from services.scheduling.appointments.history import history_of
from services.scheduling.appointments.readdressing import readdress
from services.scheduling.appointments.schemas import (
    AppointmentQuery,
    AppointmentSchema,
    BookingFields,
    CancelFields,
    ChangeVisitFields,
    CorrectFields,
    FulfilFields,
    HappenedFields,
    HistorySchema,
    LabelFields,
    ReaddressFields,
    RescheduleFields,
    WaiveFields,
)
from services.scheduling.appointments.seeing import visit_attended, visit_seen
from services.scheduling.reach import reachability, roles_in
from shared.auth import FRONT_DESK
from shared.decider import Refused, handle
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page, page_of, read_cursor
from shared.reading import clinics_to_list, find

blueprint = Operations("appointments", __name__, url_prefix="/v1/appointments")

ONE = "/<uuid:appointment_id>"
FILTERS = {
    "therapist_id": "therapist_id = :therapist_id",
    "client_id": "client_id = person_of(:client_id)",
    "starts_from": "starts_at >= :starts_from",
    "starts_before": "starts_at < :starts_before",
    "status": "status = :status",
    "disrupted": "disrupted = :disrupted",
}


def with_alternatives(call: Call, error: Refused) -> None:
    """Say no more of a taken time than the caller may know, and what is free instead."""
    if isinstance(error, NotBookable):
        error.keep_to(call.caller.clinics)
        add_alternatives(call.connection, error, call.now)


@blueprint.command("POST", "", AppointmentSchema, status=201, body=BookingFields, on_refusal=with_alternatives)
def book_appointment(call: Call, body: dict[str, Any]) -> Answer:
    """Book a visit. A refusal for a taken time carries the nearest free ones."""
    call.caller.must_act_at(body["clinic_id"])
    happened, status, origin = (body.pop(name) for name in ("happened", "status", "origin"))
    call.tx.metadata = replace(call.tx.metadata, origin=origin or call.tx.metadata.origin)
    became = {"became": status if happened else None, "reaches_back": reaches_back(call, body["clinic_id"])}
    wish = BookingWish(**{"external_ids": {}} | body | became)
    return answer(call, book(call.tx, wish, call.now))


@blueprint.query("", page_of(AppointmentSchema), query=AppointmentQuery)
def list_appointments(call: Call, query: dict[str, Any]) -> Answer:
    """Visits at the caller's clinics in the order of their starts; `from` is included, `to` is not.

    `disrupted=true` gives those that a change of the rules leaves outside and that nobody has settled yet.
    """
    values = {name: query[name] for name in FILTERS if query[name] is not None}
    conditions = [FILTERS[name] for name in values]
    after = read_cursor(query["cursor"], tuple[datetime, UUID])
    if after:
        conditions.append("(starts_at, id) > (:after_start, :after_id)")
        values |= {"after_start": after[0], "after_id": after[1]}
    clinics = clinics_to_list(call.caller, query["clinic_id"])
    sql = text(statement(conditions, of_clinics=clinics is not None))
    rows = call.connection.execute(sql, values | {"clinics": clinics, "most": query["limit"] + 1}).all()
    found = page(rows, query["limit"], lambda row: (row.starts_at, row.id))
    return Answer(found | {"items": all_shown(call, found["items"])})


def statement(conditions: Sequence[str], *, of_clinics: bool) -> str:
    """The visits that meet the conditions: the chain's, or of each clinic as many as wanted and then all in order."""
    where, in_order = " AND ".join(["true", *conditions]), "ORDER BY starts_at, id LIMIT :most"
    if not of_clinics:
        return f"SELECT * FROM appointments WHERE {where} {in_order}"  # noqa: S608 - our own
    return f"""
        SELECT visit.* FROM unnest(CAST(:clinics AS uuid[])) AS clinic (here_id), LATERAL (
          SELECT * FROM appointments WHERE clinic_id = clinic.here_id AND {where} {in_order}
        ) AS visit {in_order}
    """  # noqa: S608 - as above


@blueprint.query(ONE, AppointmentSchema)
def show_appointment(call: Call, appointment_id: UUID) -> Answer:
    """One visit."""
    visit_seen(call, appointment_id)
    return answer(call, appointment_id)


@blueprint.query(f"{ONE}/history", HistorySchema)
def show_history(call: Call, appointment_id: UUID) -> Answer:
    """Everything that happened to a visit: when, by whom, and what it changed."""
    visit = visit_seen(call, appointment_id)
    call.shows(visit.client_id, visit.booked_client_id)
    items = history_of(call.connection, call.chain_id, appointment_id, parts().database.sealer)
    return Answer({"items": items})


@blueprint.command("PATCH", ONE, AppointmentSchema, body=LabelFields, if_match=True)
def label_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Set the ids by which the chain's other systems know a visit."""
    return change(call, appointment_id, Label(appointment_id, body.get("external_ids")))


@blueprint.command(
    "POST",
    f"{ONE}/reschedule",
    AppointmentSchema,
    body=RescheduleFields,
    if_match=True,
    on_refusal=with_alternatives,
)
def reschedule_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Move a visit to another time, clinic or therapist; it keeps its id."""
    visit = visit_seen(call, appointment_id)
    call.caller.must_act_at(body.get("clinic_id", visit.clinic_id))
    reschedule(call.tx, appointment_id, MoveWish(**body), call.now, call.if_match)
    return answer(call, appointment_id)


@blueprint.command(
    "POST",
    f"{ONE}/change",
    AppointmentSchema,
    body=ChangeVisitFields,
    if_match=True,
    on_refusal=with_alternatives,
)
def change_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Give a visit another offering, length or room; it keeps its id, its start and its therapist."""
    visit_seen(call, appointment_id)
    change_visit(call.tx, appointment_id, ChangeWish(**body), call.now, call.if_match)
    return answer(call, appointment_id)


@blueprint.command(
    "POST",
    f"{ONE}/correct",
    AppointmentSchema,
    body=CorrectFields,
    if_match=True,
    on_refusal=with_alternatives,
)
def correct_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Put a wrong tap right: a visit that has begun or ended gets the status it should have, and its time if need be.

    The front desk can do so until a day after the end of the visit, a manager at any time.
    """
    visit = visit_seen(call, appointment_id)
    any_age = reaches_back(call, visit.clinic_id)
    command = Correct(appointment_id=appointment_id, now=call.now, reaches_back=any_age, **body)
    correct(call.tx, command, call.if_match)
    return answer(call, appointment_id)


def reaches_back(call: Call, clinic_id: UUID) -> bool:
    """Whether the caller is more than the front desk at the clinic."""
    beyond = [grant for grant in call.caller.grants if grant.role != FRONT_DESK]
    return replace(call.caller, grants=tuple(beyond)).may_act_at(clinic_id)


@blueprint.command("POST", f"{ONE}/cancel", AppointmentSchema, body=CancelFields, if_match=True)
def cancel_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Cancel a visit; when the client began it inside the cancel notice it counts as late, unless staff waive that."""
    return change(call, appointment_id, Cancel(appointment_id=appointment_id, now=call.now, **body))


@blueprint.command("POST", f"{ONE}/readdress", AppointmentSchema, body=ReaddressFields, if_match=True)
def readdress_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Let somebody else be told of a visit; they get a confirmation of it, and all messages from then on."""
    visit_seen(call, appointment_id)
    readdress(call.tx, Readdress(appointment_id, **body), call.now, call.if_match)
    return answer(call, appointment_id)


@blueprint.command("POST", f"{ONE}/waive", AppointmentSchema, body=WaiveFields)
def waive_lateness(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Let a late cancellation pass."""
    return change(call, appointment_id, WaiveLateness(appointment_id, body["reason"]))


@blueprint.command("POST", f"{ONE}/confirm", AppointmentSchema)
def confirm(call: Call, appointment_id: UUID) -> Answer:
    """The client has told the desk that they will come."""
    return change(call, appointment_id, Confirm(appointment_id))


@blueprint.command("POST", f"{ONE}/arrive", AppointmentSchema, body=HappenedFields)
def arrive(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """The client is here; from two hours before the visit."""
    happened_at = body["happened_at"] or call.now
    return attend(call, appointment_id, Arrive(appointment_id, happened_at, call.now, body["reason"]))


@blueprint.command("POST", f"{ONE}/fulfil", AppointmentSchema, body=FulfilFields)
def fulfil(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """The visit took place; only after its start, or when the client had arrived."""
    happened_at = body["happened_at"] or call.now
    actual = body["starts_at"], body["ends_at"]
    return attend(call, appointment_id, Fulfil(appointment_id, happened_at, call.now, *actual, body["reason"]))


@blueprint.command("POST", f"{ONE}/no-show", AppointmentSchema, body=HappenedFields)
def no_show(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """The client did not come; only after the start of the visit."""
    happened_at = body["happened_at"] or call.now
    return attend(call, appointment_id, Miss(appointment_id, happened_at, call.now, body["reason"]))


def attend(call: Call, appointment_id: UUID, command: Command) -> Answer:
    """A change that a therapist may make to their own visits, for there may be nobody else in the clinic."""
    visit_attended(call, appointment_id)
    return change(call, appointment_id, command)


def change(call: Call, appointment_id: UUID, command: Command) -> Answer:
    visit_seen(call, appointment_id)
    handle(call.tx, APPOINTMENT, f"appointment-{appointment_id}", command, if_match=call.if_match)
    return answer(call, appointment_id)


def answer(call: Call, appointment_id: UUID) -> Answer:
    row = find(call.connection, "appointments", appointment_id)
    (visit,) = all_shown(call, [row])
    return Answer(visit, version=row.version, location=f"/v1/appointments/{appointment_id}")


def all_shown(call: Call, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Visits, each with whether messages about it reach somebody, and why not."""
    said = reachability(call.connection, [roles_in(row) for row in rows], call.now)
    return [shown(row) | reached for row, reached in zip(rows, said, strict=True)]


def shown(row: Row[Any]) -> dict[str, Any]:
    """A visit with its times on its clinic's clock."""
    zone = ZoneInfo(row.time_zone)
    times = {name: getattr(row, name) for name in ("starts_at", "ends_at", "actual_starts_at", "actual_ends_at")}
    return row._asdict() | {name: time and time.astimezone(zone) for name, time in times.items()}
