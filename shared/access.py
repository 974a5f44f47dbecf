"""What is kept of a look at somebody's data: who, as what, what for, at whom, and never what was seen or looked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

DataClass = Literal["identity", "contact", "clinical"]
Purpose = Literal["administration", "treatment", "covering", "break_glass", "message", "client_request", "audit"]
"""Why data of clients are shown; `client_request`: the client asked for them, and may be the one who sees them.

Of a clinical record the purpose says on what basis it was open: `treatment` is a visit of one's own, or an alert about
whom one treats.
"""

BasisKind = Literal["visit", "awaited_visit", "alert", "cover", "break_glass"]


@dataclass(frozen=True, slots=True)
class Basis:
    """Why somebody may see a client's clinical record, and until when: `id` is of the visit, alert, cover or glass.

    An `awaited_visit` opens nothing of it but what they write themselves, while nobody has told of the visit yet.
    """

    kind: BasisKind
    id: UUID
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One request that showed data of clients; `data_class` is the most sensitive class among them.

    `client_ids` are the clients whose data were shown: none, where a search found nobody.
    """

    actor: str
    role: str
    purpose: Purpose
    operation: str
    data_class: DataClass
    client_ids: tuple[UUID, ...]
    correlation_id: str


def in_order(client_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    """Each client once."""
    return tuple(sorted(set(client_ids)))
