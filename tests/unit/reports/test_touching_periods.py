"""Periods of one kind touch: one begins where the one before it ended, whatever the chain does to its clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from shared.reports.document import Period
from workers.reports.due.planning import Known, Rules, after, planned, touching

BERLIN, CHICAGO, KIRITIMATI = "Europe/Berlin", "America/Chicago", "Pacific/Kiritimati"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def chain(*said: tuple[str, str], clock: str = BERLIN, weekly: bool = True, monthly: bool = True) -> Known:
    """Which says at these moments that its clock is another."""
    rules = [
        Rules(set_at=datetime.fromisoformat(at), time_zone=zone, weekly=weekly, monthly=monthly) for at, zone in said
    ]
    return Known(chain_id=UUID(int=1), since=LONG_AGO, clock=clock, rules=rules)


def row_of(known: Known, first: str, length: int = 3) -> list[Period]:
    """So many periods after each other."""
    names = [first]
    while len(names) < length:
        names.append(after(names[-1]))
    return [touching(known, name, ()) for name in names]


def bounds(periods: Sequence[Period]) -> list[str]:
    for one, other in pairwise(periods):
        assert one.ends_at == other.starts_at
    moments = [periods[0].starts_at, *(each.ends_at for each in periods)]
    return [f"{each.astimezone(UTC):%m-%d %H:%M}" for each in moments]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], ["09-30 22:00", "10-31 23:00", "11-30 23:00", "12-31 23:00"]),
        ([("2026-11-10T09:00Z", CHICAGO)], ["09-30 22:00", "10-31 23:00", "12-01 06:00", "01-01 06:00"]),
        ([("2026-11-10T09:00Z", KIRITIMATI)], ["09-30 22:00", "10-31 23:00", "11-30 10:00", "12-31 10:00"]),
        (
            [("2026-11-10T09:00Z", CHICAGO), ("2026-11-12T09:00Z", BERLIN)],
            ["09-30 22:00", "10-31 23:00", "11-30 23:00", "12-31 23:00"],
        ),
        (
            [("2026-10-10T09:00Z", CHICAGO), ("2026-11-12T09:00Z", KIRITIMATI)],
            ["09-30 22:00", "11-01 05:00", "11-30 10:00", "12-31 10:00"],
        ),
    ],
)
def test_months_touch_where_the_clock_is_changed_between_their_ends(
    said: Sequence[tuple[str, str]], expected: list[str]
) -> None:
    assert bounds(row_of(chain(*said), "2026-10")) == expected


@pytest.mark.parametrize(
    ("first", "then", "set_at", "ended"),
    [
        (BERLIN, CHICAGO, "2026-10-31T22:59:59Z", "11-01 05:00"),
        (BERLIN, CHICAGO, "2026-10-31T23:00:00Z", "10-31 23:00"),
        (BERLIN, CHICAGO, "2026-11-01T04:59:59Z", "10-31 23:00"),
        (CHICAGO, BERLIN, "2026-10-31T22:59:59Z", "10-31 23:00"),
        (CHICAGO, BERLIN, "2026-10-31T23:00:00Z", "11-01 05:00"),
        (CHICAGO, BERLIN, "2026-11-01T04:59:59Z", "11-01 05:00"),
    ],
)
def test_who_changes_the_clock_about_midnight_moves_no_end_that_has_passed(
    first: str, then: str, set_at: str, ended: str
) -> None:
    """By the old clock it has, or by the new one it would have before anybody said so."""
    october, november = row_of(chain((set_at, then), clock=first), "2026-10", 2)
    assert bounds([october, november])[1] == ended
    assert november.time_zone == then


@pytest.mark.parametrize(
    ("clock", "name", "hours"),
    [
        ("Pacific/Apia", "2011-W52", 6 * 24),
        ("Pacific/Apia", "2011-12", 30 * 24),
        ("Australia/Lord_Howe", "2026-04", 30 * 24 + 0.5),
        ("Australia/Lord_Howe", "2026-10", 31 * 24 - 0.5),
        ("America/Asuncion", "2017-09", 30 * 24),
        ("America/Asuncion", "2017-10", 31 * 24 - 1),
        ("America/Sao_Paulo", "2018-11", 30 * 24 - 1),
        ("Asia/Beirut", "2027-W12", 7 * 24 - 1),
        ("America/Havana", "2026-11", 30 * 24 + 1),
        ("Asia/Kathmandu", "2026-11", 30 * 24),
    ],
)
def test_a_period_is_as_long_as_its_days_on_the_clock_and_touches_its_neighbours(
    clock: str, name: str, hours: float
) -> None:
    """Days that were skipped, half hours, and months that begin at a midnight that is not there or comes twice."""
    known = chain(clock=clock)
    period = touching(known, name, ())
    assert period.ends_at - period.starts_at == timedelta(hours=hours)
    assert {each.utcoffset() for each in (period.starts_at, period.ends_at)} == {timedelta(0)}
    bounds([period, touching(known, after(name), ())])


def test_a_chain_that_crosses_the_date_line_has_a_month_of_a_day_more_or_less() -> None:
    """Apia and Pago Pago show the same time, a day apart."""
    east, west = "Pacific/Pago_Pago", "Pacific/Apia"
    there = row_of(chain(("2026-11-10T09:00Z", east), clock=west), "2026-10")
    back = row_of(chain(("2026-11-10T09:00Z", west), clock=east), "2026-10")
    bounds(there)
    bounds(back)
    assert [(each.ends_at - each.starts_at).days for each in there] == [31, 31, 31]
    assert [(each.ends_at - each.starts_at).days for each in back] == [31, 29, 31]


def test_the_first_that_is_wanted_again_begins_where_the_last_that_was_not_ended() -> None:
    off = Rules(set_at=datetime.fromisoformat("2026-09-10T09:00Z"), monthly=False)
    on = Rules(set_at=datetime.fromisoformat("2026-11-10T09:00Z"), time_zone=CHICAGO)
    known = Known(chain_id=UUID(int=1), since=LONG_AGO, clock=BERLIN, rules=[off, on])
    august = touching(known, "2026-08", ())
    now = datetime.fromisoformat("2026-12-01T06:00Z")
    [november] = [each.period for each in planned(known, {"month": august}, now) if each.period.kind == "month"]
    assert november.name == "2026-11"
    bounds([touching(known, "2026-10", ()), november])


def test_a_period_begins_where_the_one_before_it_was_planned_to_end_also_by_rules_that_were_told_of_too_late() -> None:
    """The workers heard of a change before midnight only after they had planned October."""
    heard = chain(("2026-10-20T09:00Z", CHICAGO))
    october = touching(chain(), "2026-10", ())
    now = datetime.fromisoformat("2026-12-01T06:00Z")
    [november] = [each.period for each in planned(heard, {"month": october}, now) if each.period.kind == "month"]
    assert bounds([october, november]) == ["09-30 22:00", "10-31 23:00", "12-01 06:00"]
    assert touching(heard, "2026-10", [october]) == october
    assert touching(heard, "2026-11", [october]) == november


@pytest.mark.parametrize(
    ("clock", "then", "now", "expected"),
    [
        (CHICAGO, BERLIN, "2026-12-01T01:00Z", "2026-10"),
        (CHICAGO, BERLIN, "2026-12-01T06:00Z", "2026-11"),
        (BERLIN, CHICAGO, "2026-12-01T00:30Z", "2026-11"),
    ],
)
def test_the_first_to_be_closed_is_the_last_that_has_ended_also_while_the_clock_is_changed(
    clock: str, then: str, now: str, expected: str
) -> None:
    """Changed at 00:00 UTC, when one of the two clocks says December already."""
    known = chain(("2026-12-01T00:00Z", then), clock=clock)
    found = [each.period.name for each in planned(known, {}, datetime.fromisoformat(now))]
    assert [name for name in found if "W" not in name] == [expected]
