"""What the numbers are made with: medians, quartiles, Kaplan-Meier and intervals, by scipy or as in any textbook."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Union
from warnings import catch_warnings, simplefilter

import numpy as np
from scipy import stats


class Bounds(NamedTuple):
    kind: str
    low: float
    high: float


@dataclass(frozen=True)
class Number:
    """One number: what it is of, how sure, who was left out, and its parts."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    left: dict[str, int] = field(default_factory=dict)
    parts: Mapping[str, Union["Number", float, None]] = field(default_factory=dict)
    bounds: Bounds | None = None


Parts = Mapping[str, Number | float | None]


def share(k: int, n: int, left: dict[str, int] | None = None, parts: Parts | None = None) -> Number:
    return Number(k / n if n else None, k, n, without_zeros(left), parts or {}, wilson(k, n))


def wilson(k: int, n: int) -> Bounds | None:
    if n == 0:
        return None
    found = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    return Bounds("wilson_95", float(found.low), float(found.high))


def without_zeros(left: dict[str, int] | None) -> dict[str, int]:
    return {name: each for name, each in (left or {}).items() if each}


def median(values: Sequence[float], left: dict[str, int] | None = None, parts: Parts | None = None) -> Number:
    if not values:
        return Number(None, None, 0, without_zeros(left), parts or {})
    low, middle, high = (float(each) for each in np.quantile(values, (0.25, 0.5, 0.75), method="linear"))
    return Number(middle, None, len(values), without_zeros(left), parts or {}, Bounds("quartiles", low, high))


def surviving(followed: Iterable[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Kaplan-Meier: after each time at which something ended, the share that had not; (time, whether it ended)."""
    all_of_them = list(followed)
    steps, share_left = [], 1.0
    for time in sorted({time for time, ended in all_of_them if ended}):
        at_risk = sum(1 for each, _ in all_of_them if each >= time)
        ended = sum(1 for each, has in all_of_them if has and each == time)
        share_left *= 1 - ended / at_risk
        steps.append((time, share_left))
    return steps


def curve(followed: Sequence[tuple[float, bool]]) -> list[tuple[float, float, float, float]]:
    """By scipy, after each time at which something ended: (time, share left, low, high of Greenwood's log-log)."""
    ended = [time for time, has in followed if has]
    if not ended:
        return []
    data = stats.CensoredData(uncensored=ended, right=[time for time, has in followed if not has])
    with np.errstate(all="ignore"), catch_warnings():
        simplefilter("ignore", RuntimeWarning)  # where nothing is left the formula has no value
        left = stats.ecdf(data).sf
        bounds = left.confidence_interval(0.95, method="log-log")
    found: list[tuple[float, float, float, float]] = []
    for time in sorted(set(ended)):
        at = int(np.searchsorted(left.quantiles, time))
        share_left, low, high = (float(each.probabilities[at]) for each in (left, bounds.low, bounds.high))
        if share_left < 1e-12:
            low, high = 0.0, found[-1][3] if found else 1.0
        found.append((time, share_left, low, high))
    return found


def incidence(
    followed: Sequence[tuple[float, bool]], by: float, left: dict[str, int] | None = None, parts: Parts | None = None
) -> Number:
    """The cumulative incidence by a time; without value when nobody was watched for as long and not all had ended."""
    k = len([1 for time, ended in followed if ended and time <= by])
    without = Number(None, k, len(followed), without_zeros(left), parts or {})
    if not followed:
        return without
    steps = [each for each in curve(followed) if each[0] <= by]
    _, share_left, low, high = steps[-1] if steps else (0.0, 1.0, 1.0, 1.0)
    if share_left > 1e-12 and max(time for time, _ in followed) < by:
        return without
    bounds = Bounds("greenwood_95", 1 - high, 1 - low)
    return Number(1 - share_left, k, len(followed), without.left, without.parts, bounds)


def median_time(followed: Sequence[tuple[float, bool]]) -> float | None:
    """The first time by which more than half had ended, or midway to it from when half had."""
    steps = surviving(followed)
    under = next((time for time, share_left in steps if share_left < 0.5 - 1e-12), None)
    flat = next((time for time, share_left in steps if abs(share_left - 0.5) <= 1e-12), None)
    if flat is None or under is None:
        return under if flat is None else flat
    return (flat + under) / 2
