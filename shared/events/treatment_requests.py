"""What the treatment service has recorded of clients who ask for their record to be put right, and of the answers."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

Way = Literal["letter", "in_person", "phone", "message"]


@event("treatment.amendment_requested_by_client.v1")
class AmendmentRequestedByClient:
    """What is to be put right in the client's words, asked by a `way` on a day; the answer is due on `due_on`.

    `session_id` is of the session that it is about, where it is about one.
    """

    request_id: UUID
    client_id: UUID
    session_id: UUID | None
    wish: Annotated[str, Personal("clinical", "client_id")]
    way: Way
    requested_on: date
    due_on: date


@event("treatment.amendment_request_accepted.v1")
class AmendmentRequestAccepted:
    """`changed` are the ids of what put the session right; `note` says what was changed elsewhere in the record."""

    request_id: UUID
    client_id: UUID
    changed: tuple[UUID, ...]
    note: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.amendment_request_declined.v1")
class AmendmentRequestDeclined:
    request_id: UUID
    client_id: UUID
    reason: Annotated[str, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.disagreement_stated.v1")
class DisagreementStated:
    """What the client says to that; it is shown wherever the request is."""

    request_id: UUID
    client_id: UUID
    statement: Annotated[str, Personal("clinical", "client_id")]
    way: Way
    stated_on: date
