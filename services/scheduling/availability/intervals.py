"""Arithmetic of time spans: sorted disjoint lists in, sorted disjoint lists out, unless it says otherwise."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from services.scheduling.availability.model import Interval

STARTS_AT = attrgetter("starts_at")


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union of any intervals, in any order: what touches or overlaps becomes one."""
    union: list[Interval] = []
    for interval in sorted(intervals):
        if union and interval.starts_at <= union[-1].ends_at:
            if interval.ends_at > union[-1].ends_at:
                union[-1] = Interval(union[-1].starts_at, interval.ends_at)
        else:
            union.append(interval)
    return tuple(union)


def intersection(left: Sequence[Interval], right: Sequence[Interval]) -> Iterator[Interval]:
    i = j = 0
    while i < len(left) and j < len(right):
        starts_at = max(left[i].starts_at, right[j].starts_at)
        ends_at = min(left[i].ends_at, right[j].ends_at)
        if starts_at < ends_at:
            yield Interval(starts_at, ends_at)
        if left[i].ends_at < right[j].ends_at:
            i += 1
        else:
            j += 1


def difference(whole: Iterable[Interval], taken: Sequence[Interval]) -> Iterator[Interval]:
    """What is left of `whole` without `taken`."""
    i = 0
    for interval in whole:
        starts_at = interval.starts_at
        while i < len(taken) and taken[i].ends_at <= starts_at:
            i += 1
        k = i
        while k < len(taken) and taken[k].starts_at < interval.ends_at:
            if starts_at < taken[k].starts_at:
                yield Interval(starts_at, taken[k].starts_at)
            starts_at = max(starts_at, taken[k].ends_at)
            k += 1
        if starts_at < interval.ends_at:
            yield Interval(starts_at, interval.ends_at)


def covers(intervals: Sequence[Interval], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether one of the intervals holds the whole span."""
    i = bisect_right(intervals, starts_at, key=STARTS_AT)
    return i > 0 and ends_at <= intervals[i - 1].ends_at


def overlaps(intervals: Iterable[Interval], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the span shares any time with any of the intervals, which may come in any order."""
    return any(interval.starts_at < ends_at and starts_at < interval.ends_at for interval in intervals)


def shared_time(intervals: Iterable[Interval], day: Interval) -> timedelta:
    """How much of the day the intervals take."""
    shares = (min(each.ends_at, day.ends_at) - max(each.starts_at, day.starts_at) for each in intervals)
    return sum((share for share in shares if share > timedelta()), timedelta())
