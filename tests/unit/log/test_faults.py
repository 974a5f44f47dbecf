"""What passes by itself is told from what does not, and a failure is told without anybody's data."""

import httpx
import psycopg
import psycopg.errors
import pytest
import redis
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError, TimeoutError as PoolExhausted

from shared.backoff import Backoff
from shared.codec import UnknownEvent
from shared.faults import described, passes_by_itself


def of_database(cause: psycopg.Error, kind: type = OperationalError) -> Exception:
    error: Exception = kind("SELECT 'Jane Doe'", {"name": "Jane Doe"}, cause)
    return error


@pytest.mark.parametrize(
    "error",
    [
        of_database(psycopg.OperationalError("server closed the connection")),
        of_database(psycopg.errors.AdminShutdown()),
        of_database(psycopg.errors.LockNotAvailable()),
        of_database(psycopg.errors.DeadlockDetected()),
        of_database(psycopg.errors.SerializationFailure()),
        of_database(psycopg.errors.QueryCanceled()),
        of_database(psycopg.errors.TooManyConnections()),
        of_database(psycopg.errors.DiskFull()),
        of_database(psycopg.errors.ReadOnlySqlTransaction(), InternalError),
        PoolExhausted(),
        redis.ConnectionError(),
        redis.TimeoutError(),
        httpx.ConnectTimeout("slow"),
    ],
)
def test_trouble_with_servers_and_locks_passes_by_itself(error: Exception) -> None:
    assert passes_by_itself(error)


@pytest.mark.parametrize(
    "error",
    [
        of_database(psycopg.errors.UniqueViolation(), IntegrityError),
        of_database(psycopg.errors.UndefinedTable()),
        of_database(psycopg.errors.ProgramLimitExceeded()),
        UnknownEvent("scheduling.from_tomorrow.v1"),
        LookupError("a bug"),
        ValueError("a bug"),
    ],
)
def test_a_bug_does_not_pass_by_itself(error: Exception) -> None:
    assert not passes_by_itself(error)


def test_a_failure_is_told_by_kind_and_place_and_not_by_what_it_quotes() -> None:
    try:
        raise of_database(psycopg.errors.UniqueViolation("Key (name)=(Jane Doe) already exists."), IntegrityError)
    except IntegrityError as error:
        told = described(error)
    assert told.startswith("UniqueViolation 23505 at test_faults.py:")
    assert "Jane" not in told


def test_a_failure_from_nowhere_is_told_by_its_kind() -> None:
    assert described(KeyError("Jane Doe")) == "KeyError"


def test_pauses_grow_to_a_limit_and_begin_anew_once_it_works_again() -> None:
    backoff = Backoff(least=0.5, most=3.0)
    assert [backoff.pause() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.pause() == 0.5
