"""The axis of a client's life: points in their order, as precise as they are known."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from services.treatment.timeline.points import Point, momentary, of_history, of_pattern, recalled
from shared.events import treatment_patterns as p
from shared.events.treatment_history import PriorAttemptRecorded, Recalled
from shared.ids import new_id
from tests.unit.history.builders import AT, ATTEMPT, CLIENT, HIP, INJURY, history, in_error, injury, noted

BERLIN = ZoneInfo("Europe/Berlin")
YEAR = Recalled(precision="year", year=2019)
MONTH = Recalled(precision="month", year=2019, month=11)
DAY = Recalled(precision="day", year=2019, month=11, day=3)


def attempt(**given: Any) -> PriorAttemptRecorded:
    filled: dict[str, Any] = {"injury_id": INJURY, "provider_kind": "doctor", "result": "none", "note": None}
    times: dict[str, Any] = {"started": None, "ended": None}
    return PriorAttemptRecorded(**{"client_id": CLIENT, "attempt_id": ATTEMPT} | HIP | filled | times | given)


def point(when: Recalled | None = None, **given: Any) -> Point:
    filled: dict[str, Any] = {"kind": "injury", "id": new_id(), "what": "injury"}
    return Point(**(filled | recalled(when) | given))


def test_an_injury_is_where_it_may_have_been() -> None:
    [found] = of_history(history(injury(onset=MONTH), noted()))
    assert (found.kind, found.id, found.what, found.precision) == ("injury", INJURY, "injury", "month")
    assert (found.first_on, found.last_on) == (date(2019, 11, 1), date(2019, 11, 30))
    assert (found.target, found.side) == ("hip_joint", "left")


def test_an_attempt_reaches_to_its_end() -> None:
    [found] = of_history(history(attempt(started=MONTH, ended=Recalled(precision="year", year=2020))))
    assert (found.first_on, found.last_on, found.precision) == (date(2019, 11, 1), date(2020, 12, 31), "month")
    assert (found.what, found.result, found.about_id) == ("doctor", "none", INJURY)


def test_an_age_and_what_nobody_knows_have_no_date() -> None:
    for when in (None, Recalled(precision="age", age=12)):
        [found] = of_history(history(injury(onset=when)))
        assert (found.first_on, found.last_on, found.age) == (None, None, when and 12)
        assert found.had_happened(datetime(1950, 1, 1, tzinfo=UTC))


def test_what_was_entered_in_error_is_no_point() -> None:
    assert list(of_history(history(injury(), in_error(INJURY)))) == []


def test_what_is_less_precise_comes_before_what_lies_in_it() -> None:
    day, year, undated, month = point(DAY), point(YEAR), point(), point(MONTH)
    assert sorted([day, year, undated, month], key=lambda each: each.place) == [undated, year, month, day]


def test_a_moment_is_on_the_day_of_its_clock_and_in_the_order_of_time() -> None:
    late = point(**momentary(datetime(2019, 11, 3, 23, 30, tzinfo=UTC), "Europe/Berlin"), kind="visit")
    assert late.first_on == date(2019, 11, 4)
    assert point(DAY).place < late.place
    assert late.had_happened(datetime(2019, 11, 3, 23, 30, tzinfo=UTC))
    assert not late.had_happened(datetime(2019, 11, 3, 23, 29, tzinfo=UTC))


@given(st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), max_size=20))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_moments_stand_in_the_order_of_time_whatever_their_clocks(moments: list[datetime]) -> None:
    zones = ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago")
    points = [point(**momentary(at, zones[n % 3]), kind="visit") for n, at in enumerate(moments)]
    ordered = [each.at for each in sorted(points, key=lambda each: each.place)]
    assert all(one <= other for one, other in pairwise(ordered) if one and other)


def test_a_pattern_is_told_by_what_became_of_it_with_its_members() -> None:
    pattern_id = new_id()
    members = (
        p.Member(target="psoas_major", side="left", role="overactive"),
        p.Member(target="gluteus_maximus", side="left", role="inhibited"),
    )
    found = p.PatternHypothesised(
        pattern_id=pattern_id,
        client_id=CLIENT,
        episode_id=None,
        session_id=None,
        origin_injury_id=INJURY,
        members=members,
        catalogue=1,
        happened_at=AT,
    )
    confirmed = p.PatternConfirmed(
        pattern_id=pattern_id,
        client_id=CLIENT,
        session_id=new_id(),
        sequence=1,
        by_tests=(),
        happened_at=AT + timedelta(minutes=5),
    )
    events = [(new_id(), found), (new_id(), confirmed)]
    points = list(of_pattern(events))
    assert [(each.what, each.about_id, each.members) for each in points] == [
        ("hypothesised", pattern_id, members),
        ("confirmed", pattern_id, members),
    ]
    error = p.PatternEnteredInError(pattern_id=pattern_id, client_id=CLIENT, reason="x", happened_at=AT)
    assert list(of_pattern([*events, (new_id(), error)])) == []
