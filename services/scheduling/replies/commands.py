"""Taking a reply: once for each message that came in, and in one transaction with what it brings about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.attending import Confirm
from services.scheduling.contact_tasks.commands import open_task
from services.scheduling.replies.rules import Asked, Step, step
from shared.decider import Entry, handle
from shared.event_store import Transaction
from shared.events.scheduling_reaching import Effect, MatchedBy, ReplyChannel, ReplyKind, ReplyReceived
from shared.locks import lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply as it came: `message_id` is the provider's or the mail's own, the same when it comes again.

    `calendar` says that a calendar wrote it; `sequence` is then the version of the visit that it answers.
    """

    message_id: str
    channel: ReplyChannel
    kind: ReplyKind
    text: str | None
    calendar: bool = False
    sequence: int | None = None


def receive(tx: Transaction, visit: Row[Any], reply: Reply, matched_by: MatchedBy, now: datetime) -> Effect:
    """Record a reply to a visit, confirm it or open a task; nothing when this reply was taken before.

    `visit` has `id`, `client_id`, `clinic_id`, `status`, `visit_version` and `asks`, as `references.find` gives it.
    """
    lock(tx.connection, ("client", [visit.client_id]))
    reply_id = uuid5(tx.chain_id, f"{reply.channel}:{reply.message_id}")
    if tx.load(f"reply-{reply_id}"):
        return "none"
    tx.metadata = replace(tx.metadata, clinic_id=visit.clinic_id)
    told = visit.visit_version if reply.sequence is None else reply.sequence
    history = tx.load(f"appointment-{visit.id}")
    taken = step(reply.kind, asked(history, matched_by, told, asks=visit.asks), calendar=reply.calendar)
    effect = carry_out(tx, visit, taken, reply_id, now)
    received = ReplyReceived(
        reply_id=reply_id,
        appointment_id=visit.id,
        client_id=visit.client_id,
        clinic_id=visit.clinic_id,
        channel=reply.channel,
        kind=reply.kind,
        matched_by=matched_by,
        effect=effect,
        visit_version=told,
        text=reply.text,
        received_at=now,
    )
    tx.append(f"reply-{reply_id}", 0, [received])
    return effect


def asked(history: Sequence[Entry], matched_by: MatchedBy, told: int | None, *, asks: bool) -> Asked:
    """What the visit's history says: as it stands, and which event set the time and place that hold now."""
    state, timed_version = APPOINTMENT.initial, 0
    for entry in history:
        before, state = state, APPOINTMENT.evolve(state, entry.event)
        if state.place is not None and (before.place is None or not state.place.is_where(before.place)):
            timed_version = entry.version
    return Asked(
        matched_by=matched_by,
        told_version=told,
        asks=asks,
        timed_version=timed_version,
        status=state.status,
        confirmed=state.confirmed,
    )


def carry_out(tx: Transaction, visit: Row[Any], taken: Step, reply_id: UUID, now: datetime) -> Effect:
    match taken:
        case "nothing":
            return "none"
        case "confirm":
            handle(tx, APPOINTMENT, f"appointment-{visit.id}", Confirm(visit.id))
            return "confirmed"
        case cause:
            open_task(tx, visit, cause, f"reply:{reply_id}", now)
            return "task"
