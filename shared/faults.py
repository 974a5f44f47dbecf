"""Which failures pass by themselves, and how a failure is told without the data that caused it."""

import traceback
from pathlib import Path
from typing import Any

import httpx
import psycopg.errors
import redis
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolExhausted

OUR_CODE = Path(__file__).parents[1]

OURS_TO_MEND = (psycopg.errors.ProgramLimitExceeded, psycopg.errors.StatementTooComplex, psycopg.errors.TooManyColumns)
"""psycopg counts these among the troubles of a server, but the statement is to blame."""


def passes_by_itself(error: BaseException) -> bool:
    """Whether the same work may succeed later: lost connections, locks, a busy or restarting server."""
    if isinstance(error, PoolExhausted | httpx.HTTPError | redis.ConnectionError | redis.TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    cause: Any = error.orig
    if error.connection_invalidated or isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return True
    passing = (psycopg.OperationalError, psycopg.InterfaceError)
    return isinstance(cause, passing) and not isinstance(cause, OURS_TO_MEND)


def described(error: BaseException) -> str:
    """The failure's kind and place in our code; its message is left out, because it may quote a person's data."""
    kind = type(error).__name__
    cause = getattr(error, "orig", None)
    if isinstance(cause, psycopg.Error):
        kind = " ".join(filter(None, [type(cause).__name__, cause.sqlstate, cause.diag.constraint_name]))
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if is_ours(frame.filename)]
    return f"{kind} at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else kind


def is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(OUR_CODE) and "site-packages" not in path.parts
