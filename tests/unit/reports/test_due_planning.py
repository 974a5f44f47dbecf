"""Which periods close when, on the chain's own clock: each once, none left out, and no years of old ones at once.

Where they begin and end when the clock is changed is in test_touching_periods.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from shared.reports.document import Period
from workers.reports.due.planning import KINDS, Every, Known, Planned, Rules, after, planned, touching
from workers.reports.window import period_of

CHAIN = UUID(int=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVER_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def known(*rules: Rules, since: datetime = LONG_AGO, clock: str = BERLIN) -> Known:
    return Known(chain_id=CHAIN, since=since, clock=clock, rules=rules)


def on(clock: str, moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(clock))


def names(found: list[Planned]) -> list[str]:
    return [each.period.name for each in found]


def seen(chain: Known, now: datetime, **last: str) -> list[Planned]:
    return list(planned(chain, {kind: touching(chain, last[kind], ()) for kind in KINDS if kind in last}, now))


def closes(chain: Known, name: str, now: datetime) -> datetime:
    [found] = [each for each in seen(chain, now) if each.period.name == name]
    return found.as_of_at


def test_a_month_closes_when_the_fifth_begins_and_a_week_when_the_wednesday_does() -> None:
    found = seen(known(), on(BERLIN, "2026-11-02T00:00"))
    assert [(each.period.name, each.as_of_at) for each in found] == [
        ("2026-W44", on(BERLIN, "2026-11-04T00:00")),
        ("2026-10", on(BERLIN, "2026-11-05T00:00")),
    ]


def test_nothing_is_planned_before_it_has_ended_on_the_chains_clock() -> None:
    berlin, chicago = known(), known(clock="America/Chicago")
    ended = on(BERLIN, "2026-11-01T00:00")
    assert "2026-10" in names(seen(berlin, ended))
    assert "2026-10" not in names(seen(berlin, ended - timedelta(microseconds=1)))
    assert "2026-10" not in names(seen(chicago, ended))
    assert "2026-10" in names(seen(chicago, on("America/Chicago", "2026-11-01T00:00")))


@pytest.mark.parametrize(
    ("clock", "week", "hours"),
    [
        (BERLIN, "2026-W13", 167),
        (BERLIN, "2026-W43", 169),
        ("Australia/Lord_Howe", "2026-W14", 168.5),
        ("Asia/Tokyo", "2026-W13", 168),
    ],
)
def test_a_week_in_which_the_clocks_change_is_a_week_of_that_clock(clock: str, week: str, hours: float) -> None:
    ends_at = period_of(week, clock).ends_at
    [found] = [each for each in seen(known(clock=clock), ends_at) if each.period.name == week]
    assert found.period.ends_at - found.period.starts_at == timedelta(hours=hours)
    assert found.as_of_at.astimezone(ZoneInfo(clock)).strftime("%A %H:%M") == "Wednesday 00:00"


def test_rules_count_for_what_ends_after_they_were_set() -> None:
    ended = on(BERLIN, "2026-11-01T00:00")
    late = Rules(set_at=ended, closing_day=20)
    in_time = Rules(set_at=ended - timedelta(seconds=1), closing_day=20)
    now = ended + timedelta(days=1)
    assert closes(known(late), "2026-10", now) == on(BERLIN, "2026-11-05T00:00")
    assert closes(known(in_time), "2026-10", now) == on(BERLIN, "2026-11-20T00:00")
    off = Rules(set_at=ended, weekly=False, monthly=False)
    assert "2026-10" in names(seen(known(off), now))
    assert names(seen(known(off), on(BERLIN, "2026-12-01T00:00"), month="2026-10", week="2026-W44")) == []


def test_whoever_begins_late_is_given_the_last_of_each_kind_and_not_the_years_before() -> None:
    now = on(BERLIN, "2026-11-23T10:00")
    assert names(seen(known(), now)) == ["2026-W47", "2026-10"]
    never_before = Rules(set_at=LONG_AGO, weekly=False, monthly=False)
    begun = Rules(set_at=on(BERLIN, "2026-11-20T10:00"))
    assert names(seen(known(never_before, begun), now)) == ["2026-W47"]
    assert names(seen(known(never_before, begun), on(BERLIN, "2026-12-01T00:00"))) == ["2026-W48", "2026-11"]


def test_what_ended_while_it_was_off_is_not_made_up_for() -> None:
    off = Rules(set_at=on(BERLIN, "2026-03-02T10:00"), weekly=False)
    begun = Rules(set_at=on(BERLIN, "2026-11-10T10:00"))
    found = seen(known(off, begun), on(BERLIN, "2026-11-23T10:00"), week="2026-W09", month="2026-10")
    assert names(found) == ["2026-W46", "2026-W47"]


def test_what_ended_while_nobody_looked_is_made_up_for_as_of_its_own_moment() -> None:
    found = seen(known(), on(BERLIN, "2026-11-23T10:00"), week="2026-W44", month="2026-08")
    assert names(found) == ["2026-W45", "2026-W46", "2026-W47", "2026-09", "2026-10"]
    assert found[3].as_of_at == on(BERLIN, "2026-10-05T00:00")


def test_a_chain_has_no_periods_from_before_it_was_known() -> None:
    opened = on(BERLIN, "2026-11-18T10:00")
    assert names(seen(known(since=opened), on(BERLIN, "2026-11-20T10:00"))) == []
    assert names(seen(known(since=opened), on(BERLIN, "2026-11-23T10:00"))) == ["2026-W47"]


@pytest.mark.parametrize(
    ("clock", "closing_day", "month", "closes_at"),
    [
        (BERLIN, 1, "2026-10", "2026-10-31T23:00Z"),
        ("Pacific/Apia", 1, "2011-12", "2011-12-31T10:00Z"),
        ("Australia/Lord_Howe", 5, "2026-09", "2026-10-04T13:00Z"),
        ("Australia/Lord_Howe", 5, "2026-10", "2026-11-04T13:00Z"),
        ("America/Sao_Paulo", 15, "2017-09", "2017-10-15T03:00Z"),
        ("Asia/Beirut", 28, "2027-02", "2027-03-27T22:00Z"),
        ("America/Havana", 1, "2026-10", "2026-11-01T04:00Z"),
        ("America/Asuncion", 1, "2017-09", "2017-10-01T04:00Z"),
    ],
)
def test_a_month_closes_at_the_first_moment_of_its_closing_day(
    clock: str, closing_day: int, month: str, closes_at: str
) -> None:
    """Also on a day without a midnight, on one with two, and on the one on which the next month begins."""
    chain = known(Rules(set_at=EVER_SINCE, closing_day=closing_day), clock=clock, since=EVER_SINCE)
    period = touching(chain, month, ())
    found = closes(chain, month, period.ends_at)
    assert found == datetime.fromisoformat(closes_at)
    assert found >= period.ends_at
    zone = ZoneInfo(clock)
    assert found.astimezone(zone).day == closing_day
    assert (found - timedelta(microseconds=1)).astimezone(zone).day != closing_day


def test_a_clock_that_is_set_back_plans_nothing_again_and_nothing_before() -> None:
    now = on(BERLIN, "2026-11-23T10:00")
    for earlier in (now - timedelta(hours=1), now - timedelta(days=40), now - timedelta(days=4000)):
        assert seen(known(), earlier, week="2026-W47", month="2026-10") == []


def test_what_ended_long_ago_is_not_closed_any_more() -> None:
    found = names(seen(known(), on(BERLIN, "2026-11-23T10:00"), week="2021-W01", month="2021-01"))
    assert [each for each in found if "W" not in each] == [f"2025-{n}" for n in (10, 11, 12)] + [
        f"2026-{n:02}" for n in range(1, 11)
    ]
    assert next(each for each in found if "W" in each) == "2025-W42"


def test_months_close_in_their_order_whatever_the_closing_day_becomes() -> None:
    late = Rules(set_at=LONG_AGO, closing_day=28, time_zone="America/Adak")
    early = Rules(set_at=on(BERLIN, "2027-02-10T10:00"), closing_day=1, time_zone="Pacific/Kiritimati")
    found = seen(known(late, early), on(BERLIN, "2027-03-02T00:00"), month="2026-12", week="2027-W08")
    january, february = (each for each in found if each.period.kind == "month")
    assert january.as_of_at <= february.as_of_at
    assert january.period.ends_at == february.period.starts_at


ZONES = st.sampled_from(
    [None, BERLIN, "America/Chicago", "Pacific/Kiritimati", "Australia/Lord_Howe", "America/Santiago"]
)
MOMENTS = st.integers(0, 700 * 24).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
RULES = st.builds(
    Rules, set_at=MOMENTS, time_zone=ZONES, closing_day=st.integers(1, 28), weekly=st.booleans(), monthly=st.booleans()
)


@settings(deadline=None)
@given(
    rules=st.lists(RULES, max_size=4).map(lambda some: sorted(some, key=lambda each: each.set_at)),
    looks=st.lists(MOMENTS, min_size=1, max_size=6).map(sorted),
)
def test_however_often_somebody_looks_each_period_is_planned_once_and_in_order(
    rules: list[Rules], looks: list[datetime]
) -> None:
    """What was set later than a look is not known to it, as the workers know only what has been recorded."""
    last: dict[Every, Period] = {}
    found: list[Planned] = []
    for now in looks:
        chain = known(*(each for each in rules if each.set_at <= now))
        for each in planned(chain, last, now):
            kind: Every = "week" if each.period.kind == "week" else "month"
            assert each.period.ends_at <= now
            assert each.period.ends_at <= each.as_of_at
            assert kind not in last or last[kind].name < each.period.name
            last[kind] = each.period
            found.append(each)
    assert len({each.period.name for each in found}) == len(found)
    for kind in KINDS:
        for one, next_one in pairwise([each for each in found if each.period.kind == kind]):
            assert one.period.ends_at <= next_one.period.starts_at
            if after(one.period.name) == next_one.period.name:
                assert one.period.ends_at == next_one.period.starts_at
    said = known(*(each for each in rules if each.set_at <= looks[-1]))
    for each in found:
        assert touching(said, each.period.name, ()) == each.period
