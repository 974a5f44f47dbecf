"""`synergist up`: a whole system on one machine from nothing, kept running until Ctrl-C; its data outlast it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib.util import find_spec
from types import FrameType

import click
import httpx
import psycopg

from services import local_environment as local
from services.local_servers import System, only_one, refuse_taken_ports, start_servers, stop_servers
from services.migrating import migrate
from services.processes import PROCESSES, Port, Program
from services.supervisor import MARK, Supervisor, end_leftovers, print_with_name
from shared.embedded import ServerUnavailable
from shared.embedded.processes import LOOPBACK, free_port
from shared.settings import AddressSettings, Settings
from shared.staff_pages import SIGN_IN
from shared.variables import PREFIX

READY_SECONDS = 90.0
GIVE_UP_AFTER = 4  # ends in a row of one process, before the system has been ready
LOOK_SECONDS = 0.2


def up(environ: Mapping[str, str], *, demo: bool) -> None:
    """Run the system until SIGINT or SIGTERM.

    Raises SettingsFaulty or ServerUnavailable, with a message for a person, when it cannot run.
    """
    stopping = stop_on_signals()
    settings = Settings.read(environ)
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_one(settings.folder):
        system = System(settings)
        if left := end_leftovers(system.folder):
            click.echo(f"Ended {left} processes that a killed start had left behind.")
        refuse_taken_ports(settings.address)
        supervisor = Supervisor(system.folder, print_with_name(max(len(program.name) for program in PROCESSES)))
        try:
            start_servers(system, environ)
            local.write(system.folder, system.environment)
            run(system, supervisor, stopping, demo=demo)
        finally:
            stop(system, supervisor)


def stop_on_signals() -> threading.Event:
    stopping = threading.Event()

    def stop_soon(_: int, __: FrameType | None) -> None:
        if stopping.is_set():
            click.echo("Still ending the processes; a few seconds more.")
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_soon)
    return stopping


def run(system: System, supervisor: Supervisor, stopping: threading.Event, *, demo: bool) -> None:
    click.echo("Bringing the databases up to date …")
    migrate(system.settings)
    click.echo(f"Starting {len(PROCESSES)} processes …")
    addresses = start_programs(system, supervisor)
    if not wait_until_ready(supervisor, addresses, stopping):
        return
    if demo and system.postgres is not None:
        load_demo(system, stopping)
    if not stopping.is_set():
        click.echo(where_to_look(system.settings.address))
    while not stopping.wait(LOOK_SECONDS):
        supervisor.look_after_all()


def start_programs(system: System, supervisor: Supervisor) -> dict[str, str]:
    """Start every process; returns the address of each one's /health/ready by its name."""
    addresses: dict[str, str] = {}
    for program in PROCESSES:
        port = port_of(program, system.settings.address)
        own = {"SYNERGIST_HEALTH_PORT": str(port)} if program.answers_at == "health" else {}
        command = [sys.executable, "-m", "services.cli", *program.command]
        supervisor.start(program.name, command, outside() | system.environment | own)
        addresses[program.name] = f"http://{LOOPBACK}:{port}/health/ready"
    return addresses


def outside() -> dict[str, str]:
    """The environment without settings: each process gets the completed ones instead."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def port_of(program: Program, address: AddressSettings) -> int:
    ports: dict[Port, int] = {
        "scheduling": address.scheduling_port,
        "treatment": address.treatment_port,
        "mailbox": address.mailbox_port,
        "issuer": address.issuer_port,
    }
    return ports.get(program.answers_at) or free_port()


def wait_until_ready(supervisor: Supervisor, addresses: Mapping[str, str], stopping: threading.Event) -> bool:
    """False when told to stop meanwhile. Raises ServerUnavailable when a process does not get there."""
    waiting = dict(addresses)
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(timeout=2, trust_env=False) as client:
        while waiting:
            if stopping.wait(LOOK_SECONDS):
                return False
            supervisor.look_after_all()
            for child in supervisor.children:
                if child.failures_in_a_row >= GIVE_UP_AFTER:
                    said = "\n".join(child.last_lines)
                    raise ServerUnavailable(f"{child.name} does not start; it said last:\n{said}")
            waiting = {name: address for name, address in waiting.items() if not is_ready(client, address)}
            if waiting and time.monotonic() > deadline:
                raise ServerUnavailable(f"Not ready after {READY_SECONDS:.0f} s: {', '.join(waiting)}.")
    return True


def is_ready(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(address).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def load_demo(system: System, stopping: threading.Event) -> None:
    """Load the demo into a log without events; one that was cut short is taken up again."""
    unfinished = system.folder / "demo-unfinished"
    if find_spec("demo") is None or not (unfinished.exists() or is_empty(system.settings.scheduling.reader)):
        return
    click.echo("Loading a chain to look at …")
    unfinished.touch()
    environ = outside() | system.environment | {MARK: str(system.folder)}
    loader = subprocess.Popen([sys.executable, "-m", "demo.load"], env=environ, start_new_session=True)
    while loader.poll() is None:
        if stopping.wait(LOOK_SECONDS):
            loader.terminate()
    if loader.returncode == 0:
        unfinished.unlink()
    elif not stopping.is_set():
        click.echo("The demo could not be loaded; the system runs without it. The next start tries again.")


def is_empty(reader_url: str) -> bool:
    with psycopg.connect(reader_url) as connection:
        return connection.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None


def where_to_look(address: AddressSettings) -> str:
    return f"""
Synergist is up.

  scheduling  http://{LOOPBACK}:{address.scheduling_port}/docs
  treatment   http://{LOOPBACK}:{address.treatment_port}/docs
  mailbox     http://{LOOPBACK}:{address.mailbox_port}
  staff       {address.public_url}{SIGN_IN}/demo

  a token     .venv/bin/synergist token --chain demo --role manager
  a tour      make tour

Ctrl-C ends all of it and keeps the data.
"""


def stop(system: System, supervisor: Supervisor) -> None:
    click.echo("Ending …")
    local.forget(system.folder)
    supervisor.stop()
    stop_servers(system)
