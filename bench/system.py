"""A system of our own to measure, with no demo chain in it; it ends with its data when the measuring is over."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx

from services.local_environment import read
from shared.settings import Settings

PORTS = ("SCHEDULING", "TREATMENT", "MAILBOX", "ISSUER")
PATIENCE_SECONDS = 180
NO_LIMIT = {"SYNERGIST_RATE_USER_PER_SECOND": "100000", "SYNERGIST_RATE_CHAIN_PER_SECOND": "100000"}


@contextmanager
def running(web_workers: int) -> Iterator[Settings]:
    """Start everything, give its settings, which this process has then too, and end it."""
    with TemporaryDirectory(prefix="synergist-bench-") as folder:
        ports = {f"SYNERGIST_{part}_PORT": str(free_port()) for part in PORTS}
        own = {"SYNERGIST_FOLDER": folder, "SYNERGIST_WEB_WORKERS": str(web_workers)}
        os.environ.update(ports | NO_LIMIT | own)
        with (Path(folder) / "up.log").open("wb") as log:
            up = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "up", "--no-demo"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield ready(up, Path(folder))
            finally:
                up.send_signal(signal.SIGINT)
                up.wait(PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(up: subprocess.Popen[bytes], folder: Path) -> Settings:
    """The system's settings, once both services answer that they are ready."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_SECONDS and up.poll() is None:
        found = read(folder)
        if found:
            os.environ.update(found)
            settings = Settings.read(os.environ)
            urls = (settings.address.scheduling_url, settings.address.treatment_url)
            if all(answers(url) for url in urls):
                return settings
        time.sleep(0.5)
    raise click.ClickException(f"The system did not start:\n{(folder / 'up.log').read_text()[-2000:]}")


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2).is_success
    except httpx.HTTPError:
        return False
