"""A period is closed once, when all of its reports are published, from what was known at its moment, and stays so."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.events.treatment_reports import ReportRulesSet
from shared.feed import FeedUnavailable
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.partitions import partition_of
from shared.reports.document import Report, packed
from shared.reports.ids import report_id_of
from shared.settings import DatabaseSettings
from tests.support.api import Api
from tests.support.house import OPENED_AT, REPORTS, House, a_house, an_empty_house
from tests.support.log import a_chain, arrived, booked
from tests.support.messages import BERLIN, at
from tests.support.reports import invented_report
from tests.support.treatment import Treatment
from workers.consume import CONSUMER
from workers.messages.treatment import Treatment as Reached
from workers.reports.command import due_command
from workers.reports.due import turn
from workers.reports.due.measured import Periods
from workers.reports.due.rows import LEASE, Due, due_of
from workers.reports.due.turn import Closing, close_due, knowledge
from workers.reports.making import pairs_of
from workers.reports.moments import APART

pytestmark = pytest.mark.one_database

PERIODS = "/v1/report-periods"
PLACES = 3
"""Scopes of a house: its therapist, its clinic and the chain."""

OCTOBER_ENDED = at("2026-11-01 00:00")
CLOSES_AT = at("2026-11-05 00:00")
AFTERWARDS = CLOSES_AT + APART
EVENTS = text("SELECT stream, name, count(*) FROM events WHERE chain_id = :chain_id GROUP BY stream, name")


@dataclass
class Office:
    """A house whose periods are closed; `read_up_to` is how far the projector is, `log_ends_at` where the logs end."""

    house: House
    log_ends_at: int = 100
    treatment: Reached = field(init=False)

    def __post_init__(self) -> None:
        self.treatment = self.house.reached

    @property
    def chain_id(self) -> UUID:
        return self.house.treatment.chain_id

    def heads(self) -> Mapping[str, Mapping[int, int]]:
        return dict.fromkeys(("scheduling", "treatment"), dict.fromkeys(range(16), self.log_ends_at))

    def reads_up_to(self, position: int) -> None:
        for schema in ("views_a", "views_b"):
            for source in ("scheduling", "treatment"):
                self.house.workers.change(
                    f"INSERT INTO {schema}.checkpoints VALUES (:consumer, :source, :partition, :position)"
                    " ON CONFLICT (consumer, source, partition) DO UPDATE SET position = excluded.position",
                    consumer=CONSUMER,
                    source=source,
                    partition=partition_of(self.chain_id),
                    position=position,
                )

    def turn(self, now: datetime, *, stop: Callable[[], bool] = lambda: False) -> int:
        """What one tick does at a moment; `stop` is asked before every step."""
        self.house.now = now
        self.house.treatment.set_clock(now)
        closing = Closing(self.house.workers.engine, self.treatment, self.heads, lambda: self.house.now, stop)
        return close_due(closing)

    def close_october(self) -> None:
        self.turn(OCTOBER_ENDED)
        self.reads_up_to(self.log_ends_at)
        assert self.turn(AFTERWARDS) == 1

    @property
    def admin(self) -> Api:
        return self.house.treatment.caller("chain_admin")

    def periods(self) -> dict[str, Any]:
        return {each["period"]: each for each in self.admin.get(PERIODS)["items"]}

    def closed(self, period: str = "2026-10") -> list[Any]:
        items: list[Any] = self.admin.get(f"{REPORTS}?closed=true&period={period}&limit=500")["items"]
        return items

    def recorded(self) -> Counter[str]:
        """How often each event of reports is in treatment's log, by stream and name."""
        with self.house.treatment.database.reading(self.chain_id) as connection:
            rows = connection.execute(EVENTS, {"chain_id": self.chain_id}).all()
        return Counter({f"{row.name} {row.stream}": row.count for row in rows if "report" in row.name})

    def due(self, period: str) -> Due:
        with self.house.workers.engine.connect() as connection:
            row = connection.execute(text("SELECT * FROM due_periods WHERE period = :period"), {"period": period}).one()
        return due_of(row)

    def rows(self, table: str) -> int:
        with self.house.workers.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        yield monthly(house)


