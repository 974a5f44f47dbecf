"""Every service of docker-compose.yml becomes healthy with the settings and secrets that the file gives it, and no more."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.processes import PROCESSES
from shared.embedded.processes import free_port
from tests.architecture.compose import SECRETS, Service, ours
from tests.support.processes import Launcher, Running

pytestmark = pytest.mark.slow

COMMANDS = {program.command for program in PROCESSES}
LASTING = [service for service in ours() if service.command in COMMANDS]


def environment_of(service: Service, secrets: Path, local: Mapping[str, str]) -> dict[str, str]:
    """The service's own environment, with its secrets and neighbours where this machine has them."""
    given = {name: value.replace(SECRETS, f"{secrets}/") for name, value in service.environment.items()}
    return given | {name: value for name, value in local.items() if name in given}


def write_secrets(folder: Path, values: Mapping[str, str]) -> None:
    """One file for each NAME_FILE of the compose file, with the value that NAME has here."""
    folder.mkdir()
    for service in ours():
        for name, path in service.environment.items():
            if name.endswith("_FILE"):
                (folder / Path(path).name).write_text(values.get(name.removesuffix("_FILE"), ""), encoding="utf-8")


@pytest.fixture
def system(launch: Launcher, tmp_path: Path) -> list[Running]:
    write_secrets(tmp_path / "secrets", launch.environ)
    scheduling, treatment = launch.environ["SYNERGIST_SCHEDULING_PORT"], launch.environ["SYNERGIST_TREATMENT_PORT"]
    local = {
        "SYNERGIST_BIND": "127.0.0.1",
        "SYNERGIST_SCHEDULING_URL": f"http://127.0.0.1:{scheduling}",
        "SYNERGIST_TREATMENT_URL": f"http://127.0.0.1:{treatment}",
        "SYNERGIST_ANCHOR_JWKS_URL": launch.environ["SYNERGIST_ANCHOR_JWKS_URL"],
        "SYNERGIST_ANCHOR_PATH": str(tmp_path / "anchors.jws"),
        "SYNERGIST_JWKS_URL": launch.environ["SYNERGIST_JWKS_URL"],
        "SYNERGIST_SERVICE_JWKS_URL": launch.environ["SYNERGIST_SERVICE_JWKS_URL"],
        "SYNERGIST_SMTP_HOST": "127.0.0.1",
        "SYNERGIST_SMTP_PORT": launch.environ["SYNERGIST_SMTP_PORT"],
    }
    ports: dict[tuple[str, ...], int] = {("scheduling", "api"): int(scheduling), ("treatment", "api"): int(treatment)}
    running = []
    for service in LASTING:
        environ = environment_of(service, tmp_path / "secrets", local) | {"SYNERGIST_FOLDER": str(tmp_path / "nothing")}
        alone = Launcher(launch.folder, environ, launch.started)
        running.append(alone(*service.command, port=ports.get(service.command, free_port())))
    return running


def test_every_service_becomes_healthy_and_ends_when_told(system: list[Running]) -> None:
    for running in system:
        running.wait_ready(60)
    for running in system:
        running.process.terminate()
    assert {running.name: running.process.wait(timeout=30) for running in system} == {
        running.name: 0 for running in system
    }
