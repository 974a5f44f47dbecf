"""Letting go: the keys first, then what was made with them, and the word that it happened, in one transaction.

The keys are destroyed before anything is looked at, which waits for whoever is just sealing something for the client;
all that comes later finds no key. So nothing is left, whoever writes at the same time, and a kill undoes all of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import text

from services.scheduling.erasure.asking import held, stream_of
from services.scheduling.erasure.decider import ERASURE, Confirm, Erase, goes
from services.scheduling.erasure.load import situation_of
from services.scheduling.erasure.receipts import address_of
from services.scheduling.erasure.rules import assess
from services.scheduling.erasure.stores import swept
from services.scheduling.erasure.treatment import AtTreatment, ids_of
from shared import keys
from shared.database import Database
from shared.decider import fold, handle
from shared.event_store import Metadata, Transaction
from shared.events.registry import DataClass
from shared.locks import lock
from shared.reading import find

LAST_ZONE = timedelta(hours=12)
"""No clock is further behind: a day has come everywhere when it has come there."""

MOST = 100
DUE = text("SELECT id FROM erasure_requests WHERE next_on <= :today ORDER BY next_on, id LIMIT :most")


def confirm(tx: Transaction, request_id: UUID, known: AtTreatment, now: datetime, if_match: int | None) -> None:
    """Let go of what need not be kept; raises NotThere, Gone, VersionMismatch and refusals."""
    client, _ = held(tx.connection, tx.chain_id, known)
    today = client.day(now)
    assessment = assess(situation_of(tx.connection, client, known, today), today)
    command = Confirm(
        request_id=request_id,
        assessment=assessment,
        address=address_of(tx.connection, client.id, now),
        now=now,
        today=today,
    )
    handle(tx, ERASURE, stream_of(request_id), command, if_match=if_match)
    erase(tx, request_id, known.ids, assessment.now, now)


def erase_due(database: Database, chains: Iterable[UUID], metadata: Metadata, now: datetime) -> int:
    """Let go of what was kept until today, each client for themselves; gives for how many, at most MOST of a chain."""
    today = (now - LAST_ZONE).date()
    count = 0
    for chain_id in chains:
        with database.reading(chain_id) as connection:
            due = list(connection.execute(DUE, {"today": today, "most": MOST}).scalars())
        for request_id in due:
            database.command(chain_id, metadata, partial(erase_rest, request_id=request_id, now=now))
        count += len(due)
    return count


def erase_rest(tx: Transaction, request_id: UUID, now: datetime) -> None:
    """Let go of what a request has kept and need not keep any more; a second time this does nothing."""
    row = find(tx.connection, "erasure_requests", request_id)
    ids = ids_of(tx.connection, row.client_id)
    lock(tx.connection, ("client", ids))
    classes = goes(fold(ERASURE, tx.load(stream_of(request_id))), (now - LAST_ZONE).date())
    if classes:
        erase(tx, request_id, ids, classes, now)


def erase(
    tx: Transaction, request_id: UUID, ids: Sequence[UUID], classes: tuple[DataClass, ...], now: datetime
) -> None:
    destroyed = keys.destroy(tx.connection, tx.chain_id, ids, classes)
    command = Erase(
        request_id=request_id,
        client_ids=tuple(ids),
        classes=classes,
        keys=len(destroyed),
        swept=swept(tx.connection, ids),
        now=now,
    )
    handle(tx, ERASURE, stream_of(request_id), command)
