"""One PostgreSQL and one Valkey for a whole test run, however many workers it has; each test gets databases of its own.

The first test that needs a server starts it, under a file lock; the process that began the run stops them all. A
run that was killed leaves its folder behind, and the next run clears it away.
"""

import fcntl
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from psycopg import sql

from shared.databases import prepare_databases
from shared.embedded import postgres as embedded_postgres, redis as embedded_redis
from shared.embedded.mailbox import Mailbox, SmsAccount
from shared.embedded.postgres import PostgresPlace, PostgresServer
from shared.embedded.processes import end, free_port, running
from shared.embedded.redis import RedisServer
from shared.settings import DatabaseSettings

FOLDER_VARIABLE = "TEST_SERVERS_FOLDER"
FOLDER_PREFIX = "synergist-tests-"
SYSTEM_BINARIES = Path(os.environ.get("SYNERGIST_TEST_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 4 * 2**30
PASSWORD = "of-no-worth-to-anybody"  # the servers of a test run hold nothing, listen on loopback and end with it
EMBEDDED, SYSTEM = "embedded", "postgres15"
MIGRATIONS = {
    "scheduling": "services.scheduling.migrations",
    "treatment": "services.treatment.migrations",
    "workers": "workers.migrations",
}


@dataclass
class ServerFarm:
    """The servers of this run, each started when it is first asked for."""

    folder: Path
    worker: str
    numbers: Iterator[int] = field(default_factory=count)
    postgres_servers: dict[str, PostgresServer] = field(default_factory=dict)

    def postgres(self, release: str = EMBEDDED) -> PostgresServer:
        """`release` is `embedded`, or `postgres15` for the system's own."""
        if release not in self.postgres_servers:
            with self.locked():
                binaries = SYSTEM_BINARIES if release == SYSTEM else None
                place = PostgresPlace.within(self.folder / release, binaries, durable=False)
                self.postgres_servers[release] = embedded_postgres.start(place, PASSWORD)
        return self.postgres_servers[release]

    def redis(self) -> RedisServer:
        with self.locked():
            return embedded_redis.start(self.folder / "shared", PASSWORD)

    @contextmanager
    def database(self, part: str, release: str = EMBEDDED, template: str = "") -> Iterator[DatabaseSettings]:
        """A new database of `scheduling`, `treatment` or `workers`, dropped at the end: migrated, or a copy of another."""
        server = self.postgres(release)
        template = template or self.template(part, release)
        name = f"{part}_{self.worker}_{next(self.numbers)}"
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute(copy_of(part, template, name))
            try:
                yield database_urls(server, part, name)
            finally:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, part: str, release: str) -> str:
        """The migrated database that others of its part are copied from, made once in a run."""
        server, name = self.postgres(release), f"{part}_template"
        done = self.folder / release / name
        with self.locked():
            if not done.exists():
                urls = database_urls(server, part, name)
                prepare_databases(server.url, [urls])
                importlib.import_module(MIGRATIONS[part]).upgrade(urls.migrate)
                done.touch()
        return name

    def keep(self, part: str, database: str, name: str) -> None:
        """Keep a copy of a database, to which nobody is connected, for the rest of the run."""
        with psycopg.connect(self.postgres().url, autocommit=True) as admin:
            admin.execute(copy_of(part, database, name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def copy_of(part: str, template: str, name: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
        sql.Identifier(name), sql.Identifier(template), sql.Identifier(f"{part}_owner")
    )


def database_urls(server: PostgresServer, part: str, name: str) -> DatabaseSettings:
    def url(kind: str) -> str:
        return f"postgresql://{part}_{kind}:{PASSWORD}@127.0.0.1:{server.port}/{name}"

    return DatabaseSettings(api=url("api"), reader=url("reader") if part != "workers" else "", migrate=url("owner"))


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or FOLDER_VARIABLE in os.environ:
        return
    sweep()
    folder = place_of_servers() / f"{FOLDER_PREFIX}{os.getpid()}"
    folder.mkdir()
    os.environ[FOLDER_VARIABLE] = str(folder)
    config.add_cleanup(lambda: clear_away(folder))


def place_of_servers() -> Path:
    """In memory where there is room for it: a copy of a database takes a fifth of the time there."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_IN_MEMORY
    return MEMORY if roomy else Path(tempfile.gettempdir())


def sweep() -> None:
    """Clear away what killed runs left behind."""
    for folder in (each for place in (MEMORY, Path(tempfile.gettempdir())) for each in place.glob(f"{FOLDER_PREFIX}*")):
        if not psutil.pid_exists(int(folder.name.removeprefix(FOLDER_PREFIX))):
            clear_away(folder)


def clear_away(folder: Path) -> None:
    os.environ.pop(FOLDER_VARIABLE, None)
    for program, data in (
        ("postgres", folder / EMBEDDED / "postgres"),
        ("postgres", folder / SYSTEM / "postgres"),
        ("valkey-server", folder / "shared" / "redis"),
    ):
        if (process := running(program, data)) is not None:
            end(process)
    with suppress(OSError):
        shutil.rmtree(folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `postgres15` runs on both releases, where the system has the older one."""
    marked = metafunc.definition.get_closest_marker("postgres15") is not None
    if marked and "postgres_release" in metafunc.fixturenames and (SYSTEM_BINARIES / "postgres").exists():
        metafunc.parametrize("postgres_release", [EMBEDDED, SYSTEM], scope="session")


@pytest.fixture(scope="session")
def postgres_release() -> str:
    return EMBEDDED


@pytest.fixture(scope="session")
def servers() -> ServerFarm:
    """For fixtures of a wider scope, which make their own databases with `servers.database(part)`."""
    return ServerFarm(Path(os.environ[FOLDER_VARIABLE]), os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture
def scheduling_db(servers: ServerFarm, postgres_release: str) -> Iterator[DatabaseSettings]:
    with servers.database("scheduling", postgres_release) as settings:
        yield settings


@pytest.fixture
def treatment_db(servers: ServerFarm, postgres_release: str) -> Iterator[DatabaseSettings]:
    with servers.database("treatment", postgres_release) as settings:
        yield settings


@pytest.fixture
def workers_db(servers: ServerFarm, postgres_release: str) -> Iterator[DatabaseSettings]:
    with servers.database("workers", postgres_release) as settings:
        yield settings


def emptied(server: RedisServer, number: int) -> str:
    url = server.database(number)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def worker_number(worker: str) -> int:
    return int(worker.removeprefix("gw")) if worker.startswith("gw") else 0


@pytest.fixture
def redis_url(servers: ServerFarm) -> str:
    """An empty database for event streams and rate limits."""
    return emptied(servers.redis(), 2 * worker_number(servers.worker))


@pytest.fixture
def broker_url(servers: ServerFarm) -> str:
    """An empty database for Celery, beside `redis_url`."""
    return emptied(servers.redis(), 2 * worker_number(servers.worker) + 1)


@dataclass
class PrivateRedis:
    """A Valkey that belongs to one test, which may kill it, start it again on the same port, and pause it."""

    folder: Path
    port: int = field(default_factory=free_port)
    server: RedisServer | None = None

    def start(self) -> str:
        """Start, on the data of the last time. Returns the URL of database 0."""
        self.server = embedded_redis.start(self.folder, PASSWORD, self.port)
        assert self.server.port == self.port
        return self.server.database(0)

    def kill(self) -> None:
        assert self.server is not None
        self.server.process.kill()
        self.server.process.wait(timeout=10)

    def stop(self) -> None:
        if self.server is not None:
            end(self.server.process)


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    own = PrivateRedis(tmp_path / "private")
    own.start()
    yield own
    own.stop()


def mailbox_at(folder: Path) -> Mailbox:
    return Mailbox(folder / "mailbox.jsonl", free_port(), free_port(), SmsAccount("AC-demo", PASSWORD))


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A mailbox within the test's process, on ports of its own: `http_port`, `smtp_port`, `account`, `store`."""
    box = mailbox_at(tmp_path)
    box.start()
    yield box
    box.stop()
