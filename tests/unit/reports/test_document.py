"""The same report is the same bytes, wherever it is made; whatever is altered in them is noticed."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from shared.reports.document import (
    AsOf,
    DayOfWork,
    DocumentAltered,
    Exclusion,
    Interval,
    Metric,
    Overdue,
    Period,
    Report,
    Scope,
    Series,
    decode,
    encode,
    finished,
)
from tests.support.reports import invented_report

CHAIN = UUID(int=1)
THERAPIST = UUID(int=2)
PERIOD = Period(
    kind="month",
    name="2026-10",
    starts_at=datetime(2026, 9, 30, 22, tzinfo=UTC),
    ends_at=datetime(2026, 10, 31, 23, tzinfo=UTC),
    time_zone="Europe/Berlin",
)


def report(**values: Any) -> Report:
    given: dict[str, Any] = {
        "definitions": 1,
        "chain_id": CHAIN,
        "scope": Scope(kind="therapist", id=THERAPIST),
        "period": PERIOD,
        "as_of": AsOf(scheduling=7, treatment=9, at=datetime(2026, 11, 5, 4, tzinfo=UTC)),
        "metrics": (
            Metric(
                code="no_show_rate",
                unit="share",
                population="visits",
                value=1 / 3,
                numerator=1.0,
                denominator=3.0,
                interval=Interval(kind="wilson_95", low=0.06149, high=0.79234),
                exclusions=(Exclusion(reason="open", n=2),),
            ),
        ),
        "series": Series(
            utilisation=(DayOfWork(on=date(2026, 10, 1), attended=50.0, capacity=480.0),),
            overdue=(Overdue(client_id=UUID(int=3), episode_id=UUID(int=4), planned_on=date(2026, 10, 2)),),
        ),
    }
    return Report(**(given | values))


def test_a_finished_report_comes_back_from_its_bytes_as_it_was() -> None:
    made = finished(report())
    assert decode(encode(made)) == made
    assert made.metric("no_show_rate").value == 0.333333


def test_the_bytes_have_their_keys_in_order_and_no_long_fractions() -> None:
    text = encode(finished(report())).decode()
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert "0.333333," in text
    assert '"starts_at":"2026-09-30T22:00:00Z"' in text


def test_an_instant_is_the_same_on_every_clock() -> None:
    elsewhere = timezone(timedelta(hours=-5))
    moved = replace(PERIOD, starts_at=PERIOD.starts_at.astimezone(elsewhere))
    assert encode(finished(report(period=moved))) == encode(finished(report()))


def test_what_differs_behind_the_sixth_decimal_is_the_same_number() -> None:
    metric = report().metrics[0]
    hardly = replace(metric, value=1 / 3 + 1e-9)
    nothing = replace(metric, value=-1e-9)
    assert finished(report(metrics=(hardly,))) == finished(report())
    assert b'"value":0.0' in encode(finished(report(metrics=(nothing,))))


def test_a_different_number_gives_a_different_hash() -> None:
    other = replace(report().metrics[0], numerator=2.0)
    assert finished(report(metrics=(other,))).hash != finished(report()).hash


def test_finishing_twice_changes_nothing() -> None:
    made = finished(report())
    assert finished(made) == made


@pytest.mark.parametrize(
    ("before", "after"),
    [('"n":2', '"n":3'), ('"definitions":1', '"definitions": 1'), ('"code":"', '"cod":"'), ("}", "")],
)
def test_an_altered_document_is_refused(before: str, after: str) -> None:
    document = encode(finished(report())).decode()
    with pytest.raises(DocumentAltered):
        decode(document.replace(before, after, 1).encode())


def test_a_report_that_was_not_finished_is_no_document() -> None:
    with pytest.raises(DocumentAltered):
        decode(encode(report()))


def test_a_whole_number_where_others_may_be_is_written_as_it_is_read_back() -> None:
    minutes = Metric(code="rostered_minutes", unit="minutes", population="rostered_minutes", value=0)
    report = finished(replace(invented_report(1), metrics=(minutes,)))
    assert decode(encode(report)) == report == finished(report)
