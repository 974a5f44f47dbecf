"""Keeps a set of processes running: what ends is started again, ever more slowly; in the end all of them are ended.

Each process leads a group of its own, so nothing it started survives it. Whatever an earlier supervisor of the same
folder left behind when it was killed is found by a mark in its environment, and ended first.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

MARK = "SUPERVISED_BY_SYNERGIST"
GRACE_SECONDS = 12.0
LEFTOVER_SECONDS = 3.0
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0
HEALTHY_SECONDS = 60.0
REMEMBERED_LINES = 20

Say = Callable[[str, str], None]
"""Prints a line of the process of this name."""


@dataclass
class Child:
    """One process, and how often it had to be started again."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    say: Say
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    restarts: int = 0
    failures_in_a_row: int = 0
    start_again_at: float = 0.0
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LINES))

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self.process.stdout is not None  # noqa: S101 - asked for above
        threading.Thread(target=self.pass_on, args=[self.process.stdout], daemon=True).start()

    def pass_on(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self.last_lines.append(line.rstrip())
                self.say(self.name, line.rstrip())

    def look_after(self) -> None:
        """Start again what has ended, once its waiting time is over."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            kill_group(self.process.pid)
            healthy = now - self.started_at > HEALTHY_SECONDS
            self.failures_in_a_row = 1 if healthy else self.failures_in_a_row + 1
            wait = min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** (self.failures_in_a_row - 1))
            self.restarts += 1
            self.say(self.name, f"ended ({ending(self.process.returncode)}); restart {self.restarts} in {wait:g} s")
            self.process, self.start_again_at = None, now + wait
        elif self.process is None and now >= self.start_again_at:
            self.start()


def ending(returncode: int) -> str:
    return f"code {returncode}" if returncode >= 0 else signal.Signals(-returncode).name


class Supervisor:
    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.say = say
        self.children: list[Child] = []

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> Child:
        child = Child(name, command, {**environ, MARK: str(self.folder)}, self.say)
        child.start()
        self.children.append(child)
        return child

    def look_after_all(self) -> None:
        for child in self.children:
            child.look_after()

    def stop(self) -> None:
        """SIGTERM to each, in the order opposite to their start; after 12 s SIGKILL to what is left of any group."""
        running = [child.process for child in reversed(self.children) if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        for child in self.children:
            if child.process is not None:
                kill_group(child.process.pid)
                child.process.wait()


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def end_leftovers(folder: Path) -> int:
    """End what a killed supervisor of this folder left running. Returns how many processes that were."""
    left = [process for process in psutil.process_iter() if marked(process, folder)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=LEFTOVER_SECONDS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=LEFTOVER_SECONDS)
    return len(left)


def marked(process: psutil.Process, folder: Path) -> bool:
    try:
        return bool(process.environ().get(MARK) == str(folder)) and process.pid != os.getpid()
    except (psutil.Error, OSError):
        return False


def print_with_name(width: int) -> Say:
    """Lines of several processes on one terminal, each behind its name; never half a line."""
    lock = threading.Lock()

    def say(name: str, line: str) -> None:
        with lock, suppress(OSError):
            sys.stdout.write(f"{name:>{width}} | {line}\n")
            sys.stdout.flush()

    return say
