"""How all therapists or clinics of a chain fared, as funnels show it: their points, written once for all reports."""

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from shared.reports.document import Points

Who = TypeVar("Who", bound=Hashable)
Rate = tuple[int, int]
"""How many there were, and how many of them."""


@dataclass(frozen=True, slots=True)
class Peers(Generic[Who]):
    """`rates` and `points` are those of who has any, in the order of their numbers."""

    by_id: Mapping[Who, Rate]
    rates: Sequence[Rate]
    points: Points

    def seen_by(self, id_: Who) -> Points:
        """The points of all, with that of one marked: the last of those that are like it."""
        rate = self.by_id.get(id_)
        if rate is None or not rate[0]:
            return self.points
        return replace(self.points, this=bisect_right(self.rates, rate) - 1)


def peers(by_id: Mapping[Who, Rate]) -> Peers[Who]:
    rates = sorted(rate for rate in by_id.values() if rate[0])
    return Peers(by_id, rates, points_of(rates))


def points_of(rates: Sequence[Rate], this: int | None = None) -> Points:
    return Points(n=tuple(n for n, _ in rates), k=tuple(k for _, k in rates), this=this)


def with_own(others: Points, whole: Points) -> Points:
    """What others may see, and the point of the one that the report is about, which is marked in the whole."""
    if whole.this is None or others.this is not None:
        return others
    rates = list(zip(others.n, others.k, strict=True))
    own = whole.n[whole.this], whole.k[whole.this]
    at = bisect_right(rates, own)
    return points_of([*rates[:at], own, *rates[at:]], at)
