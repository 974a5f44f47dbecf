"""The API of contact tasks: the list that a desk works off, and the call by which the workers add to it."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import Row, text

from services.scheduling.contact_tasks.commands import open_when_needed
from services.scheduling.contact_tasks.decider import CONTACT_TASK, Attempt, TaskClosed
from services.scheduling.contact_tasks.schemas import (
    AttemptFields,
    ContactTaskQuery,
    ContactTaskSchema,
    NeededSchema,
    WantedTasksSchema,
)
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import NotThere, handle
from shared.event_store import Metadata
from shared.events.scheduling_reaching import Outcome
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, page_of, read_cursor
from shared.reading import clinics_to_list

TASKS = (
    "SELECT task.*, visit.status, visit.starts_at, visit.time_zone, visit.clinic_id AS visit_clinic_id,"
    " client.name AS client_name FROM contact_tasks task"
    " JOIN appointments visit ON visit.id = task.appointment_id JOIN clients client ON client.id = visit.client_id"
)
SAID = text(
    "SELECT appointment_id, channel, kind, text, received_at FROM replies"
    " WHERE appointment_id = ANY(:visits) ORDER BY received_at, id"
)

blueprint = Operations("contact tasks", __name__, url_prefix="/v1/contact-tasks")


@blueprint.query("", page_of(ContactTaskSchema), query=ContactTaskQuery)
def list_tasks(call: Call, query: dict[str, Any]) -> Answer:
    """Clients to contact, the longest waiting first, each with what they answered about the visit.

    A task shows its visit as it is now, so it is not there for who may not see that.
    """
    values: dict[str, Any] = {"open": query["open"], "most": query["limit"] + 1}
    conditions = ["task.open = :open"]
    clinics = clinics_to_list(call.caller, query["clinic_id"])
    if clinics is not None:
        conditions.append("task.clinic_id = ANY(:clinics)")
        values["clinics"] = clinics
    if call.caller.clinics is not None:
        conditions.append("visit.clinic_id = ANY(:own)")
        values["own"] = sorted(call.caller.clinics)
    after = read_cursor(query["cursor"], tuple[datetime, UUID])
    if after:
        conditions.append("(task.opened_at, task.id) > (:after_time, :after_id)")
        values |= {"after_time": after[0], "after_id": after[1]}
    where = " AND ".join(conditions)
    sql = text(f"{TASKS} WHERE {where} ORDER BY task.opened_at, task.id LIMIT :most")
    found = page(call.connection.execute(sql, values).all(), query["limit"], lambda row: (row.opened_at, row.id))
    return Answer(found | {"items": shown(call, found["items"])})


@blueprint.query("/<uuid:task_id>", ContactTaskSchema)
def show_task(call: Call, task_id: UUID) -> Answer:
    """One task."""
    return answer(call, task_id)


@blueprint.command("POST", "/<uuid:task_id>/attempts", ContactTaskSchema, status=201, body=AttemptFields)
def attempt(call: Call, body: dict[str, Any], task_id: UUID) -> Answer:
    """Say what came of an attempt to contact the client; *reached* and *no_longer_needed* close the task."""
    note_attempt(call, task_id, **body)
    return answer(call, task_id)


def note_attempt(call: Call, task_id: UUID, *, outcome: Outcome, note: str | None) -> UUID:
    """Carry it out and give the client's id; raises NotThere, NotAllowed, TaskClosed."""
    task = find_task(call, task_id)
    if not task.open:
        raise TaskClosed
    command = Attempt(task_id=task_id, outcome=outcome, note=note, now=call.now)
    handle(call.tx, CONTACT_TASK, f"contact-task-{task_id}", command)
    client_id: UUID = task.client_id
    return client_id


def find_task(call: Call, task_id: UUID) -> Row[Any]:
    """A task at a clinic where the caller's role holds, as it does where the visit is now; raises NotThere."""
    row = call.connection.execute(text(f"{TASKS} WHERE task.id = :id"), {"id": task_id}).first()
    if row is None or not all(map(call.caller.may_act_at, (row.clinic_id, row.visit_clinic_id))):
        raise NotThere
    return row


def answer(call: Call, task_id: UUID) -> Answer:
    row = find_task(call, task_id)
    (task,) = shown(call, [row])
    return Answer(task, version=row.version, location=f"/v1/contact-tasks/{task_id}")


def shown(call: Call, rows: list[Row[Any]]) -> list[dict[str, Any]]:
    """Tasks with the visit's time on its clinic's clock, and with what the client said."""
    said: dict[UUID, list[Any]] = defaultdict(list)
    replies = call.connection.execute(SAID, {"visits": [row.appointment_id for row in rows]}).all()
    for reply in call.opened(replies, text=None):
        said[reply["appointment_id"]].append(reply)
    return [
        found | {"starts_at": row.starts_at.astimezone(ZoneInfo(row.time_zone)), "said": said[row.appointment_id]}
        for row, found in zip(rows, call.opened(rows, last_note=None), strict=True)
    ]


def wanted_tasks_blueprint(database: Database) -> Operations:
    """The route by which the workers hand over whom no message reaches."""
    internal = Operations("wanted contact tasks", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/contact-tasks", NeededSchema, body=WantedTasksSchema)
    def want_tasks(body: dict[str, Any]) -> Answer:
        """Open a task for each, once for its `because`, where somebody still has to speak with the client."""
        return Answer({"needed": {item["because"]: want(database, item) for item in body["items"]}})

    return internal


def want(database: Database, item: dict[str, Any]) -> bool:
    metadata = Metadata(actor="workers", role=SERVICE, origin="messages", correlation_id=g.request_id)
    now = datetime.now(UTC)
    return database.command(
        item["chain_id"],
        metadata,
        lambda tx: open_when_needed(tx, item["appointment_id"], item["cause"], item["because"], now),
    )
