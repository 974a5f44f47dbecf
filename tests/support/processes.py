"""Real `synergist …` processes for tests: started with exactly the settings given, killed and paused at will, logs kept.

What a test leaves running is ended after it, and when it fails the report shows what its processes said last.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from shared.embedded.mailbox import Mailbox
from shared.embedded.processes import free_port
from shared.embedded.secrets import key_set, new_key
from shared.settings import DatabaseSettings
from shared.variables import PREFIX
from tests.support.keys import MASTER_KEYS

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30.0
SHOWN_LINES = 60
PATIENCE = 4.0
"""A deadline only ends a test that would never end: a machine busy with other things may take several times as long."""
KEY_PAIRS = {
    "SYNERGIST_ISSUER_KEY": "SYNERGIST_JWKS_URL",
    "SYNERGIST_SERVICE_KEY": "SYNERGIST_SERVICE_JWKS_URL",
    "SYNERGIST_ANCHOR_KEY": "SYNERGIST_ANCHOR_JWKS_URL",
}
"""The settings of private keys, each with that of its public ones."""

Result = TypeVar("Result")
Reporting = Generator[None, pytest.TestReport, pytest.TestReport]


def wait_until(ask: Callable[[], Result], seconds: float = 15.0, what: str = "") -> Result:
    """What `ask` returns as soon as that is true, asked again and again; AssertionError when time is up."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (result := ask()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what or ask}"
        time.sleep(0.02)
    return result


@dataclass
class Running:
    """One process, the leader of a group of its own. `url` answers /health/live and /health/ready."""

    name: str
    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def wait_ready(self, seconds: float = READY_SECONDS) -> "Running":
        wait_until(self.is_ready, seconds, f"{self.name} ready; it said:\n{self.said()}")
        return self

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"{self.name} ended ({self.process.returncode}); it said:\n{self.said()}"
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == httpx.codes.OK
        return False

    def said(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-SHOWN_LINES:])

    def pause(self) -> None:
        """As if the machine stood still: the process keeps its connections and locks, and does nothing."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL to the process and everything it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def terminate(self, seconds: float = 20.0) -> int:
        """SIGTERM, as an orderly stop. Returns the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=seconds * PATIENCE)


@dataclass
class Launcher:
    """Starts `synergist` with arguments; `environ` holds the settings that all of a test's processes share."""

    folder: Path
    environ: Mapping[str, str]
    started: list[Running]

    def __call__(self, *arguments: str, port: int | None = None, **settings: str) -> Running:
        """Start `synergist ARGUMENTS`, with more settings by their names without prefix (`TICK_SECONDS="0.2"`).

        An API (`scheduling api`) listens on `port`, any other process answers its health there; a free one by default.
        """
        chosen = port or free_port()
        setting = f"{arguments[0].upper()}_PORT" if arguments[-1] == "api" else "HEALTH_PORT"
        own = {f"{PREFIX}{name}": value for name, value in ({setting: str(chosen)} | settings).items()}
        name = " ".join(arguments)
        log = self.folder / f"{len(self.started)}-{name.replace(' ', '-')}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", *arguments],
                env=outside() | dict(self.environ) | own,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=ROOT,
            )
        running = Running(name, f"http://127.0.0.1:{chosen}", log, process)
        self.started.append(running)
        return running

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `synergist ARGUMENTS` to its end, with its output as text."""
        own = {f"{PREFIX}{name}": value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            env=outside() | dict(self.environ) | own,
            capture_output=True,
            text=True,
            check=False,
            timeout=60 * PATIENCE,
            cwd=ROOT,
        )


def outside() -> dict[str, str]:
    """The environment without any setting: a test must not find those of the person who runs it.

    What Python compiles is kept beside the code, even where the environment forbids it: hundreds of processes start in a
    run, and those that start together would each compile all that they import.
    """
    settings = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return settings | {"PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture
def launch_alone(tmp_path: Path) -> Iterator[Launcher]:
    """Starts processes that share nothing but a folder: no database, no Redis, no keys."""
    folder = tmp_path / "processes"
    folder.mkdir()
    launcher = Launcher(folder, {"SYNERGIST_FOLDER": str(folder / "nothing")}, [])
    yield launcher
    for running in reversed(launcher.started):
        with suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait(timeout=10)


@pytest.fixture
def launch(
    launch_alone: Launcher,
    scheduling_db: DatabaseSettings,
    treatment_db: DatabaseSettings,
    workers_db: DatabaseSettings,
    redis_url: str,
    broker_url: str,
    mailbox: Mailbox,
) -> Launcher:
    """Starts processes of a whole system on fresh databases; `launch.environ` holds its settings, keys included.

    The two APIs must get the ports that `launch.environ` names, where others look for them: `launch_api`.
    """
    folder = launch_alone.folder
    launch_alone.environ = {
        **launch_alone.environ,
        **database_settings("SCHEDULING", scheduling_db),
        **database_settings("TREATMENT", treatment_db),
        **database_settings("WORKERS", workers_db),
        "SYNERGIST_REDIS_URL": redis_url,
        "SYNERGIST_BROKER_URL": broker_url,
        "SYNERGIST_MASTER_KEYS": MASTER_KEYS,
        **key_settings(folder, {private: new_key() for private in KEY_PAIRS}),
        **mail_settings(mailbox),
        "SYNERGIST_SCHEDULING_PORT": str(free_port()),
        "SYNERGIST_TREATMENT_PORT": str(free_port()),
    }
    return launch_alone


def database_settings(part: str, database: DatabaseSettings) -> dict[str, str]:
    urls = {"DATABASE": database.api, "READER": database.reader, "MIGRATE": database.migrate}
    return {f"SYNERGIST_{part}_{kind}_URL": url for kind, url in urls.items() if url}


def key_settings(folder: Path, keys: Mapping[str, str]) -> dict[str, str]:
    """The settings of `keys`, private keys by the names of KEY_PAIRS, with the public ones as files in `folder`."""
    found: dict[str, str] = {}
    for private, key in keys.items():
        path = folder / f"{private.lower()}.json"
        path.write_text(key_set(key))
        found |= {private: key, KEY_PAIRS[private]: path.as_uri()}
    return found


def mail_settings(mailbox: Mailbox) -> dict[str, str]:
    return {
        "SYNERGIST_SMTP_HOST": "127.0.0.1",
        "SYNERGIST_SMTP_PORT": str(mailbox.smtp_port),
        "SYNERGIST_SMTP_SENDER": "visits@demo.example",
        "SYNERGIST_SMS_URL": f"http://127.0.0.1:{mailbox.http_port}",
        "SYNERGIST_SMS_ACCOUNT": mailbox.account.sid,
        "SYNERGIST_SMS_TOKEN": mailbox.account.token,
        "SYNERGIST_SMS_SENDER": "+15005550006",
    }


def launch_api(launch: Launcher, service: str) -> Running:
    """Start the API of `scheduling` or `treatment` where the other processes look for it, and wait until it is ready."""
    port = int(launch.environ[f"SYNERGIST_{service.upper()}_PORT"])
    return launch(service, "api", port=port).wait_ready()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Reporting:
    """A failed test shows what its processes said last."""
    report = yield
    launcher = getattr(item, "funcargs", {}).get("launch_alone")
    if isinstance(launcher, Launcher) and report.failed:
        report.sections.extend((f"said by {running.name}", running.said()) for running in launcher.started)
    return report
