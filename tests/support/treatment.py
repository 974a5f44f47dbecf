"""The treatment API over a real database that is told what scheduling does, and the people who call it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask

from services.scheduling.export.treatment import EXTENSION as TREATMENT, Treatment as Reached
from services.treatment.alerts import slots
from services.treatment.app import create_app
from services.treatment.consume import NAME, handle
from services.treatment.staff_pages.scheduling import EXTENSION as SCHEDULING, Scheduling as Names
from shared.auth import Role
from shared.codec import encode
from shared.database import Database, make_engine
from shared.event_store import Recorded
from shared.events import name_of, scheduling_staff as staff
from shared.events.scheduling import AppointmentBooked, ClinicTermsSet
from shared.events.scheduling_people import ClientRegistered
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.projection import Projection
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings, Settings
from tests.contracts.examples import EXAMPLES
from tests.support.api import Api, Chain, Keys, set_clock
from tests.support.keys import envelopes
from tests.support.log import a_chain, booked, stream_of
from tests.support.servers import ServerFarm, worker_number


@dataclass(frozen=True)
class Therapist:
    """Somebody who treats, known to treatment as member of staff and as therapist, and their calls."""

    api: Api
    staff_id: UUID
    therapist_id: UUID


@dataclass
class Treatment:
    """One chain's treatment service. `tell` is what its consumer does with what scheduling has recorded."""

    app: Flask
    keys: Keys
    chain_id: UUID = field(default_factory=a_chain)
    versions: Counter[str] = field(default_factory=Counter)

    @property
    def database(self) -> Database:
        database: Database = self.app.extensions[EXTENSION].database
        return database

    def tell(self, *events: Any, stream: str | None = None, actor: str = "desk") -> None:
        """Let events of scheduling take their effect, each of the stream that it is about, as done by this person."""
        entries = [self.recorded(event, stream or stream_of(event), actor) for event in events]
        projection = Projection(self.database.engine, NAME, handle, wait=lambda _: None)
        with projection.transaction() as (connection, _):
            projection.handle(connection, entries)

    def recorded(self, event: Any, stream: str, actor: str) -> Recorded:
        self.versions[stream] += 1
        event_id = new_id()
        return Recorded(
            partition=0,
            position=self.versions.total(),
            chain_id=self.chain_id,
            stream=stream,
            version=self.versions[stream],
            event_id=event_id,
            name=name_of(type(event)),
            data=encode(event, envelopes(event, self.chain_id, event_id)),
            metadata={"actor": actor, "role": "front_desk", "origin": "api", "correlation_id": "a-test"},
            recorded_at=datetime.now(UTC),
            prev_hash=b"",
            hash=b"",
        )

    def caller(self, role: Role, *, clinics: tuple[UUID, ...] = (), subject: str = "someone") -> Api:
        """Somebody of whom nothing is known but what their token says."""
        return self.chain.caller(role, clinics=tuple(map(str, clinics)), subject=subject)

    def therapist(self, *clinics: UUID) -> Therapist:
        """A new therapist at these clinics, or at all."""
        staff_id, therapist_id, subject = new_id(), new_id(), f"therapist-{new_id().hex}"
        given = (staff.RoleGiven(role="therapist", clinics=tuple(sorted(clinics)) or None),)
        self.tell(
            staff.StaffAdded(staff_id=staff_id, name="Demo Therapist", therapist_id=therapist_id, roles=given),
            staff.LoginAttached(staff_id=staff_id, issuer=self.chain.issuer, subject=subject),
            stream=f"staff-{staff_id}",
        )
        return Therapist(self.caller("therapist", subject=subject), staff_id, therapist_id)

    def client(self, client_id: UUID | None = None) -> UUID:
        """A client whom scheduling has registered."""
        client_id = client_id or new_id()
        registered = ClientRegistered(client_id=client_id, name="Demo Client", time_zone="Europe/Berlin", locale="en")
        self.tell(registered, stream=f"client-{client_id}")
        return client_id

    def clinic(self, time_zone: str = "Europe/Berlin") -> UUID:
        """A clinic that has been open for years."""
        clinic_id = new_id()
        terms: ClinicTermsSet = EXAMPLES["scheduling.clinic_terms_set.v1"]
        own: dict[str, Any] = {"clinic_id": clinic_id, "valid_from": date(2020, 1, 1), "time_zone": time_zone}
        self.tell(replace(terms, **own), stream=f"clinic-{clinic_id}")
        return clinic_id

    def visit(self, *, by: str = "desk", **fields: Any) -> AppointmentBooked:
        """A visit that scheduling has booked, for a new client unless one is named; `by` is the actor."""
        visit = booked(**{"client_id": None, **fields})
        if fields.get("client_id") is None:
            self.client(visit.client_id)
        self.tell(visit, actor=by)
        return visit

    def set_clock(self, now: datetime) -> None:
        """Let the app believe that it is this moment, until told otherwise."""
        set_clock(self.chain, now)

    @property
    def chain(self) -> Chain:
        """The chain as its callers know it."""
        return Chain(self.app, self.keys, self.chain_id)


