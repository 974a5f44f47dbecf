"""The embedded servers: durable, adopted, and plain about what keeps them from running."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.databases import prepare_databases
from shared.embedded import ServerUnavailable, postgres as embedded_postgres, redis as embedded_redis
from shared.embedded.postgres import PostgresPlace, PostgresServer
from shared.embedded.processes import end, running
from shared.settings import DatabaseSettings
from tests.support.servers import PASSWORD, PrivateRedis, ServerFarm, database_urls


@pytest.fixture
def place() -> Iterator[PostgresPlace]:
    """Not within pytest's own temporary folder: each run of pytest closes that to other users, such as the server's."""
    with TemporaryDirectory(prefix="synergist-postgres-") as folder:
        place = PostgresPlace.within(Path(folder), durable=False)
        yield place
        if (process := running("postgres", place.data)) is not None:
            end(process)


def write(server: PostgresServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")


def read(server: PostgresServer) -> object:
    with psycopg.connect(server.url) as connection:
        return connection.execute("SELECT one FROM kept").fetchone()


def test_postgres_keeps_its_data_and_its_port_over_a_stop(place: PostgresPlace) -> None:
    first = embedded_postgres.start(place, PASSWORD)
    write(first)
    first.stop()
    assert running("postgres", place.data) is None
    second = embedded_postgres.start(place, PASSWORD, first.port)
    assert read(second) == (1,)
    assert second.port == first.port


def test_postgres_that_outlived_its_parent_is_adopted(place: PostgresPlace) -> None:
    first = embedded_postgres.start(place, PASSWORD)
    second = embedded_postgres.start(place, PASSWORD)
    assert second.adopted
    assert (second.process.pid, second.url) == (first.process.pid, first.url)


def test_postgres_starts_after_being_killed(place: PostgresPlace) -> None:
    first = embedded_postgres.start(place, PASSWORD)
    write(first)
    first.process.kill()
    first.process.wait()
    assert read(embedded_postgres.start(place, PASSWORD)) == (1,)


def test_a_lock_file_whose_pid_is_somebody_elses_is_no_hindrance(place: PostgresPlace) -> None:
    embedded_postgres.start(place, PASSWORD).stop()
    (place.data / "postmaster.pid").write_text("1\n/elsewhere\n0\n5432\n\n127.0.0.1\n\nready\n")
    assert not embedded_postgres.start(place, PASSWORD).adopted


def test_data_of_another_major_version_is_refused(place: PostgresPlace) -> None:
    embedded_postgres.start(place, PASSWORD).stop()
    (place.data / "PG_VERSION").write_text("13\n")
    with pytest.raises(ServerUnavailable, match=r"written by PostgreSQL 13.*make reset"):
        embedded_postgres.start(place, PASSWORD)


def test_a_lost_password_is_said_plainly(place: PostgresPlace) -> None:
    embedded_postgres.start(place, PASSWORD)
    with pytest.raises(ServerUnavailable, match="another password"):
        embedded_postgres.start(place, "another")


def test_a_server_that_cannot_start_shows_the_end_of_its_log(place: PostgresPlace) -> None:
    embedded_postgres.start(place, PASSWORD).stop()
    with (place.data / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = 'a lot'\n")
    with pytest.raises(ServerUnavailable, match="shared_buffers"):
        embedded_postgres.start(place, PASSWORD)


def test_programs_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailable, match="There is no PostgreSQL in"):
        embedded_postgres.start(PostgresPlace.within(tmp_path, tmp_path / "nowhere" / "bin"), PASSWORD)


def test_redis_keeps_what_it_was_told_over_a_kill_and_never_evicts(private_redis: PrivateRedis) -> None:
    with redis.Redis.from_url(private_redis.start()) as client:
        client.set("kept", "yes")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
    private_redis.kill()
    with redis.Redis.from_url(private_redis.start()) as client:
        assert client.get("kept") == b"yes"


def test_redis_that_outlived_its_parent_is_adopted(private_redis: PrivateRedis) -> None:
    assert embedded_redis.start(private_redis.folder, PASSWORD).adopted


def test_redis_wants_its_password(private_redis: PrivateRedis) -> None:
    with (
        redis.Redis(port=private_redis.port, retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


@pytest.fixture
def prepared(servers: ServerFarm) -> DatabaseSettings:
    server = servers.postgres()
    urls = database_urls(server, "scheduling", "scheduling_prepared")
    prepare_databases(server.url, [urls])
    return urls


def test_preparing_twice_changes_nothing(servers: ServerFarm, prepared: DatabaseSettings) -> None:
    prepare_databases(servers.postgres().url, [prepared])
    with psycopg.connect(prepared.api) as connection:
        assert connection.execute("SELECT current_user::text").fetchone() == ("scheduling_api",)


def test_no_role_passes_row_level_security(prepared: DatabaseSettings) -> None:
    with psycopg.connect(prepared.reader) as connection:
        found = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'scheduling\\_%' AND"
            " (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"
        ).fetchall()
    assert found == []


def test_only_the_owner_may_make_tables(prepared: DatabaseSettings) -> None:
    with psycopg.connect(prepared.migrate) as owner:
        owner.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        owner.execute("CREATE TEMPORARY TABLE mine ()")
    for url in (prepared.api, prepared.reader):
        with psycopg.connect(url) as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("CREATE TABLE theirs ()")


def test_the_services_role_waits_for_no_lock_for_ever(prepared: DatabaseSettings) -> None:
    with psycopg.connect(prepared.api) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in ("jit", "lock_timeout", "statement_timeout")]
    assert shown == [("off",), ("5s",), ("15s",)]


def test_a_role_that_is_a_superuser_is_refused(servers: ServerFarm) -> None:
    server = servers.postgres()
    url = f"{server.url}_never"
    with pytest.raises(ValueError, match="pass row-level security"):
        prepare_databases(server.url, [DatabaseSettings(api=url, reader="", migrate=url)])


def test_an_address_without_a_password_is_refused(servers: ServerFarm) -> None:
    url = "postgresql://someone@127.0.0.1/scheduling"
    with pytest.raises(ValueError, match="password"):
        prepare_databases(servers.postgres().url, [DatabaseSettings(api=url, reader="", migrate=url)])
