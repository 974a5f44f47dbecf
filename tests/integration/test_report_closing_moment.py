"""What somebody asks for as of the very moment of a closing is never the closed report, whoever comes first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.minting import mint_service_token
from shared.reports.document import AsOf, Kind, Report, Scope, Series, finished, packed
from shared.reports.ids import closing_report_id_of, report_id_of
from shared.settings import DatabaseSettings
from tests.support.api import Api
from tests.support.closing import AFTERWARDS, CLOSES_AT, OCTOBER_ENDED, PLACES, Office, monthly
from tests.support.house import REPORTS, a_house
from tests.support.log import a_chain
from tests.support.messages import BERLIN
from tests.support.reports import invented_report
from tests.support.treatment import Treatment
from workers.reports.window import period_of

pytestmark = pytest.mark.one_database

CLOSING = "/internal/v1/report-periods/closed"
PUBLISHING = "/internal/v1/caseload-reports"


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    """With clients enough for their outcomes to be told."""
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        house.treat(house.hire(house.clinic_id), clients=12)
        house.now = AFTERWARDS
        house.treatment.set_clock(AFTERWARDS)
        yield monthly(house)


def untold(office: Office, report_id: str) -> set[str]:
    """Why numbers of a report are missing."""
    document = office.admin.get(f"{REPORTS}/{report_id}")["document"]
    return {each["why_none"] for each in document["metrics"] if each["why_none"]}


@pytest.mark.parametrize(
    "order",
    [
        ("asked", "made", "tick", "read", "tick"),
        ("asked", "tick", "read", "made", "tick"),
        ("tick", "asked", "made", "read", "tick"),
        ("tick", "asked", "read", "tick", "made"),
        ("tick", "read", "asked", "tick", "made"),
        ("tick", "read", "tick", "asked", "made"),
    ],
    ids=" ".join,
)
def test_whoever_comes_first_the_closed_reports_are_those_of_the_closing(
    office: Office, order: tuple[str, ...]
) -> None:
    house = office.house
    asked: list[str] = []
    steps: dict[str, Callable[[], object]] = {
        "asked": lambda: asked.append(
            house.ask(office.admin, "chain", office.chain_id, as_of=CLOSES_AT.isoformat())["id"]
        ),
        "made": house.make,
        "tick": lambda: office.turn(AFTERWARDS),
        "read": lambda: office.reads_up_to(office.log_ends_at),
    }
    for step in order:
        steps[step]()
    office.turn(AFTERWARDS)
    house.make()
    closed = {each["scope"]: each for each in office.closed()}
    [by_hand] = asked
    assert len(office.closed()) == office.periods()["2026-10"]["reports"] == PLACES + 1
    assert by_hand not in [each["id"] for each in office.closed()]
    assert office.admin.get(f"{REPORTS}/{by_hand}")["status"] == "published"
    assert "not_closed" in untold(office, by_hand)
    assert "not_closed" not in untold(office, closed["chain"]["id"])
    assert set(office.recorded().values()) == {1}


def test_while_a_period_is_being_closed_its_moment_can_be_asked_for(office: Office) -> None:
    office.turn(OCTOBER_ENDED)
    office.turn(AFTERWARDS)
    body = {"scope": "chain", "scope_id": str(office.chain_id), "period": "2026-10", "as_of": CLOSES_AT.isoformat()}
    asked = office.admin.post(REPORTS, body, 201)
    assert office.admin.post(REPORTS, body, 200)["id"] == asked["id"]


@pytest.fixture
def workers(office: Office) -> Api:
    """Whoever speaks as they do."""
    token = mint_service_token(office.house.treatment.keys.service, subject="workers", to="treatment")
    return Api(office.house.treatment.app.test_client(), token)


def about(office: Office, kind: Kind, scope_id: UUID, definitions: int = 1, scheduling: int = 7) -> Report:
    """A report of October as of its closing."""
    made = invented_report()
    return finished(
        replace(
            made,
            definitions=definitions,
            chain_id=office.chain_id,
            scope=Scope(kind=kind, id=scope_id),
            period=period_of("2026-10", BERLIN),
            as_of=AsOf(scheduling=scheduling, treatment=9, at=CLOSES_AT),
            series=Series(),
        )
    )


def sent(report: Report, *, for_closing: bool = True, by_hand: bool = False) -> dict[str, Any]:
    scope, id_of = report.scope, report_id_of if by_hand else closing_report_id_of
    report_id = id_of(report.chain_id, scope.kind, scope.id, report.period.name, report.as_of.at)
    about = {"chain_id": str(report.chain_id), "report_id": str(report_id)}
    return about | {"document": packed(report), "for_closing": for_closing}


def told(office: Office, reports: int) -> dict[str, Any]:
    period = period_of("2026-10", BERLIN)
    return {
        "chain_id": str(office.chain_id),
        "period": period.name,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "time_zone": BERLIN,
        "as_of": CLOSES_AT.isoformat(),
        "scheduling": 7,
        "treatment": 9,
        "reports": reports,
    }


def test_what_is_made_for_somebody_is_not_counted_for_the_closing(office: Office, workers: Api) -> None:
    house = office.house
    asked = house.ask(office.admin, "chain", office.chain_id, as_of=CLOSES_AT.isoformat())
    house.make()
    assert office.admin.get(f"{REPORTS}/{asked['id']}")["status"] == "published"
    assert workers.problem("POST", CLOSING, 409, told(office, 1))["code"] == "not_all_published"
    workers.post(PUBLISHING, sent(about(office, "chain", office.chain_id)), 200)
    assert workers.post(CLOSING, told(office, 1), 200)["closed"]
    assert asked["id"] not in [each["id"] for each in office.closed()]


def test_neither_is_published_in_the_place_of_the_other(office: Office, workers: Api) -> None:
    house = office.house
    asked = house.ask(office.admin, "chain", office.chain_id, as_of=CLOSES_AT.isoformat())
    report = about(office, "chain", office.chain_id)
    workers.problem("POST", PUBLISHING, 422, sent(report, by_hand=True))
    workers.post(PUBLISHING, sent(report), 200)
    workers.problem("POST", PUBLISHING, 422, sent(report, for_closing=False))
    assert office.admin.get(f"{REPORTS}/{asked['id']}")["status"] == "asked"


@pytest.mark.parametrize("other", [{"definitions": 2}, {"scheduling": 8}], ids=str)
def test_a_period_whose_reports_are_not_alike_is_not_closed(
    office: Office, workers: Api, other: dict[str, int]
) -> None:
    workers.post(PUBLISHING, sent(about(office, "chain", office.chain_id)), 200)
    workers.post(PUBLISHING, sent(about(office, "clinic", office.house.clinic_id, **other)), 200)
    assert workers.problem("POST", CLOSING, 409, told(office, 2))["code"] == "reports_not_alike"
    assert office.closed() == []


def test_a_period_is_not_closed_before_its_moment(office: Office, workers: Api) -> None:
    """As it would be by workers whose clock runs ahead."""
    office.house.treatment.set_clock(CLOSES_AT - timedelta(seconds=1))
    report = about(office, "chain", office.chain_id)
    assert workers.problem("POST", PUBLISHING, 409, sent(report))["code"] == "moment_not_come"
    assert workers.problem("POST", CLOSING, 409, told(office, 1))["code"] == "moment_not_come"
    office.house.treatment.set_clock(CLOSES_AT)
    workers.post(PUBLISHING, sent(report), 200)
    assert workers.post(CLOSING, told(office, 1), 200)["closed"]
