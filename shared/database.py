"""Transactions of one service: every one belongs to a chain, and a command is retried when another was faster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg.errors
import structlog
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from shared import access_log
from shared.decider import StreamChanged
from shared.event_store import Metadata, Transaction, View
from shared.sealing import Sealer

Result = TypeVar("Result")
log = structlog.get_logger()

ENTER = text("SELECT enter_chain(:chain_id, :writes)")
ATTEMPTS = 5


def make_engine(url: str, *, size: int = 10) -> Engine:
    """A lazily connecting pool for a PostgreSQL URL."""
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        pool_use_lifo=True,
        hide_parameters=True,  # an error must not carry contact details into the log
    )


@contextmanager
def reading(engine: Engine, chain_id: UUID) -> Iterator[Connection]:
    """A transaction that sees one chain through the read models in use, and has no keys."""
    with engine.begin() as connection:
        connection.execute(ENTER, {"chain_id": chain_id, "writes": False})
        yield connection


class Database:
    """The database of one service, used by its own role under row-level security."""

    def __init__(self, engine: Engine, *, sealer: Sealer, views: Sequence[View] = ()) -> None:
        self.engine = engine
        self.views = views
        self.sealer = sealer

    def reading(self, chain_id: UUID) -> AbstractContextManager[Connection]:
        """A transaction that sees one chain through the read models in use."""
        return reading(self.engine, chain_id)

    def command(self, chain_id: UUID, metadata: Metadata, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` and commit its events, views and claims together; again from the start when another was faster.

        Raises StreamChanged when that happened too often.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.attempt(chain_id, metadata, work)
            except (StreamChanged, DBAPIError) as error:
                if attempt == ATTEMPTS or not worth_repeating(error):
                    raise
                log.info("command_repeated", attempt=attempt, error=type(error).__name__)
        raise AssertionError

    def attempt(self, chain_id: UUID, metadata: Metadata, work: Callable[[Transaction], Result]) -> Result:
        with self.engine.begin() as connection:
            connection.execute(ENTER, {"chain_id": chain_id, "writes": True})
            transaction = Transaction(connection, chain_id, metadata, self.sealer, self.views)
            result = work(transaction)
            transaction.commit_events()
            if transaction.shown is not None:
                access_log.append(connection, chain_id, transaction.shown)
        return result


def worth_repeating(error: Exception) -> bool:
    """Whether the same command may succeed when it is decided anew."""
    cause: Any = getattr(error, "orig", None)
    repeatable = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    return isinstance(error, StreamChanged) or isinstance(cause, repeatable)
