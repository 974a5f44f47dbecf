"""How long work on reports may take; what is leased for it stays so as long as somebody is at it, and no longer.

Each limit lets through what is within it: a statement is shorter than a task, a lease longer than the pauses between
its renewals. A worker that dies renews nothing, so others go on after LEASE, however long the work would have taken.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Thread
from uuid import UUID

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from shared.faults import described

TURN = timedelta(minutes=2)
"""A turn with much to do begins nothing new after so long; the next tick goes on."""

STATEMENT = timedelta(minutes=10)
"""For one statement that reads the facts of a chain, and for what is computed between two."""

TASK = timedelta(hours=1)
"""So long may take what is begun: a chain is read and all its reports are made, or a way is walked.

Then it is cut short as a failure, and tried again later.
"""

LAST_WORDS = timedelta(minutes=1)
"""So long a task that is cut short may take to put things down, before its process is ended."""

LEASE = timedelta(minutes=6)
RENEWED = timedelta(minutes=1)

LEASED = ("due_periods", "wanted_reports", "wanted_restatements", "restated_periods")
RENEW = [
    text(f"UPDATE {table} SET next_at = :until WHERE lease_token = :token")  # noqa: S608 - a table of ours
    for table in LEASED
]

log = structlog.get_logger()


@contextmanager
def meanwhile(act: Callable[[], None], every: timedelta = RENEWED) -> Iterator[None]:
    """Have this done again and again, in a thread, while the block runs; never after it."""
    over = Event()

    def again() -> None:
        while not over.wait(every.total_seconds()):
            act()

    thread = Thread(target=again, name="meanwhile", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def held(engine: Engine, token: UUID, clock: Callable[[], datetime], every: timedelta = RENEWED) -> Iterator[None]:
    """While the block runs, whatever this token has leased stays leased; it needs a connection of its own."""
    with meanwhile(partial(renew, engine, token, clock), every):
        yield


def renew(engine: Engine, token: UUID, clock: Callable[[], datetime]) -> None:
    """Where the database does not answer the next time may do, as a lease outlasts some of them."""
    try:
        with engine.begin() as connection:
            for statement in RENEW:
                connection.execute(statement, {"token": token, "until": clock() + LEASE})
    except SQLAlchemyError as error:
        log.warning("lease_not_renewed", error=described(error))