def monthly(house: House) -> Office:
    """Of a chain that wants no weeks."""
    rules = ReportRulesSet(weekly=False, set_at=OPENED_AT)
    house.workers.tell(rules, OPENED_AT, stream=f"report_rules-{house.treatment.chain_id}")
    return Office(house)


def test_a_month_is_closed_once_with_all_of_its_reports(office: Office) -> None:
    office.house.treat(office.house.anna)
    office.close_october()
    october = office.periods()["2026-10"]
    assert (october["status"], october["reports"], october["made"]) == ("closed", PLACES, PLACES)
    assert (october["as_of"], october["time_zone"]) == (CLOSES_AT.isoformat(), BERLIN)
    reports = office.closed()
    assert {each["scope"] for each in reports} == {"therapist", "clinic", "chain"}
    assert {each["as_of"] for each in reports} == {CLOSES_AT.isoformat()}
    assert {(each["scheduling"], each["treatment"]) for each in reports} == {
        (october["scheduling"], october["treatment"])
    }
    before = office.recorded()
    for later in range(3):
        assert office.turn(AFTERWARDS + timedelta(hours=later)) == 0
    assert office.recorded() == before
    assert Counter(name.split(".")[1] for name in before) == Counter(
        caseload_report_asked=PLACES, caseload_report_published=PLACES, report_period_closed=1
    )
    assert set(before.values()) == {1}
    assert office.rows("report_drafts") == 0


def test_therapists_have_the_whole_of_their_own_closed_report_and_others_what_may_leave(office: Office) -> None:
    house = office.house
    house.treat(house.anna)
    office.close_october()
    [own] = house.anna.api.get(f"{REPORTS}?closed=true&period=2026-10")["items"]
    seen = {each["id"]: each for each in house.manager(house.clinic_id).get(f"{REPORTS}?closed=true")["items"]}
    assert own["hash"] != seen[own["id"]]["hash"]
    document = house.anna.api.get(f"{REPORTS}/{own['id']}")["document"]
    assert len(document["series"]["trajectories"]) == PLACES
    assert house.manager(house.clinic_id).get(f"{REPORTS}/{own['id']}")["document"]["series"]["trajectories"] == []


def test_the_hash_of_a_period_is_over_the_hashes_of_all_of_its_reports(office: Office) -> None:
    office.close_october()
    with office.house.treatment.database.reading(office.chain_id) as connection:
        rows = connection.execute(
            text("SELECT * FROM caseload_reports WHERE period = '2026-10' ORDER BY scope_kind, scope_id")
        ).all()
    lines = [f"{row.scope_kind} {row.scope_id} {row.hash} {row.own_hash or ''}\n" for row in rows]
    assert office.periods()["2026-10"]["hash"] == sha256("".join(lines).encode()).hexdigest()


def test_it_waits_for_its_moment_and_then_until_both_logs_are_read_past_it(office: Office) -> None:
    assert office.turn(OCTOBER_ENDED) == 0
    waiting = office.periods()["2026-10"]
    assert (waiting["status"], waiting["reports"], waiting["made"], waiting["closed_at"]) == ("waiting", None, 0, None)
    assert office.turn(AFTERWARDS) == 0
    assert office.periods()["2026-10"]["status"] == "making"
    office.reads_up_to(office.log_ends_at - 1)
    assert office.turn(AFTERWARDS) == 0
    office.log_ends_at += 50
    office.reads_up_to(office.log_ends_at - 50)
    assert office.turn(AFTERWARDS) == 1, "what came after its moment need not be read"
    assert office.periods()["2026-10"]["status"] == "closed"


