"""Workers are killed while they close a quarter: what is told is decided once, every report is published once, the period
is closed once, and made again from rebuilt facts the reports are the same bytes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from shared.database import make_engine
from shared.events import scheduling as s
from shared.ids import new_id
from shared.rebuild import rebuild
from shared.replay import LogAtHand
from shared.reports.document import Kind
from shared.reports.ids import closing_report_id_of
from shared.settings import Settings
from tests.contracts.examples import EXAMPLES
from tests.support.log import Log, a_chain, a_log, arrived, booked
from tests.support.processes import Launcher, Running, launch_api, wait_until
from tests.support.workers import hear
from workers.celery_app import CLOSE_PERIODS, REPORT_QUEUE, make_app
from workers.rebuild import read_models
from workers.reports import moments
from workers.reports.due import rows
from workers.reports.due.planning import Planned
from workers.reports.due.rows import Due, due_of
from workers.reports.due.turn import BATCH, knowledge
from workers.reports.making import pairs_of
from workers.reports.once import OF_THE_YEAR
from workers.reports.window import period_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BERLIN = "Europe/Berlin"


def quarter_ended(today: date) -> date:
    """The last day of the last quarter that has ended, or will have within hours: its visits count all the same."""
    last = today.replace(day=1) - timedelta(days=1)
    return last if last.month % 3 == 0 else quarter_ended(last)


MONTH = f"{quarter_ended(datetime.now(UTC).date()):%Y-%m}"
EARLIER = f"{quarter_ended(period_of(MONTH, BERLIN).starts_at.date()):%Y-%m}"

THERAPISTS = 2 * BATCH
REPORTS = THERAPISTS + 2
"""And those of the clinic and the chain."""

WAITS = text("""
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()
""")
OF_MONTH = text("SELECT * FROM due_periods WHERE period = :period")
EVENTS = text("SELECT stream, name FROM events WHERE chain_id = :chain_id AND name LIKE 'treatment.%report%'")


@dataclass
class Office:
    """A chain whose last month is to be closed, by processes of its own."""

    launch: Launcher
    settings: Settings
    scheduling: Log
    treatment: Log
    workers: Engine
    owner: Engine
    chain_id: UUID
    therapists: list[UUID]
    as_of_at: datetime

    def project(self) -> None:
        hear(self.workers, {"scheduling": self.scheduling.reader, "treatment": self.treatment.reader})

    def worker(self) -> Running:
        """A worker that has been told to look."""
        running = self.launch("workers", "report", port=None).wait_ready()
        self.tick()
        return running

    def tick(self) -> None:
        with make_app(self.settings) as app:
            app.send_task(CLOSE_PERIODS, queue=REPORT_QUEUE)

    def lease_ends(self) -> None:
        """What six minutes do."""
        with self.workers.begin() as connection:
            connection.execute(text("UPDATE due_periods SET next_at = now()"))

    def stands_still(self, database: Engine) -> bool:
        """Whether somebody waits for what this test holds; who has given up waiting is made to try again."""
        with database.connect() as connection:
            if connection.execute(WAITS).scalar():
                return True
        if self.ask("SELECT bool_or(lease_token IS NULL AND attempts > 0 AND next_at > now()) FROM due_periods"):
            self.lease_ends()
            self.tick()
        return False

    def ask(self, sql: str) -> Any:
        with self.workers.connect() as connection:
            return connection.execute(text(sql)).scalar()

    @property
    def due(self) -> Due:
        with self.workers.connect() as connection:
            return due_of(connection.execute(OF_MONTH, {"period": MONTH}).one())

    def recorded(self) -> Counter[tuple[str, str]]:
        """How often each event of reports is in treatment's log, by stream and name."""
        with self.treatment.reader.connect() as connection:
            found = connection.execute(EVENTS, {"chain_id": self.chain_id}).all()
        return Counter((row.stream, row.name) for row in found)

    def published(self) -> list[Any]:
        with self.treatment.database.reading(self.chain_id) as connection:
            return list(
                connection.execute(text("SELECT * FROM caseload_reports WHERE closed ORDER BY scope_kind, scope_id"))
            )


