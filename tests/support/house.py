"""A clinic with its therapists, over treatment's real API and the workers' real database, of which reports are made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from shared.codec import decode as event_of
from shared.events import scheduling as s
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.reports.document import Kind
from shared.settings import DatabaseSettings
from tests.support import care
from tests.support.api import Api
from tests.support.log import arrived, booked
from tests.support.messages import BERLIN, CHAIN, at
from tests.support.treatment import Therapist, Treatment
from tests.support.workers import Workers, a_workers
from workers.messages.treatment import Treatment as Reached
from workers.reports.making import make_wanted

REPORTS = "/v1/caseload-reports"
WEEK: tuple[s.Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
OPENED_AT = at("2026-01-02 08:00")
NOW = at("2026-11-06 08:00")
CLOSED_AT = at("2026-11-05 05:00")


@dataclass
class House:
    """A clinic with a therapist, as treatment and the workers know it; the workers reach treatment in this process."""

    treatment: Treatment
    workers: Workers
    reached: Reached
    clock: str = BERLIN
    clinic_id: UUID = field(init=False)
    anna: Therapist = field(init=False)
    now: datetime = NOW

    def tell(self, event: Any, recorded_at: datetime, stream: str) -> None:
        self.workers.tell(event, recorded_at, stream=f"{stream}-{new_id()}")

    def hire(self, clinic_id: UUID) -> Therapist:
        person = self.treatment.therapist(clinic_id)
        shifts = tuple(
            s.RotaEntry(clinic_id=clinic_id, weekday=day, starts="09:00", ends="17:00", valid_from=date(2026, 1, 1))
            for day in WEEK
        )
        for event in (
            s.TherapistAdded(therapist_id=person.therapist_id, name="Demo", languages=(), qualifications=()),
            s.TherapistRotaSet(therapist_id=person.therapist_id, entries=shifts),
        ):
            self.treatment.tell(event, stream=f"therapist-{new_id()}")
            self.tell(event, OPENED_AT, "therapist")
        return person

    def open_clinic(self) -> UUID:
        clinic_id = new_id()
        address = s.Address(line="Demo Street 1", city="Berlin", region="", postal_code="10115", country="DE")
        opened = s.ClinicOpened(clinic_id=clinic_id, name="Demo Clinic", phone="+15005550001")
        terms = s.ClinicTermsSet(
            clinic_id=clinic_id,
            valid_from=date(2026, 1, 1),
            time_zone=self.clock,
            address=address,
            latitude_e6=52520000,
            longitude_e6=13405000,
            opening_hours=tuple(s.Hours(weekday=day, opens="09:00", closes="17:00") for day in WEEK),
        )
        for event in (opened, terms):
            self.treatment.tell(event, stream=f"clinic-{new_id()}")
            self.tell(event, OPENED_AT, "clinic")
        return clinic_id

    def treat(self, person: Therapist, clients: int = 3) -> None:
        """Clients who came in October, in pain before it."""
        for number in range(clients):
            starts_at = at("2026-10-06 10:00") + timedelta(days=number)
            visit = booked(therapist_id=person.therapist_id, clinic_id=self.clinic_id, starts_at=starts_at)
            self.tell(visit, starts_at - timedelta(days=7), "appointment")
            self.tell(arrived(visit), starts_at, "appointment")
            episode = care.opened(visit.client_id, person.therapist_id, self.clinic_id, starts_at)
            self.tell(episode, starts_at, "episode")
            self.tell(care.baseline(episode, 6, starts_at), starts_at, "episode")

    def manager(self, *clinics: UUID) -> Api:
        return self.treatment.caller("manager", clinics=clinics, subject=f"manager-{new_id()}")

    def ask(self, api: Api, kind: Kind, scope_id: UUID, expect: int = 201, **fields: Any) -> Any:
        """Ask, and let the workers hear of it."""
        body = {"scope": kind, "scope_id": str(scope_id), "period": "2026-10", "as_of": CLOSED_AT.isoformat()}
        asked = api.post(REPORTS, body | fields, expect)
        if expect == 201:
            self.workers.tell(self.event(asked["id"]), self.now, stream=f"caseload_report-{asked['id']}")
        return asked

    def event(self, report_id: str) -> Any:
        """The last of its events, as the workers read it."""
        sql = text("SELECT name, data FROM events WHERE stream = :stream ORDER BY version DESC LIMIT 1")
        with self.treatment.database.reading(self.treatment.chain_id) as connection:
            row = connection.execute(sql, {"stream": f"caseload_report-{report_id}"}).one()
        return event_of(row.name, row.data, {})

    def make(self) -> int:
        """Both logs are read past whatever moment was not known yet."""
        self.read_all()
        return self.make_known()

    def read_all(self) -> None:
        self.workers.change("UPDATE wanted_reports SET scheduling_head = 0, treatment_head = 0")

    def make_known(self) -> int:
        return make_wanted(self.workers.engine, self.reached, lambda: self.now)

    def waiting(self) -> int:
        with self.workers.engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM wanted_reports")).scalar_one())


def connected(treatment: Treatment) -> Reached:
    token = partial(mint_service_token, treatment.keys.service, subject="workers", to="treatment")
    found = Reached("http://treatment", token)
    found.http = httpx.Client(transport=httpx.WSGITransport(app=treatment.app), base_url="http://treatment")
    return found


@contextmanager
def a_house(
    treatment: Treatment, workers_db: DatabaseSettings, chain_id: UUID = CHAIN, clock: str = BERLIN
) -> Iterator[House]:
    """With one clinic and one therapist there."""
    with an_empty_house(treatment, workers_db, chain_id, clock) as made:
        made.clinic_id = made.open_clinic()
        made.anna = made.hire(made.clinic_id)
        yield made


@contextmanager
def an_empty_house(
    treatment: Treatment, workers_db: DatabaseSettings, chain_id: UUID, clock: str = BERLIN
) -> Iterator[House]:
    known = replace(treatment, chain_id=chain_id)
    with a_workers(workers_db, chain_id) as workers:
        known.set_clock(NOW)
        yield House(known, workers, connected(known), clock)
