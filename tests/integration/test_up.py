"""`synergist up`, for real: from nothing to a whole system, through a kill, to an end that leaves nothing but the data."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from services.local_servers import end_servers_of
from services.processes import PROCESSES
from services.supervisor import end_leftovers, marked
from shared.embedded.processes import free_port, running
from tests.support.processes import ROOT, outside, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
UP = "Ctrl-C ends all of it"
PORTS = ("SCHEDULING", "TREATMENT", "MAILBOX", "MAILBOX_SMTP", "ISSUER")


@dataclass
class House:
    """One folder with its ports, and the `synergist up` that runs there."""

    folder: Path
    settings: dict[str, str] = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        ports = {f"SYNERGIST_{name}_PORT": str(free_port()) for name in PORTS}
        self.settings = {"SYNERGIST_FOLDER": str(self.folder), **ports}

    @property
    def output(self) -> Path:
        return self.folder.with_suffix(".log")

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "up", "--no-demo"],
                env=outside() | self.settings,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=ROOT,
            )

    def started(self) -> str:
        self.start()
        wait_until(self.is_up, 150, f"a system that is up; it said:\n{self.said()}")
        return self.said()

    def is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        return UP in self.said()

    def said(self) -> str:
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def synergist(self, *arguments: str) -> str:
        """Run a command in this folder, which alone says where the system is."""
        ended = subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            env=outside() | {"SYNERGIST_FOLDER": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def signalled(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def programs(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if marked(process, self.folder)]


@pytest.fixture
def house() -> Iterator[House]:
    with TemporaryDirectory(prefix="synergist-up-") as folder:
        house = House(Path(folder) / "state")
        yield house
        if house.process is not None and house.process.poll() is None:
            house.process.kill()
            house.process.wait()
        end_leftovers(house.folder)
        end_servers_of(house.folder)


def test_a_system_starts_from_nothing_survives_a_kill_and_keeps_its_data(house: House) -> None:
    house.start()
    wait_until((house.folder / "postgres.unfinished" / "PG_VERSION").exists, 60, "a cluster that is being made")
    house.signalled(signal.SIGKILL)
    house.started()
    assert len(house.programs()) >= len(PROCESSES)
    house.synergist("chain", "create", "--slug", "kept", "--name", "Kept")

    house.signalled(signal.SIGKILL)
    server = running("postgres", house.folder / "postgres")
    assert server is not None
    assert "had left behind" in house.started()
    adopted = running("postgres", house.folder / "postgres")
    assert adopted is not None
    assert adopted.pid == server.pid
    assert house.synergist("token", "--chain", "kept", "--role", "manager").count(".") == 2

    assert house.signalled(signal.SIGINT) == 0
    assert house.programs() == []
    assert running("postgres", house.folder / "postgres") is None
    assert running("valkey-server", house.folder / "redis") is None
    assert not (house.folder / "environment").exists()
    assert (house.folder / "postgres" / "PG_VERSION").exists()


def test_a_second_start_in_the_same_folder_is_refused(house: House) -> None:
    house.folder.mkdir()
    house.start()
    wait_until(
        lambda: (house.folder / "lock").exists() and (house.folder / "lock").read_text(), 60, "the first one's lock"
    )
    second = subprocess.run(
        [sys.executable, "-m", "services.cli", "up"],
        env=outside() | house.settings,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert second.returncode == 1
    assert "runs already" in second.stderr
    assert house.process is not None
    assert str(house.process.pid) in second.stderr


def test_taken_ports_are_named_with_their_settings(house: House) -> None:
    with socket.create_server(("127.0.0.1", int(house.settings["SYNERGIST_TREATMENT_PORT"]))):
        house.start()
        assert house.process is not None
        assert house.process.wait(timeout=60) == 1
    said = house.said()
    assert "choose another with SYNERGIST_TREATMENT_PORT" in said
    assert "Traceback" not in said
    assert not (house.folder / "postgres").exists()


def test_a_server_of_ones_own_is_used_instead(house: House) -> None:
    house.settings |= {"SYNERGIST_POSTGRES_URL": "postgresql://nobody:none@127.0.0.1:1/postgres"}
    house.start()
    assert house.process is not None
    assert house.process.wait(timeout=60) == 1
    assert "cannot be reached" in house.said()
    assert not (house.folder / "postgres").exists()
    assert (house.folder / "redis").exists()
    assert not (house.folder / "environment").exists()
