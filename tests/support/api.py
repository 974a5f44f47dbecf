"""The scheduling API over a real database, called as its callers call it, and a small chain to call it about."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.views import VIEWS
from shared.auth import Role
from shared.database import Database, make_engine
from shared.embedded.secrets import key_set, new_key
from shared.http.operations import EXTENSION
from shared.minting import mint, mint_service_token
from shared.settings import DatabaseSettings, Settings
from tests.support.keys import MASTER_KEYS, sealer
from tests.support.quiet import nothing_at_treatment

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BERLIN = {"latitude": 52.52, "longitude": 13.405}
ADDRESS = {"line": "Demo Street 1", "city": "Demo Town", "region": "", "postal_code": "10115", "country": "DE"}


@dataclass(frozen=True)
class Keys:
    issuer: str = field(default_factory=new_key)
    service: str = field(default_factory=new_key)

    def variables(self, folder: Path) -> dict[str, str]:
        """The settings by which services accept tokens signed with these keys."""
        (folder / "jwks.json").write_text(key_set(self.issuer), encoding="utf-8")
        (folder / "service-jwks.json").write_text(key_set(self.service), encoding="utf-8")
        return {
            "SYNERGIST_JWKS_URL": f"file://{folder}/jwks.json",
            "SYNERGIST_SERVICE_JWKS_URL": f"file://{folder}/service-jwks.json",
            "SYNERGIST_SERVICE_KEY": self.service,
            "SYNERGIST_ISSUER_KEY": self.issuer,
            "SYNERGIST_MASTER_KEYS": MASTER_KEYS,
        }


@dataclass(frozen=True)
class Api:
    """Calls with one token; each call says which status it expects."""

    client: FlaskClient
    token: str

    def call(self, method: str, path: str, expect: int | None, body: Any = None, **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.open(
            path, method=method, json=body, headers={"Authorization": f"Bearer {self.token}"} | given
        )
        assert expect is None or response.status_code == expect, f"{response.status_code}: {response.text[:1000]}"
        return response

    def problem(self, method: str, path: str, status: int, body: Any = None, **headers: str) -> Any:
        """The problem document that the call ends with."""
        return self.call(method, path, status, body, **headers).json

    def get(self, path: str, expect: int = 200) -> Any:
        return self.call("GET", path, expect).json

    def post(self, path: str, body: Any = None, expect: int = 201, **headers: str) -> Any:
        return self.call("POST", path, expect, {} if body is None else body, **headers).json

    def put(self, path: str, body: Any, expect: int = 200, **headers: str) -> Any:
        return self.call("PUT", path, expect, body, **{"If_Match": "*"} | headers).json

    def patch(self, path: str, body: Any, expect: int = 200, **headers: str) -> Any:
        if "If_Match" not in headers:
            headers["If_Match"] = self.call("GET", path, 200).headers["ETag"]
        return self.call("PATCH", path, expect, body, **headers).json

    def change(self, appointment: Mapping[str, Any], what: str, expect: int = 200, **body: Any) -> Any:
        """Reschedule, cancel and so on with the version that the appointment had when it was read."""
        path = f"/v1/appointments/{appointment['id']}/{what}"
        return self.call("POST", path, expect, body, If_Match=f'"{appointment["version"]}"').json


@dataclass(frozen=True)
class Chain:
    """A chain with nothing in it yet, and what tests put into it."""

    app: Flask
    keys: Keys
    id: UUID
    issuer: str = "synergist"

    def caller(self, role: Role, *, clinics: tuple[str, ...] = (), subject: str = "someone") -> Api:
        token = mint(
            self.keys.issuer,
            issuer=self.issuer,
            subject=subject,
            chain_id=self.id,
            role=role,
            clinics=[UUID(each) for each in clinics],
        )
        return Api(self.app.test_client(), token)

    @property
    def admin(self) -> Api:
        return self.caller("chain_admin")

    @property
    def desk(self) -> Api:
        return self.caller("front_desk")

    @property
    def service(self) -> Api:
        return Api(self.app.test_client(), mint_service_token(self.keys.service, subject="workers", to="scheduling"))

    def clinic(self, **given: Any) -> Any:
        body = {
            "name": "Clinic",
            "time_zone": "Europe/Berlin",
            "address": ADDRESS,
            "phone": "+49301234567",
            "opening_hours": [{"weekday": day, "from": "08:00", "to": "20:00"} for day in WEEK],
        }
        return self.admin.post("/v1/clinics", body | BERLIN | given)

    def room(self, clinic: Mapping[str, Any], **given: Any) -> Any:
        return self.admin.post(f"/v1/clinics/{clinic['id']}/rooms", {"name": "Room", "kind": "treatment"} | given)

    def therapist(self, *clinics: Mapping[str, Any], hours: tuple[str, str] = ("08:00", "20:00"), **given: Any) -> Any:
        body = {"name": "Demo Therapist", "qualifications": [{"code": "nkt-1"}]}
        therapist = self.admin.post("/v1/therapists", body | given)
        days = zip(WEEK, [clinics[i % len(clinics)] for i in range(7)], strict=True) if clinics else ()
        self.admin.put(
            f"/v1/therapists/{therapist['id']}/rota", [rota_entry(clinic, day, *hours) for day, clinic in days]
        )
        return therapist

    def offering(self, **given: Any) -> Any:
        body = {
            "name": "First visit",
            "duration_minutes": 60,
            "grid_minutes": 30,
            "room_kind": "treatment",
            "qualification": "nkt-1",
            "horizon_days": 365,
        }
        return self.admin.post("/v1/offerings", body | given)

    def person(self, **given: Any) -> Any:
        body = {"name": "Demo Client", "email": "client@demo.example", "time_zone": "Europe/Berlin", "locale": "en"}
        return self.desk.post("/v1/clients", body | given)

    def ready(self) -> "Ready":
        """One clinic with a room, a therapist, an offering and a client."""
        clinic = self.clinic()
        room = self.room(clinic)
        return Ready(self, clinic, room, self.therapist(clinic), self.offering(), self.person())


NewChain = Callable[[str], Chain]


@dataclass(frozen=True)
class Ready:
    """A chain in which a visit can be booked."""

    chain: Chain
    clinic: Any
    room: Any
    therapist: Any
    offering: Any
    client: Any

    def wish(self, starts_at: datetime, **given: Any) -> dict[str, Any]:
        return {
            "offering_id": self.offering["id"],
            "clinic_id": self.clinic["id"],
            "client_id": self.client["id"],
            "starts_at": starts_at.isoformat(),
        } | given

    def book(self, starts_at: datetime, expect: int = 201, **given: Any) -> Any:
        return self.chain.desk.post("/v1/appointments", self.wish(starts_at, **given), expect)

    def with_person(self) -> "Ready":
        """The same place with another client."""
        return replace(self, client=self.chain.person())


def rota_entry(clinic: Mapping[str, Any], weekday: str, starts: str, ends: str) -> dict[str, Any]:
    return {"clinic_id": clinic["id"], "weekday": weekday, "from": starts, "to": ends, "valid_from": "2020-01-01"}


def at(days: int, hour: int = 10, minute: int = 0, zone: str = "Europe/Berlin") -> datetime:
    """A wall-clock time some days from today."""
    day = datetime.now(UTC).astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))


def set_clock(chain: Chain, now: datetime) -> None:
    """Let the app believe that it is this moment, until told otherwise."""
    chain.app.extensions[EXTENSION] = replace(chain.app.extensions[EXTENSION], clock=lambda: now)


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture
def scheduling_settings(scheduling_db: DatabaseSettings, redis_url: str, keys: Keys, tmp_path: Path) -> Settings:
    return Settings.read(
        {
            "SYNERGIST_FOLDER": str(tmp_path),
            "SYNERGIST_SCHEDULING_DATABASE_URL": scheduling_db.api,
            "SYNERGIST_SCHEDULING_READER_URL": scheduling_db.reader,
            "SYNERGIST_SCHEDULING_MIGRATE_URL": scheduling_db.migrate,
            "SYNERGIST_REDIS_URL": redis_url,
        }
        | keys.variables(tmp_path)
    )


@pytest.fixture
def scheduling_app(scheduling_settings: Settings) -> Iterator[Flask]:
    app = create_app(scheduling_settings)
    nothing_at_treatment(app)
    yield app
    app.extensions["synergist"].close()


@pytest.fixture
def new_own_chain(scheduling_app: Flask, keys: Keys, scheduling_settings: Settings) -> Iterator[NewChain]:
    """Makes chains in a database of this test alone."""
    database = Database(make_engine(scheduling_settings.scheduling.api), sealer=sealer(), views=VIEWS)
    yield lambda slug: Chain(scheduling_app, keys, create_chain(database, slug, f"Demo {slug}"))
    database.engine.dispose()


@pytest.fixture
def new_chain(request: pytest.FixtureRequest) -> NewChain:
    """Makes chains: `new_chain("slug")`. In a file marked `one_database` all its tests have theirs in one database.

    That is for tests that ask the API alone, where a chain sees nothing of another; whoever looks into the database
    has one of its own.
    """
    shared = request.node.get_closest_marker("one_database") is not None
    made: NewChain = request.getfixturevalue("new_pages_chain" if shared else "new_own_chain")
    return made


@pytest.fixture
def chain(new_chain: NewChain) -> Chain:
    return new_chain("demo")