def lives(log: Log, chain_id: UUID, clinic_id: UUID, therapist_id: UUID, starts_at: datetime) -> None:
    """Somebody who works there, and one client of theirs."""
    visit = booked(therapist_id=therapist_id, clinic_id=clinic_id, starts_at=starts_at)
    hired = s.TherapistAdded(therapist_id=therapist_id, name="Demo", languages=(), qualifications=())
    log.record(chain_id, hired, stream=f"therapist-{therapist_id}")
    log.record(chain_id, visit, arrived(visit))


@pytest.fixture
def office(launch: Launcher) -> Iterator[Office]:
    settings = Settings.read(launch.environ)
    chain_id, clinic_id = a_chain(), new_id()
    therapists = sorted(new_id() for _ in range(THERAPISTS))
    month = period_of(MONTH, BERLIN)
    own: dict[str, Any] = {"clinic_id": clinic_id, "valid_from": date(2020, 1, 1), "time_zone": BERLIN}
    with ExitStack() as stack:
        scheduling, treatment = (stack.enter_context(a_log(each)) for each in (settings.scheduling, settings.treatment))
        workers, owner = make_engine(settings.workers.api), make_engine(settings.workers.migrate)
        for engine in (workers, owner):
            stack.callback(engine.dispose)
        opened = s.ClinicOpened(clinic_id=clinic_id, name="Demo", phone="+15005550001")
        terms = replace(EXAMPLES["scheduling.clinic_terms_set.v1"], **own)
        for event in (opened, terms):
            scheduling.record(chain_id, event, stream=f"clinic-{clinic_id}")
        for number, therapist_id in enumerate(therapists):
            lives(scheduling, chain_id, clinic_id, therapist_id, month.starts_at + timedelta(hours=8 + number))
        made = Office(launch, settings, scheduling, treatment, workers, owner, chain_id, therapists, datetime.now(UTC))
        ends = {
            source: {partition: head.position for partition, head in LogAtHand(log.reader).heads().items()}
            for source, log in (("scheduling", scheduling), ("treatment", treatment))
        }
        made.project()
        with workers.begin() as connection:
            rows.plan(connection, chain_id, Planned(month, made.as_of_at))
            moments.mark(connection, ends, made.as_of_at + moments.APART)
        yield made


def die_while_making(office: Office) -> None:
    """The worker waits for a row of its second batch, which this test holds, and is killed there."""
    with office.owner.connect() as connection, connection.begin() as holding:
        values = {"id": office.due.id, "scope": office.therapists[BATCH]}
        connection.execute(text("INSERT INTO report_drafts VALUES (:id, 'therapist', :scope, '{}', '', false)"), values)
        worker = office.worker()
        wait_until(lambda: office.stands_still(office.workers), 60, "the second batch to be kept")
        worker.kill()
        holding.rollback()
    assert office.ask("SELECT count(*) FROM report_drafts") == BATCH
    assert office.recorded() == Counter()


def die_while_publishing(office: Office, kind: Kind, scope: UUID) -> int:
    """Treatment waits for the row of a report, which this test holds, and the worker is killed while it waits too.

    Gives how many events there are of reports by then.
    """
    held = {
        "id": closing_report_id_of(office.chain_id, kind, scope, MONTH, office.as_of_at),
        "chain_id": office.chain_id,
        "kind": kind,
        "scope": scope,
        "period": MONTH,
        "at": office.as_of_at,
    }
    with office.treatment.owner.connect() as connection, connection.begin() as holding:
        connection.execute(
            text("SELECT set_config('app.chain_id', :chain_id, true)"), {"chain_id": str(office.chain_id)}
        )
        connection.execute(
            text("""
                INSERT INTO views_a.caseload_reports
                  (id, chain_id, version, status, scope_kind, scope_id, period, as_of_at, asked_at, for_closing, closed)
                VALUES (:id, :chain_id, 1, 'asked', :kind, :scope, :period, :at, :at, true, false)
            """),
            held,
        )
        worker = office.worker()
        wait_until(lambda: office.stands_still(office.treatment.reader), 60, "a report to be about to be published")
        worker.kill()
        yet = len(office.recorded())
        holding.rollback()
    assert office.due.state == "making"
    return yet