def reach(scheduling: Flask, treatment: Flask, keys: Keys) -> None:
    """Let scheduling's app find treatment's in this process."""
    http = httpx.Client(transport=httpx.WSGITransport(app=treatment))
    scheduling.extensions[TREATMENT] = Reached("http://treatment", token_of(keys), http)


def ask_scheduling(treatment: Flask, scheduling: Flask, keys: Keys) -> None:
    """Let treatment's app find scheduling's in this process."""
    token = partial(mint_service_token, keys.service, subject="treatment", to="scheduling")
    http = httpx.Client(transport=httpx.WSGITransport(app=scheduling))
    treatment.extensions[SCHEDULING] = Names("http://scheduling", token, http)
    treatment.extensions[slots.EXTENSION] = slots.Scheduling("http://scheduling", token, http)


@contextmanager
def treatment_away(scheduling: Flask, keys: Keys) -> Iterator[None]:
    """Let scheduling's app find nobody where treatment should be."""
    before = scheduling.extensions[TREATMENT]
    scheduling.extensions[TREATMENT] = Reached("http://127.0.0.1:9", token_of(keys))
    try:
        yield
    finally:
        scheduling.extensions[TREATMENT] = before


def token_of(keys: Keys) -> Callable[[], str]:
    return partial(mint_service_token, keys.service, subject="scheduling", to="treatment")


@pytest.fixture(scope="module")
def reached(pages_app: Flask, treatment_app: Flask, keys: Keys) -> None:
    """For files in which archives are fetched: both services, each over its own database."""
    reach(pages_app, treatment_app, keys)


def follow(app: Flask, scheduling: DatabaseSettings) -> None:
    """Let treatment hear all that scheduling has recorded."""
    reader = make_engine(scheduling.reader)
    projection = Projection(app.extensions[EXTENSION].database.engine, NAME, handle, wait=lambda _: None)
    log = LogAtHand(reader)
    for partition, checkpoint in projection.load("scheduling").items():
        if rows := log.read(partition, checkpoint.position, 10_000):
            projection.apply("scheduling", checkpoint, rows)
    reader.dispose()


@pytest.fixture(scope="module")
def treatment_settings(servers: ServerFarm, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One database for all the tests of a file."""
    folder = tmp_path_factory.mktemp("treatment")
    with servers.database("treatment") as database:
        own = {
            "SYNERGIST_FOLDER": str(folder),
            "SYNERGIST_TREATMENT_DATABASE_URL": database.api,
            "SYNERGIST_TREATMENT_READER_URL": database.reader,
            "SYNERGIST_TREATMENT_MIGRATE_URL": database.migrate,
            "SYNERGIST_REDIS_URL": servers.redis().database(2 * worker_number(servers.worker)),
        }
        yield Settings.read(own | keys.variables(folder))


@pytest.fixture(scope="module")
def treatment_app(treatment_settings: Settings) -> Iterator[Flask]:
    app = create_app(treatment_settings)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def new_treatment(treatment_app: Flask, keys: Keys, redis_url: str) -> Iterator[Callable[[], Treatment]]:
    """Makes chains; `redis_url` forgets who has been asking too often. A clock that was set is put back."""
    parts = treatment_app.extensions[EXTENSION]
    yield lambda: Treatment(treatment_app, keys)
    treatment_app.extensions[EXTENSION] = parts


@pytest.fixture
def treatment(new_treatment: Callable[[], Treatment]) -> Treatment:
    return new_treatment()


@pytest.fixture
def treating(treatment: Treatment) -> Chain:
    """A new chain as callers of treatment know it."""
    return treatment.chain
