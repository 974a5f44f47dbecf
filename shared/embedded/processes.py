"""Servers that run apart from whoever started them, found again by the folder on their command line, ended by signal.

No pid file is trusted: a pid may have been given to another process since. The command line names the program, its
folder and its port, and cannot be stale.
"""

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.embedded import ServerUnavailable

LOOPBACK = "127.0.0.1"
MEGABYTE = 1024 * 1024
LEAST_FREE_BYTES = 300 * MEGABYTE


def package_folder(package: str, what: str) -> Path:
    """The folder of an installed wheel, without importing it. Raises ServerUnavailable when it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerUnavailable(
            f"The wheel `{package}` with {what} is not installed, or does not exist for this platform. "
            f"Run `make up`, or give the address of your own server in a SYNERGIST_*_URL setting."
        )
    return Path(spec.origin).parent


def demand_space(folder: Path) -> None:
    """Raises ServerUnavailable when the disk of `folder` is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise ServerUnavailable(
            f"Only {free // MEGABYTE} MB are free where {folder} lies; {LEAST_FREE_BYTES // MEGABYTE} MB are needed."
        )


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(wished: int | None = None) -> int:
    """The wished port when it is free, else any free one on loopback."""
    if wished is not None and port_is_free(wished):
        return wished
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True, slots=True)
class SystemUser:
    """Another user of the machine, as whom a server runs."""

    name: str
    uid: int
    gid: int


def spawn(
    command: Sequence[str], *, log: Path, environ: Mapping[str, str], user: SystemUser | None = None
) -> psutil.Process:
    """Start `command` in a session of its own, so that neither Ctrl-C nor our end reaches it; output goes to `log`."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            cwd="/",
        )
    # From here on psutil looks after it, as after a server that somebody else started.
    child.returncode = 0
    return psutil.Process(child.pid)


def running(program: str, folder: Path) -> psutil.Process | None:
    """The process called `program` whose command line names `folder`, whoever started it.

    Of several the eldest: a server's forked children may carry its command line.
    """
    found = [
        process
        for process in psutil.process_iter(["name", "cmdline", "status", "create_time"])
        if process.info["name"] == program
        and str(folder) in (process.info["cmdline"] or ())
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return min(found, key=lambda process: float(process.info["create_time"]), default=None)


def argument(process: psutil.Process, option: str) -> str | None:
    """What follows `option` on the command line of `process`."""
    try:
        line = process.cmdline()
        return str(line[line.index(option) + 1])
    except (ValueError, IndexError, psutil.Error):
        return None


def end(process: psutil.Process, *signals: signal.Signals, grace: float = 15.0) -> None:
    """Send one signal after the other, each with `grace` seconds, until the process is gone; SIGKILL comes last."""
    for number in (*signals, signal.SIGKILL):
        try:
            process.send_signal(number)
            process.wait(timeout=grace)
        except psutil.NoSuchProcess:
            return
        except psutil.AccessDenied as error:
            owner = process.username()
            raise ServerUnavailable(
                f"{process.name()} (pid {process.pid}) belongs to {owner}; end it first."
            ) from error
        except psutil.TimeoutExpired:
            continue
        return


def tail(log: Path, lines: int = 8) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return ""


def keep_log_small(log: Path, limit: int = 5 * MEGABYTE) -> None:
    """Called before a start: an old log beyond `limit` bytes becomes the one previous log."""
    if log.exists() and log.stat().st_size > limit:
        log.replace(log.with_suffix(".previous.log"))
