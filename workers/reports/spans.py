"""Arithmetic of time: sorted disjoint spans in, sorted disjoint spans out, unless it says otherwise."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple


class Span(NamedTuple):
    """From a moment up to and without another."""

    starts_at: datetime
    ends_at: datetime


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union of any spans, in any order."""
    union: list[Span] = []
    for span in sorted(spans):
        if union and span.starts_at <= union[-1].ends_at:
            union[-1] = Span(union[-1].starts_at, max(union[-1].ends_at, span.ends_at))
        else:
            union.append(span)
    return union


def intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        both = Span(max(one[i].starts_at, other[j].starts_at), min(one[i].ends_at, other[j].ends_at))
        if both.starts_at < both.ends_at:
            found.append(both)
        if one[i].ends_at < other[j].ends_at:
            i += 1
        else:
            j += 1
    return found


def difference(whole: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of `whole` without `taken`."""
    left: list[Span] = []
    at = 0
    for span in whole:
        starts_at = span.starts_at
        while at < len(taken) and taken[at].starts_at < span.ends_at:
            if starts_at < taken[at].starts_at:
                left.append(Span(starts_at, taken[at].starts_at))
            starts_at = max(starts_at, taken[at].ends_at)
            if taken[at].ends_at > span.ends_at:
                break
            at += 1
        if starts_at < span.ends_at:
            left.append(Span(starts_at, span.ends_at))
    return left


def clipped(spans: Sequence[Span], to: Span) -> list[Span]:
    return intersection(spans, [to])