def test_a_report_that_was_asked_for_waits_as_well_until_both_logs_are_read_past_its_moment(office: Office) -> None:
    house = office.house
    asked_at = CLOSES_AT - timedelta(days=1)
    house.now = asked_at
    house.treatment.set_clock(asked_at)
    house.ask(office.admin, "clinic", house.clinic_id, as_of=asked_at.isoformat())
    office.reads_up_to(office.log_ends_at)
    office.turn(asked_at)
    assert house.make_known() == 0, "what other clocks call earlier may still come"
    office.log_ends_at += 1
    office.turn(asked_at + APART)
    assert house.make_known() == 0, "the logs are not read so far"
    office.reads_up_to(office.log_ends_at)
    assert (house.make_known(), house.waiting()) == (1, 0)


def test_while_nobody_says_where_the_logs_end_it_waits(office: Office) -> None:
    def away() -> Mapping[str, Mapping[int, int]]:
        raise FeedUnavailable

    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    closing = Closing(office.house.workers.engine, office.treatment, away, lambda: AFTERWARDS, lambda: False)
    assert close_due(closing) == 0
    assert office.turn(AFTERWARDS) == 1


def test_what_comes_late_changes_no_closed_report(office: Office) -> None:
    house = office.house
    house.treat(house.anna, clients=2)
    office.close_october()
    before = (office.periods(), office.closed(), office.recorded())
    house.treat(house.hire(house.clinic_id), clients=3)
    office.turn(AFTERWARDS + timedelta(minutes=5))
    assert (office.periods(), office.closed(), office.recorded()) == before
    now = house.ask(office.admin, "chain", office.chain_id, as_of=house.now.isoformat())
    assert now["closed"] is False


def test_what_was_recorded_after_its_moment_is_not_in_it_however_late_it_is_made(office: Office) -> None:
    house = office.house
    house.treat(house.anna, clients=2)
    office.turn(OCTOBER_ENDED)
    starts_at = at("2026-10-20 10:00")
    visit = booked(therapist_id=house.anna.therapist_id, clinic_id=house.clinic_id, starts_at=starts_at)
    house.tell(visit, CLOSES_AT - timedelta(hours=1), "appointment")
    house.tell(arrived(visit), CLOSES_AT + timedelta(seconds=1), "appointment")
    office.reads_up_to(office.log_ends_at)
    office.turn(AFTERWARDS + timedelta(days=10))
    [chain] = [each for each in office.closed() if each["scope"] == "chain"]
    metrics = {each["code"]: each for each in office.admin.get(f"{REPORTS}/{chain['id']}")["document"]["metrics"]}
    assert metrics["attended_visits"]["value"] == 2
    assert chain["as_of"] == CLOSES_AT.isoformat()


def test_a_closed_report_made_again_after_a_rebuild_is_the_same_bytes_and_nothing_is_asked_for_again(
    office: Office, workers_db: DatabaseSettings
) -> None:
    house = office.house
    house.treat(house.anna)
    house.treat(house.hire(house.clinic_id), clients=12)
    office.turn(OCTOBER_ENDED)
    october = office.due("2026-10")
    office.reads_up_to(office.log_ends_at)
    office.turn(AFTERWARDS)
    house.treat(house.anna, clients=2)
    before = office.recorded()
    house.workers.rebuild(workers_db.migrate)
    assert (office.turn(AFTERWARDS + timedelta(days=1)), office.recorded()) == (0, before)
    positions = {name: getattr(office.due("2026-10"), name) for name in ("scheduling", "treatment")}
    made = pairs_of(knowledge(house.workers.engine, replace(october, **positions)), is_closed=True)
    with house.treatment.database.reading(office.chain_id) as connection:
        rows = connection.execute(text("SELECT * FROM caseload_reports WHERE period = '2026-10'")).all()
        kept = {(row.scope_kind, row.scope_id): (row.hash, row.own_hash) for row in rows}
    again = {
        (scope.kind, scope.id): (pair.others.hash, pair.own.hash if pair.own else None) for scope, pair in made.items()
    }
    assert again == kept
    assert len(kept) == PLACES + 1


