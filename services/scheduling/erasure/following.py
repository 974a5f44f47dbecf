"""What those who follow say of an erasure: that they have let go, and what treatment could not say when it was away.

Treatment is asked as often as the workers' clock says, the workers tell by themselves; whatever is said again changes
nothing. So a service that is away makes a receipt late, and neither loses it nor a decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import text

from services.scheduling.erasure.asking import stream_of
from services.scheduling.erasure.decider import ERASURE, Complete, Follow
from services.scheduling.erasure.erasing import erase
from services.scheduling.erasure.load import Subject, situation_of
from services.scheduling.erasure.rules import assess
from services.scheduling.erasure.treatment import AtTreatment, holdings, ids_of, let_go
from services.scheduling.export.treatment import Treatment
from shared.database import Database
from shared.decider import fold, handle
from shared.event_store import Metadata, Transaction
from shared.faults import described, passes_by_itself
from shared.locks import lock
from shared.reading import find

MOST = 100
UNDECIDED = text(
    "SELECT id FROM erasure_requests WHERE undecided <> '{}' AND state = 'waiting' ORDER BY id LIMIT :most"
)
ZONE = text("SELECT time_zone FROM clients WHERE id = :id")
AWAITED = text("SELECT id FROM erasure_requests WHERE 'treatment' = ANY(awaits) ORDER BY id LIMIT :most")


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listener:
    """Whoever hears what treatment has to say; `metadata` is of what is recorded of it."""

    database: Database
    treatment: Treatment
    metadata: Metadata

    def hear(self, chains: Iterable[UUID], now: datetime) -> None:
        """Ask about all that waits for treatment, at most MOST of a chain at once; the first silence ends it."""
        for chain_id in chains:
            if not (self.hear_of_undecided(chain_id, now) and self.hear_of_awaited(chain_id)):
                return

    def hear_of_undecided(self, chain_id: UUID, now: datetime) -> bool:
        """Decide what was left open when treatment was away; False where it still is.

        A request that cannot be decided is logged, and keeps no other waiting.
        """
        with self.database.reading(chain_id) as connection:
            requests = connection.execute(UNDECIDED, {"most": MOST}).scalars().all()
        for request_id in requests:
            try:
                if not self.hear_of(chain_id, request_id, now):
                    return False
            except Exception as error:
                if passes_by_itself(error):
                    raise
                log.error("erasure_not_completed", request_id=request_id, error=described(error))  # noqa: TRY400 - see `described`
        return True

    def hear_of(self, chain_id: UUID, request_id: UUID, now: datetime) -> bool:
        with self.database.reading(chain_id) as connection:
            ids = ids_of(connection, find(connection, "erasure_requests", request_id).client_id)
        found = holdings(self.treatment, chain_id, ids, self.metadata.correlation_id)
        if found is None:
            return False
        work = partial(complete, request_id=request_id, known=AtTreatment(ids, found), now=now)
        self.database.command(chain_id, self.metadata, work)
        return True

    def hear_of_awaited(self, chain_id: UUID) -> bool:
        """Record what treatment has let go of; False where it does not say."""
        with self.database.reading(chain_id) as connection:
            requests = connection.execute(AWAITED, {"most": MOST}).scalars().all()
        if not requests:
            return True
        found = let_go(self.treatment, chain_id, requests, self.metadata.correlation_id)
        for each in found or ():
            command = Follow(
                request_id=each.request_id,
                by="treatment",
                classes=each.classes,
                swept=each.swept,
                followed_at=each.followed_at,
            )
            self.database.command(chain_id, self.metadata, partial(follow, command=command))
        return found is not None


def complete(tx: Transaction, request_id: UUID, known: AtTreatment, now: datetime) -> None:
    """Assess what is left of a confirmed request, and let go of what need not be kept; a second time does nothing."""
    lock(tx.connection, ("client", known.ids))
    before = fold(ERASURE, tx.load(stream_of(request_id)))
    client = remembered(tx, known.ids[0])
    today = client.day(now)
    found = replace(assess(situation_of(tx.connection, client, known, today), today), holds=())
    handle(tx, ERASURE, stream_of(request_id), Complete(request_id=request_id, assessment=found, today=today))
    if classes := tuple(each for each in before.undecided if each in found.now):
        erase(tx, request_id, known.ids, classes, now)


def remembered(tx: Transaction, client_id: UUID) -> Subject:
    """Somebody whom only the log still knows; their day of birth is sealed with who they are."""
    born = [entry.event.birth_date for entry in tx.load(f"client-{client_id}") if hasattr(entry.event, "birth_date")]
    return Subject(client_id, born[-1], tx.connection.execute(ZONE, {"id": client_id}).scalar_one())


def follow(tx: Transaction, command: Follow) -> None:
    """Record that a service has let go of the same; a second time does nothing."""
    handle(tx, ERASURE, stream_of(command.request_id), command)
