"""The running system as one who uses it finds it: where it answers, a token for the chain, the operator's command."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from services import local_environment
from shared.settings import Settings, SettingsFaulty

LOOPBACK = "127.0.0.1"


class NotRunning(Exception):
    """The system does not answer; the message says what to do."""


class NoToken(Exception):
    """There is no such chain, or no local issuer; the message is that of `synergist token`."""


@dataclass(frozen=True, slots=True)
class System:
    """Addresses without a slash at the end, and the environment for the `synergist` command."""

    scheduling_url: str
    treatment_url: str
    mailbox_url: str
    environ: Mapping[str, str]

    def synergist(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the operator's command to its end, with what it says as text."""
        command = [sys.executable, "-m", "services.cli", *arguments]
        return subprocess.run(command, env=dict(self.environ), capture_output=True, text=True, check=False)

    def token(self, chain: str, role: str) -> str:
        """A token of the local issuer. Raises NoToken."""
        done = self.synergist("token", "--chain", chain, "--role", role)
        if done.returncode != 0:
            raise NoToken(said(done))
        return done.stdout.strip().splitlines()[-1]


def said(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr or done.stdout).strip().removeprefix("Error: ")


def running_system(environ: Mapping[str, str] = os.environ) -> System:
    """The system that runs here. Raises NotRunning."""
    known = local_environment.read(Path(environ.get("SYNERGIST_FOLDER", ".synergist"))) | dict(environ)
    try:
        address = Settings.read({name: value for name, value in known.items() if name.startswith("SYNERGIST_")}).address
    except SettingsFaulty as error:
        raise NotRunning(str(error)) from error
    system = System(address.scheduling_url, address.treatment_url, f"http://{LOOPBACK}:{address.mailbox_port}", known)
    try:
        ready = httpx.get(f"{system.scheduling_url}/health/ready", timeout=10, trust_env=False).is_success
    except httpx.HTTPError:
        ready = False
    if not ready:
        raise NotRunning(f"Nothing answers at {system.scheduling_url}. Start the system with `make up` first.")
    return system
