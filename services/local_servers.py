"""The servers and the place of a local system: one system per folder, servers for whatever no address was given of."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click

from services import local_environment as local
from services.migrating import NEEDED
from services.supervisor import end_leftovers
from shared.embedded import ServerUnavailable, postgres, redis
from shared.embedded.postgres import PostgresPlace, PostgresServer
from shared.embedded.processes import end, port_is_free, running
from shared.embedded.redis import RedisServer
from shared.embedded.secrets import Secrets, load_secrets
from shared.settings import AddressSettings, Settings, resolve_files


@dataclass
class System:
    """What is running, in the order in which it was started."""

    settings: Settings
    environment: dict[str, str] = field(default_factory=dict)
    postgres: PostgresServer | None = None
    redis: RedisServer | None = None

    @property
    def folder(self) -> Path:
        return self.settings.folder


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for this system; raises ServerUnavailable when another has it."""
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServerUnavailable(f"Synergist runs already in {folder} (process {holder(lock)}).") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read() or "unknown"


def refuse_taken_ports(address: AddressSettings) -> None:
    wanted = {
        "SYNERGIST_SCHEDULING_PORT": address.scheduling_port,
        "SYNERGIST_TREATMENT_PORT": address.treatment_port,
        "SYNERGIST_MAILBOX_PORT": address.mailbox_port,
        "SYNERGIST_ISSUER_PORT": address.issuer_port,
        "SYNERGIST_MAILBOX_SMTP_PORT": address.mailbox_smtp_port,
        "SYNERGIST_MAILBOX_IMAP_PORT": address.mailbox_imap_port,
    }
    taken = {name: port for name, port in wanted.items() if not port_is_free(port)}
    if taken:
        raise ServerUnavailable(
            "\n".join(
                f"Port {port} is taken by another program; choose another with {name}." for name, port in taken.items()
            )
        )


def start_servers(system: System, environ: Mapping[str, str]) -> None:
    """Start what the person gave no address of, and complete the environment with it."""
    given, _ = resolve_files(environ)
    folder, address = system.folder, system.settings.address
    secrets = load_secrets(folder)
    databases = database_group(system, given, secrets)
    streams = redis_group(system, given, secrets)
    system.environment = local.completed(
        given | {"SYNERGIST_FOLDER": str(folder)},
        databases,
        streams,
        local.issuer_variables(folder, address, secrets),
        local.service_variables(folder, secrets),
        local.anchor_variables(folder, secrets),
        local.sealing_variables(secrets),
        local.email_variables(address),
        local.sms_variables(address, secrets),
        local.reply_variables(address, secrets),
    )
    system.settings = Settings.read(
        system.environment, need=[*NEEDED, *local.DATABASE_VARIABLES, *local.REDIS_VARIABLES]
    )


def database_group(system: System, given: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    if local.gives(given, local.DATABASE_VARIABLES):
        return {}
    if "SYNERGIST_POSTGRES_URL" in given:
        return local.database_urls(given["SYNERGIST_POSTGRES_URL"], secrets)
    place = PostgresPlace.within(system.folder)
    if not place.data.exists():
        click.echo("Making a PostgreSQL database cluster …")
    system.postgres = postgres.start(place, secrets.passwords["postgres"], remembered(system.folder, "postgres"))
    remember(system.folder, "postgres", system.postgres.port)
    admin = {"SYNERGIST_POSTGRES_URL": system.postgres.url}
    return admin | local.database_urls(system.postgres.url, secrets)


def redis_group(system: System, given: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    if local.gives(given, local.REDIS_VARIABLES):
        return {}
    system.redis = redis.start(system.folder, secrets.passwords["redis"], remembered(system.folder, "redis"))
    remember(system.folder, "redis", system.redis.port)
    return {"SYNERGIST_REDIS_URL": system.redis.database(0), "SYNERGIST_BROKER_URL": system.redis.database(1)}


def remembered(folder: Path, server: str) -> int | None:
    try:
        return int((folder / f"{server}.port").read_text())
    except (OSError, ValueError):
        return None


def remember(folder: Path, server: str, port: int) -> None:
    (folder / f"{server}.port").write_text(str(port))


def stop_servers(system: System) -> None:
    """Stop the servers of this system, adopted ones too; their data stay."""
    if system.redis is not None:
        system.redis.stop()
    if system.postgres is not None:
        system.postgres.stop()


def forget_everything(folder: Path) -> None:
    """End what still runs in `folder`, and delete it. Raises ServerUnavailable while a system runs there."""
    if not folder.exists():
        return
    with only_one(folder):
        end_leftovers(folder)
        end_servers_of(folder)
        shutil.rmtree(folder)


def end_servers_of(folder: Path) -> None:
    """End whatever servers still work on the data in `folder`, whoever started them."""
    for program, data in (("postgres", folder / "postgres"), ("valkey-server", folder / "redis")):
        if (process := running(program, data.resolve())) is not None:
            end(process)
    postgres.end_unfinished((folder / "postgres").resolve())
