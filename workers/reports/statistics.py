"""The statistics of reports: pure, and each as published. What cannot be said is None, never zero.

Times are in days (or visits: whatever the caller counts in), shares lie between 0 and 1. Why these few formulas are our
own, and what they are held against: docs/adr/0047-figures-and-statistics.md
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, isclose, log, sqrt
from statistics import NormalDist, quantiles

LEVEL = 0.95
FEWEST_PAIRS = 20


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Quartiles of `n` values, interpolated between the values beside them (type 7 of Hyndman and Fan 1996)."""

    n: int
    median: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Followed:
    """One thing watched for `time`: it ended then (`ended`), or was only seen until then (censored)."""

    time: float
    ended: bool


@dataclass(frozen=True)
class Step:
    """From `time` on the share `share` is still going on; `at_risk` were watched just before, `ended` ended then."""

    time: float
    share: float
    low: float
    high: float
    at_risk: int
    ended: int


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of `n` pairs; None with fewer than `FEWEST_PAIRS`, or when chance alone explains everything."""

    n: int
    observed: float | None
    kappa: float | None


def wilson(k: int, n: int, level: float = LEVEL) -> Interval | None:
    """The score interval of a share (Wilson 1927; method 3 in Newcombe 1998); None where there is no n."""
    if n == 0:
        return None
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no share")
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle, reach = 2 * k + z2, sqrt(z2 * (z2 + 4 * k * (n - k) / n))
    low = 0.0 if k == 0 else (middle - reach) / (2 * (n + z2))
    high = 1.0 if k == n else (middle + reach) / (2 * (n + z2))
    return Interval(low, high)


def spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    if len(values) == 1:
        return Spread(1, values[0], values[0], values[0])
    lower, middle, upper = quantiles(values, n=4, method="inclusive")
    return Spread(len(values), middle, lower, upper)


def kaplan_meier(followed: Iterable[Followed], level: float = LEVEL) -> tuple[Step, ...]:
    """The share that has not ended, by time (Kaplan and Meier 1958): from time 0 on, a step for each time at which
    something ended, and one without an end where the watching was over, up to which the curve is known.

    What is censored at a time was still at risk when others ended at it. The interval is Greenwood's on the log-log
    scale (Kalbfleisch and Prentice 1980), so it stays within 0 and 1; where nothing is left that scale has no value,
    and the interval runs from 0 to the bound before.
    """
    ordered = sorted(followed, key=lambda one: one.time)
    if ordered and ordered[0].time < 0:
        raise ValueError("nothing ends before it began")
    times = [one.time for one in ordered]
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, variance = 1.0, 0.0
    steps = [Step(0.0, 1.0, 1.0, 1.0, len(ordered), 0)]
    for time, ended in sorted(Counter(one.time for one in ordered if one.ended).items()):
        at_risk = len(ordered) - bisect_left(times, time)
        share *= 1 - ended / at_risk
        if ended == at_risk:
            steps.append(Step(time, 0.0, 0.0, steps[-1].high, at_risk, ended))
            break
        variance += ended / (at_risk * (at_risk - ended))
        reach = exp(z * sqrt(variance) / -log(share))
        steps.append(Step(time, share, share**reach, share ** (1 / reach), at_risk, ended))
    if times and times[-1] > steps[-1].time:
        steps.append(replace(steps[-1], time=times[-1], at_risk=len(times) - bisect_left(times, times[-1]), ended=0))
    return tuple(steps)


def incidence(followed: Sequence[Followed], by: float) -> Step | None:
    """The cumulative incidence of the end by a time, 1 - Kaplan-Meier, with its interval; `ended` counts up to then,
    `at_risk` those who were watched as long. None where nobody was, unless all had ended before: then it is not known.

    Right where nothing but the end of watching competes with the end; what competes must not be called censored.
    """
    steps = [step for step in kaplan_meier(followed) if step.time <= by]
    last = steps[-1]
    watched = sum(one.time >= by for one in followed)
    if not followed or (watched == 0 and last.share > 0):
        return None
    return Step(by, 1 - last.share, 1 - last.high, 1 - last.low, watched, sum(step.ended for step in steps))


def median_time(steps: Sequence[Step]) -> float | None:
    """When half had ended, with the convention of R's survfit where the curve is flat at one half; None if never."""
    below = next((step for step in steps if step.share < 0.5 and not isclose(step.share, 0.5)), None)  # noqa: PLR2004
    flat = next((step for step in steps if isclose(step.share, 0.5)), None)
    if flat is None:
        return None if below is None else below.time
    return flat.time if below is None else (flat.time + below.time) / 2


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Of the same things judged by two raters: how often they agree, and Cohen's kappa (Cohen 1960)."""
    n = len(pairs)
    if n == 0:
        return Agreement(0, None, None)
    observed = sum(one == other for one, other in pairs) / n
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = sum(first[code] * second[code] for code in first) / n**2
    known = n >= FEWEST_PAIRS and not isclose(by_chance, 1)
    return Agreement(n, observed, (observed - by_chance) / (1 - by_chance) if known else None)