def test_two_chains_close_on_their_own_clocks(office: Office, workers_db: DatabaseSettings) -> None:
    known = replace(office.house.treatment, versions=Counter())
    with a_house(known, workers_db, a_chain(), "America/Chicago") as house:
        chicago = monthly(house)
        opens_at = CLOSES_AT + timedelta(hours=7)
        office.turn(OCTOBER_ENDED)
        assert set(chicago.periods()) == {"2026-09"}
        office.turn(OCTOBER_ENDED + timedelta(hours=7))
        for each in (office, chicago):
            each.reads_up_to(each.log_ends_at)
        assert office.turn(AFTERWARDS) == 2
        assert {name: each["status"] for name, each in chicago.periods().items()} == {
            "2026-09": "closed",
            "2026-10": "waiting",
        }
        assert office.turn(opens_at + APART) == 1
        october = chicago.periods()["2026-10"]
        assert (october["as_of"], october["time_zone"]) == (opens_at.isoformat(), "America/Chicago")
        assert office.periods()["2026-10"]["as_of"] == CLOSES_AT.isoformat()


def test_a_chain_whose_clock_is_none_keeps_no_other_from_being_closed(
    office: Office, workers_db: DatabaseSettings
) -> None:
    known = replace(office.house.treatment, versions=Counter())
    with a_house(known, workers_db, a_chain()) as house:
        rules = ReportRulesSet(weekly=False, time_zone="Nowhere/Demo", set_at=OPENED_AT)
        house.workers.tell(rules, OPENED_AT, stream="report_rules-nowhere")
        with capture_logs() as logs:
            office.close_october()
        named = {line["chain_id"] for line in logs if line["event"] == "periods_not_planned"}
        assert named == {house.treatment.chain_id}
    assert office.periods()["2026-10"]["status"] == "closed"


def test_a_chain_without_anybody_closes_its_period_with_the_reports_of_its_clinics_and_its_own(
    new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings
) -> None:
    with an_empty_house(new_treatment(), workers_db, a_chain()) as house:
        house.open_clinic()
        office = monthly(house)
        office.close_october()
        assert {each["scope"] for each in office.closed()} == {"clinic", "chain"}
        assert office.periods()["2026-10"]["reports"] == 2


def test_weeks_are_closed_on_their_wednesday_also_that_in_which_the_clocks_change(
    new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings
) -> None:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        office = Office(house)
        office.reads_up_to(office.log_ends_at)
        office.turn(at("2026-10-26 00:00"))
        closes_at = at("2026-10-28 00:00")
        assert office.periods()["2026-W43"]["as_of"] == closes_at.isoformat()
        assert office.turn(closes_at + APART) == 1
        week = office.periods()["2026-W43"]
        assert week["status"] == "closed"
        lasted = datetime.fromisoformat(week["ends_at"]) - datetime.fromisoformat(week["starts_at"])
        assert lasted == timedelta(hours=7 * 24 + 1)


def test_rules_of_the_chain_say_when_and_what_was_not_wanted_is_not_closed(office: Office) -> None:
    set_at = at("2026-10-20 10:00")
    rules = ReportRulesSet(time_zone="Europe/London", closing_day=10, weekly=False, set_at=set_at)
    office.house.workers.tell(rules, set_at, stream=f"report_rules-{office.chain_id}")
    office.turn(at("2026-11-01 01:00"))
    [(name, october)] = office.periods().items()
    assert (name, october["time_zone"]) == ("2026-10", "Europe/London")
    assert datetime.fromisoformat(october["as_of"]) == at("2026-11-10 01:00")
    later = ReportRulesSet(closing_day=3, set_at=at("2026-11-02 10:00"))
    office.house.workers.tell(later, later.set_at, stream=f"report_rules-{office.chain_id}")
    office.turn(AFTERWARDS)
    assert office.periods()["2026-10"] == october


