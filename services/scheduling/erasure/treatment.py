"""What treatment says of a client who is to be forgotten: what it has and when it last recorded; then what went.

It is asked before anything is locked. Where it does not answer that is known, and it is asked again later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import Connection

from services.scheduling.export.treatment import Shape, Treatment, TreatmentAway
from services.scheduling.people.reading import person
from shared.aliases import followers_of
from shared.erasure_stores import OF_FOLLOWERS
from shared.events.registry import DataClass
from shared.events.scheduling_erasure import Follower, Stored, Swept

HOLDINGS = "/internal/v1/erasures/holdings"
FOLLOWED = "/internal/v1/erasures/followed"
TIMEOUT = httpx.Timeout(2, connect=1)
"""Shorter than for archives: a command waits, and can do without."""


class Entry(msgspec.Struct, frozen=True):
    """When something was last recorded of a client at a clinic; None for what names none."""

    clinic_id: UUID | None
    last_at: datetime


class Holdings(msgspec.Struct, frozen=True):
    """Rows by store, without those that have none, and the last entries."""

    stores: dict[str, int]
    entries: tuple[Entry, ...]


class LetGo(msgspec.Struct, frozen=True):
    """What went at treatment, and when, for one time that something was let go of here."""

    request_id: UUID
    classes: tuple[DataClass, ...]
    stores: dict[str, int]
    followed_at: datetime

    @property
    def swept(self) -> tuple[Swept, ...]:
        return tuple(Swept(service="treatment", store=store, rows=rows) for store, rows in self.stores.items())


class AllLetGo(msgspec.Struct, frozen=True):
    items: tuple[LetGo, ...]


@dataclass(frozen=True, slots=True)
class AtTreatment:
    """What treatment has of a person under all these ids, the one they go by first; None while it does not answer."""

    ids: tuple[UUID, ...]
    holdings: Holdings | None

    @property
    def answered(self) -> bool:
        return self.holdings is not None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return () if self.holdings is None else self.holdings.entries

    @property
    def stores(self) -> tuple[Stored, ...]:
        """Those of treatment, and the workers', whom nobody can ask."""
        if self.holdings is None:
            return (*uncounted("treatment"), *uncounted("workers"))
        found = self.holdings.stores.items()
        stored = (
            Stored(service="treatment", store=store, rows=rows, data_class=OF_FOLLOWERS["treatment"][store])
            for store, rows in found
        )
        return (*stored, *uncounted("workers"))


def uncounted(service: Follower) -> tuple[Stored, ...]:
    """The stores of a service in which something may be."""
    return tuple(
        Stored(service=service, store=store, rows=None, data_class=data_class)
        for store, data_class in OF_FOLLOWERS[service].items()
    )


def at_treatment(
    connection: Connection, treatment: Treatment, chain_id: UUID, client_id: UUID, request_id: str
) -> AtTreatment:
    """Ask treatment about a person, by any of their ids. Raises NotThere and Gone."""
    ids = ids_of(connection, person(connection, client_id).id)
    return AtTreatment(ids, holdings(treatment, chain_id, ids, request_id))


def ids_of(connection: Connection, person_id: UUID) -> tuple[UUID, ...]:
    """All ids of a person, the one they go by first."""
    return (person_id, *(each for each in followers_of(connection, person_id) if each != person_id))


def holdings(treatment: Treatment, chain_id: UUID, ids: Sequence[UUID], request_id: str) -> Holdings | None:
    """What treatment has of these ids of one person; None while it does not answer."""
    question = {"chain_id": str(chain_id), "client_ids": [str(each) for each in ids]}
    return asked(treatment, HOLDINGS, question, request_id, Holdings)


def let_go(treatment: Treatment, chain_id: UUID, requests: Sequence[UUID], request_id: str) -> Sequence[LetGo] | None:
    """What treatment has let go of for these requests until now; None while it does not answer."""
    question = {"chain_id": str(chain_id), "request_ids": [str(each) for each in requests]}
    answer = asked(treatment, FOLLOWED, question, request_id, AllLetGo)
    return None if answer is None else answer.items


def asked(
    treatment: Treatment, path: str, question: dict[str, Any], request_id: str, shape: type[Shape]
) -> Shape | None:
    try:
        return treatment.post(path, question, request_id, shape, TIMEOUT)
    except TreatmentAway:
        return None
