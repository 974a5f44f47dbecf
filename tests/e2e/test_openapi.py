"""Both APIs against their own OpenAPI documents: Schemathesis makes up calls, good and bad, and checks every answer."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.views import VIEWS
from services.treatment.app import create_app as create_treatment
from shared.database import Database, make_engine
from shared.minting import mint_service_token
from shared.settings import Settings
from tests.support.api import Chain, Keys, at
from tests.support.keys import sealer
from tests.support.processes import Launcher, Running, launch_api
from tests.support.treatment import Therapist, Treatment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES, SEED = "2", "20261122"
OF_SERVICES = "/v1/events|/internal/"
"""Of operations for our own services a person learns that they are none: tests/integration/test_matrix.py asks each."""


def must_conform(api: Running, token: str, *options: str) -> None:
    """Run Schemathesis with all its checks against a running API."""
    program = Path(sys.executable).with_name("schemathesis")
    target = [str(program), "--config-file", str(CONFIGURATION), "run", f"{api.url}/openapi.json"]
    wanted = ["--checks", "all", "--phases", "coverage,fuzzing,stateful", "--max-examples", EXAMPLES, "--seed", SEED]
    # With several workers Python 3.11 itself may fail: two threads that parse code disturb each other (CPython 106905).
    caller = ["--header", f"Authorization: Bearer {token}", "--workers", "1", "--no-color"]
    result = subprocess.run(
        [*target, *wanted, *caller, *options], capture_output=True, text=True, check=False, cwd=api.log.parent
    )
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]


@pytest.fixture
def settings(launch: Launcher) -> Settings:
    return Settings.read(launch.environ)


@pytest.fixture
def furnished(settings: Settings) -> Iterator[Chain]:
    """A chain in which things are there to be found."""
    app = create_app(settings)
    database = Database(make_engine(settings.scheduling.api), sealer=sealer(), views=VIEWS)
    keys = Keys(settings.auth.issuer_key, settings.auth.service_key)
    chain = Chain(app, keys, create_chain(database, "conforming", "Demo"))
    ready = chain.ready()
    ready.book(at(3, 10))
    yield chain
    app.extensions["synergist"].close()
    database.engine.dispose()


def test_scheduling_answers_staff_as_its_document_says(launch: Launcher, furnished: Chain) -> None:
    launch_api(launch, "treatment")  # an archive asks it
    must_conform(launch_api(launch, "scheduling"), furnished.admin.token, "--exclude-path-regex", OF_SERVICES)


def test_scheduling_answers_our_own_services_as_its_document_says(launch: Launcher, furnished: Chain) -> None:
    token = mint_service_token(furnished.keys.service, subject="test", to="scheduling", ttl_seconds=600)
    must_conform(launch_api(launch, "scheduling"), token, "--include-path-regex", OF_SERVICES)


@pytest.fixture
def practice(settings: Settings) -> Iterator[Therapist]:
    """A therapist who has just begun a session at a visit."""
    app = create_treatment(settings)
    treatment = Treatment(app, Keys(settings.auth.issuer_key, settings.auth.service_key))
    therapist, now = treatment.therapist(), datetime.now(UTC)
    visit = treatment.visit(therapist_id=therapist.therapist_id, clinic_id=treatment.clinic(), starts_at=now)
    body = {name: str(getattr(visit, name)) for name in ("client_id", "clinic_id", "appointment_id")}
    therapist.api.post("/v1/sessions", body)
    yield therapist
    app.extensions["synergist"].close()


def test_treatment_answers_therapists_as_its_document_says(launch: Launcher, practice: Therapist) -> None:
    must_conform(launch_api(launch, "treatment"), practice.api.token, "--exclude-path-regex", OF_SERVICES)


def test_treatment_answers_our_own_services_as_its_document_says(launch: Launcher, settings: Settings) -> None:
    token = mint_service_token(settings.auth.service_key, subject="test", to="treatment", ttl_seconds=600)
    must_conform(launch_api(launch, "treatment"), token, "--include-path-regex", OF_SERVICES)