def is_told_otherwise_by_now(office: Office) -> None:
    """As if an earlier quarter had told everything of a year in which nobody came and nobody left."""
    with office.workers.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO due_periods (id, chain_id, partition, kind, period, starts_at, ends_at, time_zone, as_of_at,
                  state, told, next_at)
                SELECT gen_random_uuid(), chain_id, partition, kind, :earlier, starts_at - interval '3 months',
                  ends_at - interval '3 months', time_zone, as_of_at, 'closed', true, next_at FROM due_periods
            """),
            {"earlier": EARLIER},
        )
        connection.execute(
            text("""
                INSERT INTO told_quarters
                SELECT earlier.id, scope_kind, scope_id, clinics, cohorts, '{}', :told
                FROM told_quarters, due_periods AS earlier WHERE earlier.period = :earlier
            """),
            {"earlier": EARLIER, "told": sorted(OF_THE_YEAR)},
        )


def test_a_month_whose_workers_are_killed_is_closed_once_with_every_report_once(office: Office) -> None:
    launch_api(office.launch, "treatment")
    die_while_making(office)
    office.lease_ends()
    assert die_while_publishing(office, "chain", office.chain_id) == 0
    assert office.ask("SELECT count(*) FROM told_quarters") == REPORTS
    office.lease_ends()
    is_told_otherwise_by_now(office)
    assert 0 < die_while_publishing(office, "therapist", office.therapists[BATCH]) < 2 * REPORTS
    office.lease_ends()
    office.worker()
    wait_until(lambda: office.due.state == "closed", 60, "the period to be closed")
    recorded = office.recorded()
    assert set(recorded.values()) == {1}
    assert Counter(name for _, name in recorded) == {
        "treatment.caseload_report_asked.v1": REPORTS,
        "treatment.caseload_report_published.v1": REPORTS,
        "treatment.report_period_closed.v1": 1,
    }
    published = office.published()
    assert Counter(row.scope_kind for row in published) == {"chain": 1, "clinic": 1, "therapist": THERAPISTS}
    lines = [f"{row.scope_kind} {row.scope_id} {row.hash} {row.own_hash or ''}\n" for row in published]
    with office.treatment.database.reading(office.chain_id) as connection:
        closed = connection.execute(text("SELECT * FROM report_periods")).one()
    assert (closed.reports, closed.hash) == (REPORTS, sha256("".join(lines).encode()).hexdigest())
    assert office.ask("SELECT count(*) FROM report_drafts") == 0
    makes_the_same_again(office, published)


def makes_the_same_again(office: Office, published: list[Any]) -> None:
    """From facts that were made anew, after the word of the closing and of a visit that is told late."""
    late = booked(therapist_id=office.therapists[0], starts_at=period_of(MONTH, BERLIN).starts_at)
    office.scheduling.record(office.chain_id, late, arrived(late))
    office.project()
    logs = {"scheduling": LogAtHand(office.scheduling.reader), "treatment": LogAtHand(office.treatment.reader)}
    models = read_models(office.settings, logs)
    rebuild(models)
    models.owner.dispose()
    assert office.ask("SELECT schema FROM active_views") == "views_b"
    assert office.ask("SELECT count(*) FROM wanted_reports") == 0
    assert office.ask("SELECT count(*) FROM due_periods WHERE state <> 'closed'") == 0
    pairs = pairs_of(knowledge(office.workers, office.due), is_closed=True)
    again = {(scope.id, pair.others.hash, pair.own and pair.own.hash) for scope, pair in pairs.items()}
    assert again == {(row.scope_id, row.hash, row.own_hash) for row in published}
