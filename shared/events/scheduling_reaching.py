"""What scheduling has recorded of reaching people: tasks to contact a client, and what clients answered."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

Cause = Literal["no_contact", "undeliverable", "in_doubt", "unconfirmed", "declined", "reply"]
Outcome = Literal["reached", "no_answer", "left_message", "wrong_number", "no_longer_needed"]
ReplyChannel = Literal["email", "sms"]
ReplyKind = Literal["confirmed", "declined", "tentative", "counter", "text", "stop"]
MatchedBy = Literal["reference", "address"]
Effect = Literal["confirmed", "task", "none"]


@event("scheduling.contact_task_opened.v1")
class ContactTaskOpened:
    """A person is to contact the client about a visit; `because` names the message or reply that asked for it."""

    task_id: UUID
    cause: Cause
    because: str
    appointment_id: UUID
    client_id: UUID
    clinic_id: UUID
    opened_at: datetime


@event("scheduling.contact_attempted.v1")
class ContactAttempted:
    """Somebody tried to contact the client; some outcomes settle the task."""

    task_id: UUID
    client_id: UUID
    outcome: Outcome
    note: Annotated[str | None, Personal("contact", "client_id")]
    attempted_at: datetime


@event("scheduling.reply_received.v1")
class ReplyReceived:
    """A client answered a message about a visit: what it was taken to mean, how the visit was found, what came of it.

    `visit_version` is the version of the visit that the client had been told of, None when that is not known.
    """

    reply_id: UUID
    appointment_id: UUID
    client_id: UUID
    clinic_id: UUID
    channel: ReplyChannel
    kind: ReplyKind
    matched_by: MatchedBy
    effect: Effect
    visit_version: int | None
    text: Annotated[str | None, Personal("contact", "client_id")]
    received_at: datetime