def test_a_report_of_a_closed_period_asked_for_later_is_of_the_same_days_whatever_the_rules_are_by_then(
    office: Office,
) -> None:
    office.close_october()
    rules = ReportRulesSet(time_zone="America/Chicago", set_at=AFTERWARDS)
    office.house.workers.tell(rules, AFTERWARDS, stream=f"report_rules-{office.chain_id}")
    office.house.now = AFTERWARDS + timedelta(days=2)
    office.house.treatment.set_clock(office.house.now)
    asked = [
        office.house.ask(office.admin, "chain", office.chain_id, period=period, as_of=office.house.now.isoformat())
        for period in ("2026-10", "2026-09")
    ]
    assert (office.house.make(), office.house.make()) == (1, 1)
    documents = [office.admin.get(f"{REPORTS}/{each['id']}")["document"] for each in asked]
    assert [each["period"]["time_zone"] for each in documents] == [BERLIN, "America/Chicago"]


def test_a_report_as_of_the_moment_of_a_closing_is_refused_until_it_is_closed_and_then_is_the_closed_one(
    office: Office,
) -> None:
    office.turn(OCTOBER_ENDED)
    office.turn(AFTERWARDS)
    body = {"scope": "chain", "scope_id": str(office.chain_id), "period": "2026-10", "as_of": CLOSES_AT.isoformat()}
    assert office.admin.problem("POST", REPORTS, 409, body)["code"] == "period_being_closed"
    office.reads_up_to(office.log_ends_at)
    office.turn(AFTERWARDS)
    [chain] = [each for each in office.closed() if each["scope"] == "chain"]
    assert office.admin.post(REPORTS, body, 200)["id"] == chain["id"]


def test_a_report_asked_for_before_anybody_knew_that_its_period_closes_then_is_the_closed_one(office: Office) -> None:
    """While the workers were away; when they come back, they could make it first, by the rules for open periods."""
    house = office.house
    house.treat(house.hire(house.clinic_id), clients=12)
    house.now = AFTERWARDS
    house.treatment.set_clock(AFTERWARDS)
    asked = house.ask(office.admin, "chain", office.chain_id, as_of=CLOSES_AT.isoformat())
    office.turn(AFTERWARDS)
    assert (house.make(), house.waiting()) == (1, 0)
    assert office.admin.get(f"{REPORTS}/{asked['id']}")["status"] == "asked"
    office.reads_up_to(office.log_ends_at)
    office.turn(AFTERWARDS)
    assert asked["id"] in [each["id"] for each in office.closed()]
    metrics = office.admin.get(f"{REPORTS}/{asked['id']}")["document"]["metrics"]
    assert "not_closed" not in {each["why_none"] for each in metrics}


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_turn_that_ends_at_any_step_is_gone_on_with_and_every_report_is_there_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(turn, "BATCH", 1)
    office.house.treat(office.house.anna)
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    left = iter(range(steps))
    office.turn(AFTERWARDS, stop=lambda: next(left, None) is None)
    office.turn(AFTERWARDS)
    assert {each["status"] for each in office.periods().values()} == {"closed"}
    assert set(office.recorded().values()) == {1}
    assert len(office.closed()) == PLACES


def test_a_chain_that_takes_a_whole_turn_to_be_read_is_closed_batch_by_batch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "BATCH", 1)
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    for _ in range(2 * PLACES):
        office.turn(AFTERWARDS, stop=over_when_begun())
    assert office.periods()["2026-10"]["status"] == "closed"
    assert set(office.recorded().values()) == {1}


def over_when_begun() -> Callable[[], bool]:
    """There is time to begin, and none is left after that."""
    asked = iter([False])
    return lambda: next(asked, True)


