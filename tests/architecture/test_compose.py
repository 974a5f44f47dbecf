"""docker-compose.yml and the code agree: every process and queue is served, by settings that exist, in closed containers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.processes import PROCESSES, Program
from shared.settings import Settings
from shared.variables import VARIABLES
from tests.architecture.compose import ROOT, SECRETS, Service, ours, read_compose, secrets_script, services
from workers.celery_app import QUEUE, REPORT_QUEUE, make_app

IN_PRODUCTION = [program for program in PROCESSES if not program.only_locally]
ONCE = {"migrate", "operator"}
LASTING = [service for service in services() if service.name not in ONCE]


def named(service: Service) -> str:
    return service.name


def serving(program: Program) -> list[Service]:
    return [service for service in ours() if service.command == program.command]


@pytest.fixture(scope="module")
def made_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the documented commands make."""
    place = tmp_path_factory.mktemp("deployment")
    subprocess.run(["sh", "-c", secrets_script()], cwd=place, check=True, capture_output=True)
    return place / "secrets"


@pytest.mark.parametrize("program", IN_PRODUCTION, ids=lambda program: program.name)
def test_every_process_group_has_a_service(program: Program) -> None:
    assert len(serving(program)) == 1


def test_every_service_of_ours_is_a_process_group_or_runs_once() -> None:
    commands = {program.command for program in IN_PRODUCTION}
    assert {service.name for service in ours() if service.command not in commands} == ONCE


@pytest.mark.parametrize(
    ("name", "queue", "command"), [("QUEUE", QUEUE, "send"), ("REPORT_QUEUE", REPORT_QUEUE, "report")]
)
def test_each_queue_has_a_worker(name: str, queue: str, command: str) -> None:
    app = make_app(Settings.read({"SYNERGIST_BROKER_URL": "redis://127.0.0.1:1/0"}))
    assert app.conf.task_default_queue == QUEUE
    assert not app.conf.task_routes
    named = {entry["options"].get("queue", QUEUE) for entry in app.conf.beat_schedule.values()}
    assert named == {QUEUE, REPORT_QUEUE}
    assert queue in named
    assert f"serve(app, {name}, " in (ROOT / "workers" / f"{command}er.py").read_text(encoding="utf-8")
    assert any(service.command == ("workers", command) for service in ours())


@pytest.mark.parametrize("service", ours(), ids=named)
def test_every_variable_is_one_that_the_settings_know(service: Service) -> None:
    given = {name.removesuffix("_FILE") for name in service.environment}
    assert given <= set(VARIABLES)


@pytest.mark.parametrize("service", services(), ids=named)
def test_what_is_secret_comes_as_a_file(service: Service) -> None:
    secret = {name for name, meaning in VARIABLES.items() if meaning.startswith("secret:") or "connection" in meaning}
    secret |= {name for name in VARIABLES if name.endswith(("_DATABASE_URL", "_READER_URL", "_MIGRATE_URL"))}
    secret |= {"SYNERGIST_REDIS_URL", "SYNERGIST_BROKER_URL", "POSTGRES_PASSWORD"}
    assert not secret & set(service.environment)


@pytest.mark.parametrize("service", services(), ids=named)
def test_a_service_is_given_the_secrets_that_it_names_and_no_others(service: Service) -> None:
    text = " ".join([*service.environment.values(), *service.command, str(service.content.get("healthcheck"))])
    assert set(re.findall(rf"{SECRETS}(\w+)", text)) == service.secrets


def test_every_secret_is_declared_used_and_made_by_the_documented_commands(made_secrets: Path) -> None:
    declared = {name: source["file"] for name, source in read_compose()["secrets"].items()}
    assert declared == {name: f"./secrets/{name}" for name in declared}
    assert set(declared) == {name for service in services() for name in service.secrets}
    assert set(declared) == {path.name for path in made_secrets.iterdir()}


@pytest.mark.parametrize("service", ours(), ids=named)
def test_the_settings_can_be_read_from_environment_and_secrets(service: Service, made_secrets: Path) -> None:
    environment = {name: str(value).replace(SECRETS, f"{made_secrets}/") for name, value in service.environment.items()}
    assert Settings.read(environment).environment == "production"


def test_secrets_are_for_nobody_else_on_the_machine(made_secrets: Path) -> None:
    assert made_secrets.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in made_secrets.iterdir()} == {0o444}


@pytest.mark.parametrize("service", services(), ids=named)
def test_every_container_is_closed(service: Service) -> None:
    content = service.content
    user, _, group = content["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert content["read_only"] is True
    assert content["cap_drop"] == ["ALL"]
    assert content["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(content)


@pytest.mark.parametrize("service", LASTING, ids=named)
def test_every_container_that_stays_has_a_health_check(service: Service) -> None:
    check = service.content["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@pytest.mark.parametrize("program", IN_PRODUCTION, ids=lambda program: program.name)
def test_the_health_check_asks_where_the_process_answers(program: Program) -> None:
    (service,) = serving(program)
    settings = Settings.read({name: v for name, v in service.environment.items() if not name.endswith("_FILE")})
    address = settings.address
    ports = {
        "scheduling": address.scheduling_port,
        "treatment": address.treatment_port,
        "health": address.health_port,
        "mailbox": None,
    }
    assert f"http://127.0.0.1:{ports[program.answers_at]}/health/ready" in service.content["healthcheck"]["test"][-1]
    assert address.bind == "0.0.0.0"


@pytest.mark.parametrize("service", services(), ids=named)
def test_ports_are_published_to_the_machine_itself_and_never_those_of_a_database(service: Service) -> None:
    published = service.content.get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not (published and service.name in {"postgres", "redis"})


def test_databases_are_on_a_network_without_a_way_out() -> None:
    document = read_compose()
    assert document["networks"]["inside"]["internal"] is True
    assert [service.content["networks"] for service in services() if service.name in {"postgres", "redis"}] == [
        ["inside"],
        ["inside"],
    ]


@pytest.mark.parametrize("program", IN_PRODUCTION, ids=lambda program: program.name)
def test_a_process_starts_when_what_it_needs_is_healthy(program: Program) -> None:
    (service,) = serving(program)
    waits_for = service.content["depends_on"]
    if any(secret.endswith(("database_url", "reader_url")) for secret in service.secrets):
        assert waits_for["migrate"] == {"condition": "service_completed_successfully"}
        assert waits_for["postgres"] == {"condition": "service_healthy"}
    if {"redis_url", "broker_url"} & service.secrets:
        assert waits_for["redis"] == {"condition": "service_healthy"}
    assert waits_for


@pytest.mark.parametrize("service", ours(), ids=named)
def test_every_command_exists(service: Service) -> None:
    command = [sys.executable, "-m", "services.cli", *service.command]
    asked = command if "--help" in command else [*command, "--help"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert "Usage: " in answer.stdout


def test_the_image_holds_all_code_and_installs_it_by_hash() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    for part in ("shared", "services", "workers"):
        assert f"COPY {part} {part}" in dockerfile
        assert f"!{part}" in ignored
    assert "--require-hashes" in dockerfile
    assert "\nUSER 10001:10001\n" in dockerfile
    assert {service.content["user"] for service in ours()} == {"10001:10001"}
