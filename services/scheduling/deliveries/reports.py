"""What a report brings about, in one transaction: the message's own event, a closed address, a task for the desk.

Who reports may do so again, at any time and in any order; the outcome is the same, whatever staff have done since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from services.scheduling.contact_tasks.commands import open_when_needed
from services.scheduling.contacts.addresses import block_address
from services.scheduling.deliveries.decider import DELIVERY, About, Delivered, Failed
from services.scheduling.deliveries.receipts import find
from services.scheduling.notices import first_time
from shared.database import Database
from shared.decider import NotThere, handle
from shared.event_store import Metadata, Transaction
from shared.events.scheduling_contacts import BlockCause
from shared.links import parse

Said = Literal["delivered", "failed", "complained"]
POINT = text("SELECT kind, address FROM contact_points WHERE id = :id")

OF_THE_NUMBER: Mapping[str, BlockCause] = {
    "21211": "bounce",
    "21214": "bounce",
    "21217": "bounce",
    "21610": "stop",
    "21614": "bounce",
    "30005": "bounce",
    "30006": "bounce",
}
"""Twilio's error codes that close a number: it does not exist, takes no SMS, or has said STOP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is said of a message; `cause` closes its address, `code` is the provider's own word."""

    reference: str
    said: Said
    code: str = ""
    cause: BlockCause | None = None


def take(database: Database, report: Report, *, who: str, correlation_id: str, now: datetime) -> None:
    """Record a report and what follows from it; raises NotThere for a reference that is none of ours, or too old."""
    found = parse(report.reference)
    if found is None:
        raise NotThere
    chain_id, token = found
    metadata = Metadata(actor=who, role="provider", origin="hook", correlation_id=correlation_id)
    database.command(chain_id, metadata, lambda tx: carry_out(tx, token, report, now))


def carry_out(tx: Transaction, token: bytes, report: Report, now: datetime) -> None:
    about = find(tx.connection, token)
    if about is None:
        raise NotThere
    if not first_time(tx, f"report:{report.reference}:{report.said}:{report.cause}"):
        return
    stream = f"message-{about.message_key}"
    match report.said:
        case "delivered":
            handle(tx, DELIVERY, stream, Delivered(about))
        case "failed":
            handle(tx, DELIVERY, stream, Failed(about, report.code))
            if about.appointment_id is not None:
                open_when_needed(tx, about.appointment_id, "undeliverable", about.message_key, now)
        case "complained":
            pass
    if report.cause is not None:
        close(tx, about, report.cause, report.code)


def close(tx: Transaction, about: About, cause: BlockCause, code: str) -> list[UUID]:
    """Close the address that the message was sent to, whatever the client's address is today."""
    point = tx.connection.execute(POINT, {"id": about.contact_point_id}).one()
    return block_address(tx, point.kind, point.address, cause, code or None)
