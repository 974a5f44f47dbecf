"""Opening a contact task: once for each reason, and never a second open one for the same visit and cause."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, text

from services.scheduling.contact_tasks.decider import CONTACT_TASK, Open
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_reaching import Cause, ContactTaskOpened
from shared.locks import lock

VISIT = text("SELECT id, client_id, clinic_id, status, confirmed, changed_by FROM appointments WHERE id = :id")
IS_OPEN = text("SELECT true FROM contact_tasks WHERE appointment_id = :id AND cause = :cause AND open")
OVER = frozenset({"arrived", "fulfilled", "noshow"})


def open_task(tx: Transaction, visit: Row[Any] | Mapping[str, Any], cause: Cause, because: str, now: datetime) -> None:
    """Open a task about a visit, given with `id`, `client_id` and `clinic_id`; `because` is the reason's own key.

    Nothing happens when there was one for this reason, or an open one with this cause.
    """
    about = visit if isinstance(visit, Mapping) else visit._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    lock(tx.connection, ("client", [about["client_id"]]))
    if tx.connection.execute(IS_OPEN, {"id": about["id"], "cause": cause}).first():
        return
    task_id = uuid5(about["id"], f"{cause}:{because}")
    opened = ContactTaskOpened(
        task_id=task_id,
        cause=cause,
        because=because,
        appointment_id=about["id"],
        client_id=about["client_id"],
        clinic_id=about["clinic_id"],
        opened_at=now,
    )
    handle(tx, CONTACT_TASK, f"contact-task-{task_id}", Open(opened))


def open_when_needed(tx: Transaction, appointment_id: UUID, cause: Cause, because: str, now: datetime) -> bool:
    """Open a task that somebody outside asks for, unless the visit needs none any more; says whether it does."""
    visit = tx.connection.execute(VISIT, {"id": appointment_id}).first()
    if visit is None or not needs_contact(visit, cause):
        return False
    open_task(tx, visit, cause, because, now)
    return True


def needs_contact(visit: Any, cause: Cause) -> bool:
    """Whether somebody still has to speak with the client, as the visit stands now."""
    if visit.status == "cancelled":
        return bool(visit.changed_by != "client")
    return visit.status not in OVER and not (visit.confirmed and cause == "unconfirmed")
