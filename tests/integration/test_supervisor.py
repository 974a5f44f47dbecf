"""The supervisor: what ends is started again, ever more slowly, and nothing survives the end."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from services.supervisor import Child, Supervisor, end_leftovers
from tests.support.processes import ROOT, wait_until

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
WITH_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


class Said:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def supervisor(tmp_path: Path, said: Said) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, said)
    yield supervisor
    supervisor.kill()


def start(supervisor: Supervisor, program: str) -> Child:
    return supervisor.start("demo", [sys.executable, "-c", program], dict(os.environ))


def looking_after(supervisor: Supervisor, until: Callable[[], bool]) -> Callable[[], bool]:
    def look() -> bool:
        supervisor.look_after_all()
        return until()

    return look


def alive(child: Child) -> int | None:
    running = child.process is not None and child.process.poll() is None
    return child.process.pid if running and child.process else None


def test_output_is_passed_on_behind_the_name(supervisor: Supervisor, said: Said) -> None:
    start(supervisor, SLEEP)
    wait_until(lambda: ("demo", "up") in said.lines)


def test_a_killed_process_is_started_again_and_counted(supervisor: Supervisor, said: Said) -> None:
    child = start(supervisor, SLEEP)
    first = alive(child)
    assert child.process is not None
    child.process.kill()
    wait_until(looking_after(supervisor, lambda: alive(child) not in {None, first}))
    assert child.restarts == 1
    assert any("SIGKILL" in line and "restart 1" in line for _, line in said.lines)


def test_what_fails_again_and_again_waits_ever_longer(supervisor: Supervisor, said: Said) -> None:
    child = start(supervisor, "print('no'); raise SystemExit(3)")
    wait_until(looking_after(supervisor, lambda: child.restarts == 3), what="three restarts")
    waits = [line.rsplit(" in ", 1)[1] for _, line in said.lines if "restart" in line]
    assert waits == ["0.5 s", "1 s", "2 s"]
    assert list(child.last_lines) == ["no"] * 3


def test_stopping_ends_what_its_processes_started(supervisor: Supervisor) -> None:
    child = start(supervisor, WITH_A_CHILD)
    assert child.process is not None
    family = wait_until(lambda: psutil.Process(child.process.pid).children() if child.process else [])
    supervisor.stop()
    wait_until(lambda: not any(map(lives, family)), what="the end of the whole family")


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_stopping_does_not_wait_for_ever_for_the_deaf(
    supervisor: Supervisor, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.supervisor.GRACE_SECONDS", 0.5)
    child = start(supervisor, DEAF)
    wait_until(lambda: ("demo", "up") in said.lines)
    supervisor.stop()
    assert child.process is not None
    assert child.process.returncode == -9


KILLED_SUPERVISOR = """
import os, sys
from pathlib import Path
from services.supervisor import Supervisor
supervisor = Supervisor(Path(sys.argv[1]), print)
supervisor.start("demo", [sys.executable, "-c", sys.argv[2]], dict(os.environ))
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_supervisor_left_is_found_and_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_SUPERVISOR, str(tmp_path), WITH_A_CHILD]
    subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.DEVNULL)
    elsewhere = tmp_path / "elsewhere"
    assert end_leftovers(elsewhere) == 0
    assert wait_until(lambda: end_leftovers(tmp_path), what="leftovers") >= 1
    assert end_leftovers(tmp_path) == 0
