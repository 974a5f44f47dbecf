"""A process without a web face: it works until SIGTERM or SIGINT, logs, and says on its health port that it lives."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from shared.health import Check, HealthServer, Heartbeat
from shared.logs import configure
from shared.settings import Settings

STALLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Background:
    """`stop` is set when the process is to end; the work calls `heartbeat.beat` on every round."""

    stop: threading.Event
    heartbeat: Heartbeat


@contextmanager
def background(settings: Settings, process: str, ready: Mapping[str, Check]) -> Iterator[Background]:
    """Set up logs, signals and health for the process called `process`, from its main thread."""
    configure(settings.environment, settings.log_level, process)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    heartbeat = Heartbeat(STALLED_SECONDS)
    address = settings.address
    with HealthServer(address.bind, address.health_port, ready, live={"rounds": heartbeat.check}):
        yield Background(stop, heartbeat)
