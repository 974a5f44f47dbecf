"""Spans of time add up, overlap and leave what they should."""

from datetime import datetime, timedelta

from hypothesis import given, strategies as st

from services.scheduling.availability.intervals import covers, difference, intersection, merged, overlaps, shared_time
from services.scheduling.availability.model import Interval
from tests.unit.availability.builders import utc

MIDNIGHT = utc("2026-05-04")


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def span(starts: float, ends: float) -> Interval:
    return Interval(at(starts), at(ends))


def test_what_touches_or_overlaps_becomes_one() -> None:
    assert merged([span(3, 4), span(1, 2), span(2, 3), span(6, 9), span(7, 8)]) == (span(1, 4), span(6, 9))


def test_intersection_keeps_only_shared_time() -> None:
    assert list(intersection([span(1, 4), span(6, 9)], [span(2, 3), span(3, 7)])) == [
        span(2, 3),
        span(3, 4),
        span(6, 7),
    ]


def test_difference_cuts_out_what_is_taken() -> None:
    taken = [span(0, 1), span(2, 3), span(4, 7)]
    assert list(difference([span(1, 5), span(6, 9)], taken)) == [span(1, 2), span(3, 4), span(7, 9)]


def test_a_span_that_touches_another_does_not_overlap_it() -> None:
    assert not overlaps([span(1, 2)], at(2), at(3))
    assert not overlaps([span(1, 2)], at(0), at(1))
    assert overlaps([span(1, 2)], at(1.5), at(3))


def test_only_one_whole_interval_covers_a_span() -> None:
    assert covers([span(1, 2), span(3, 6)], at(3), at(6))
    assert not covers([span(1, 2), span(3, 6)], at(3), at(6.25))
    assert not covers([span(1, 2), span(3, 6)], at(0.5), at(2))
    assert not covers([], at(1), at(2))


def test_shared_time_counts_what_lies_inside_the_day() -> None:
    assert shared_time([span(-1, 1), span(3, 4), span(23, 26), span(30, 31)], span(0, 24)) == timedelta(hours=3)


spans = st.lists(st.builds(lambda start, length: span(start, start + length), st.integers(0, 60), st.integers(1, 9)))


def hours_in(intervals: tuple[Interval, ...] | list[Interval]) -> set[int]:
    return {hour for hour in range(80) if covers(sorted(intervals), at(hour), at(hour + 1))}


@given(spans, spans)
def test_spans_behave_like_sets_of_hours(left: list[Interval], right: list[Interval]) -> None:
    one, other = merged(left), merged(right)
    assert hours_in(merged(left + right)) == hours_in(one) | hours_in(other)
    assert hours_in(merged(intersection(one, other))) == hours_in(one) & hours_in(other)
    assert hours_in(merged(difference(one, other))) == hours_in(one) - hours_in(other)
