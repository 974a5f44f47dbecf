"""Who may act for whom: guardians, partners and carers of clients."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

RelationKind = Literal["guardian", "partner", "carer"]
Right = Literal["book", "receive_messages", "see_care"]
RelationSource = Literal["client", "related", "document"]


@event("scheduling.relation_added.v1")
class RelationAdded:
    """`related_client_id` may do for `client_id` what `may` says; `until` is the last day, on the client's calendar.

    `source` is who said so, or that a document was seen; `evidence` is what was heard or seen.
    """

    relation_id: UUID
    client_id: UUID
    related_client_id: UUID
    kind: RelationKind
    may: tuple[Right, ...]
    until: date | None
    source: RelationSource
    evidence: Annotated[str | None, Personal("contact", "client_id")]


@event("scheduling.relation_changed.v1")
class RelationChanged:
    """What the relation allows from now on, and until when; all of it, also what has not changed."""

    relation_id: UUID
    client_id: UUID
    related_client_id: UUID
    may: tuple[Right, ...]
    until: date | None
    source: RelationSource
    evidence: Annotated[str | None, Personal("contact", "client_id")]


@event("scheduling.relation_ended.v1")
class RelationEnded:
    relation_id: UUID
    client_id: UUID
    related_client_id: UUID
    reason: Annotated[str | None, Personal("contact", "client_id")]
