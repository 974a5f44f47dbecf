"""Health and metrics: a word about what fails, from a thread of its own, for every process."""

import httpx
import prometheus_client
import pytest
import redis
from sqlalchemy import create_engine

from shared.embedded.processes import free_port
from shared.health import Check, HealthServer, Heartbeat, Stalled, database_answers, redis_answers
from shared.settings import DatabaseSettings
from tests.support.servers import PrivateRedis


def fail() -> None:
    raise ConnectionError("no route to db.internal as user someone")


def ask(path: str, ready: dict[str, Check], live: dict[str, Check] | None = None) -> httpx.Response:
    port = free_port()
    with HealthServer("127.0.0.1", port, ready, live):
        return httpx.get(f"http://127.0.0.1:{port}{path}")


def test_is_ready_when_every_check_passes() -> None:
    answer = ask("/health/ready", {"database": lambda: None})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_names_the_check_that_fails_and_no_more() -> None:
    answer = ask("/health/ready", {"database": fail, "redis": lambda: None})
    assert answer.status_code == 503
    assert answer.json() == {"status": "unwell", "failures": {"database": "ConnectionError"}}


def test_lives_although_what_it_depends_on_is_away() -> None:
    assert ask("/health/live", {"database": fail}).status_code == 200


def test_is_dead_when_its_work_has_stalled() -> None:
    assert ask("/health/live", {}, {"loop": fail}).status_code == 503


def test_shows_metrics() -> None:
    prometheus_client.Counter("demo_rounds", "Rounds").inc()
    assert "demo_rounds_total 1.0" in ask("/metrics", {}).text


def test_without_a_port_there_is_nothing_to_ask() -> None:
    with HealthServer("127.0.0.1", None, {}) as health:
        assert health.server is None


def test_a_heartbeat_stalls_when_it_is_too_old() -> None:
    now = [0.0]
    heart = Heartbeat(within_seconds=30, clock=lambda: now[0])
    now[0] = 29.0
    heart.check()
    now[0] = 31.0
    with pytest.raises(Stalled, match="31 s"):
        heart.check()
    heart.beat()
    heart.check()


def test_asks_the_database(scheduling_db: DatabaseSettings) -> None:
    engine = create_engine(scheduling_db.api)
    database_answers(engine)()
    engine.dispose()
    away = create_engine("postgresql://nobody:x@127.0.0.1:1/none")
    with pytest.raises(Exception, match="refused"):
        database_answers(away)()


def test_asks_redis(private_redis: PrivateRedis) -> None:
    check = redis_answers(private_redis.start())
    check()
    private_redis.kill()
    with pytest.raises(redis.ConnectionError):
        check()