def test_while_treatment_is_away_it_is_postponed_and_then_closed(office: Office) -> None:
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    here, office.treatment = office.treatment, Reached("http://127.0.0.1:9", lambda: "")
    assert office.turn(AFTERWARDS) == 0
    office.treatment = here
    assert office.turn(AFTERWARDS) == 0, "nobody hurries whoever is away"
    assert office.turn(AFTERWARDS + timedelta(minutes=1)) == 1


def test_a_worker_whose_lease_ran_out_changes_nothing_any_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still in the middle, another closes the period, and then it goes on."""
    monkeypatch.setattr(turn, "BATCH", 1)
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    asked = iter(range(100))

    def meanwhile() -> bool:
        if next(asked) == 2:
            assert office.turn(AFTERWARDS + LEASE) == 1
        return False

    assert office.turn(AFTERWARDS, stop=meanwhile) == 0
    assert set(office.recorded().values()) == {1}
    assert len(office.closed()) == PLACES


def test_treatment_closes_no_period_of_which_a_report_is_missing(office: Office) -> None:
    office.close_october()
    service = Api(
        office.house.treatment.app.test_client(),
        mint_service_token(office.house.treatment.keys.service, subject="workers", to="treatment"),
    )
    body = {
        "chain_id": str(office.chain_id),
        "period": "2026-09",
        "starts_at": at("2026-09-01 00:00").isoformat(),
        "ends_at": at("2026-10-01 00:00").isoformat(),
        "time_zone": BERLIN,
        "as_of": at("2026-10-05 00:00").isoformat(),
        "scheduling": 1,
        "treatment": 1,
        "reports": 1,
    }
    refused = service.problem("POST", "/internal/v1/report-periods/closed", 409, body)
    assert refused["code"] == "not_all_published"
    assert "2026-09" not in office.periods()


def test_treatment_keeps_no_document_for_closing_that_is_another_than_it_says(office: Office) -> None:
    report = invented_report()
    service = Api(
        office.house.treatment.app.test_client(),
        mint_service_token(office.house.treatment.keys.service, subject="workers", to="treatment"),
    )
    body = {"document": packed(report), "for_closing": True, "chain_id": str(report.chain_id)}
    service.post("/internal/v1/caseload-reports", body | {"report_id": str(new_id())}, 422)
    service.post("/internal/v1/caseload-reports", body | {"report_id": str(id_of(report)), "document": "x"}, 422)
    stranger = body | {"report_id": str(id_of(report)), "chain_id": str(office.chain_id)}
    service.post("/internal/v1/caseload-reports", stranger, 422)


def id_of(report: Report) -> UUID:
    scope = report.scope
    return report_id_of(report.chain_id, scope.kind, scope.id, report.period.name, report.as_of.at)


def test_operators_see_what_is_due_and_how_late_it_is(office: Office, workers_db: DatabaseSettings) -> None:
    def listed() -> str:
        environ = {"SYNERGIST_WORKERS_DATABASE_URL": workers_db.api}
        return CliRunner().invoke(due_command, env=environ, catch_exceptions=False).output

    assert listed() == "No period is waiting to be closed.\n"
    office.turn(OCTOBER_ENDED)
    assert f"{office.chain_id} 2026-10 as of 2026-11-04T23:00Z: waiting, not counted yet\n" in listed()
    office.reads_up_to(office.log_ends_at)
    registry = CollectorRegistry()
    registry.register(Periods(office.house.workers.engine, lambda: CLOSES_AT + timedelta(hours=1)))
    assert registry.get_sample_value("synergist_report_periods_due") == 1
    assert registry.get_sample_value("synergist_report_periods_due_oldest_seconds") == 3600
    office.turn(AFTERWARDS)
    assert registry.get_sample_value("synergist_report_periods_due") == 0
    assert registry.get_sample_value("synergist_report_periods_due_oldest_seconds") == 0
    assert listed() == "No period is waiting to be closed.\n"
