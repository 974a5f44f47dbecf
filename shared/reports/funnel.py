"""Funnels: whether a share differs from all the others' by more than chance, and where the limits of chance lie.

Pure, and of the document's numbers alone, so a picture of a report and whoever colours it always agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, inf, isclose, isinf, lgamma, log, log1p, sqrt
from statistics import fmean
from typing import Literal

ALARM = 0.998
"""The level beyond which a report colours a point: about one false alarm in 500 looks."""

FEWEST_PEERS = 10
TRIMMED = 0.1


@dataclass(frozen=True)
class Limits:
    low: float
    high: float


@dataclass(frozen=True)
class Unit:
    """One therapist, or clinic, in a funnel: `k` of `n`."""

    n: int
    k: int


def at_most(k: int, n: int, share: float) -> float:
    """The probability of at most `k` of `n` when each succeeds with `share`, 0 < share < 1 (binomial)."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else min(1.0, sum(_chances(n, share)[: k + 1]))


def funnel_limits(n: int, centre: float, width: float = 1.0, level: float = ALARM) -> Limits:
    """Between which shares `n` trials lie with probability `level` when only chance sets them apart from `centre`.

    Exact binomial limits, interpolated between whole numbers (Spiegelhalter 2005, appendix A.1.1) and taken the same
    way from both ends, so that a point lies outside exactly when its tail has less than (1 - level) / 2. `width` (at
    least 1) widens them for overdispersion. Without trials, or when the centre is 0 or 1, nothing is said: 0 to 1.
    """
    if n == 0 or not 0 < centre < 1:
        return Limits(0.0, 1.0)
    tail = (1 - level) / 2
    low, high = _lower(n, centre, tail), 1 - _lower(n, 1 - centre, tail)
    return Limits(max(0.0, centre - width * (centre - low)), min(1.0, centre + width * (high - centre)))


def beyond(
    unit: Unit, centre: float, width: float = 1.0, level: float = ALARM, *, prior: float = 0.0
) -> Literal["below", "above"] | None:
    """Whether a point lies outside the limits, once it is drawn in by `prior`. One that lies on its limit is inside."""
    if unit.n == 0:
        return None
    limits, share = funnel_limits(unit.n, centre, width, level), drawn_in(unit, centre, prior)
    if share < limits.low and not isclose(share, limits.low):
        return "below"
    return "above" if share > limits.high and not isclose(share, limits.high) else None


def drawn_in(unit: Unit, centre: float, prior: float) -> float:
    """The share when `prior` more had been seen at the centre: the fewer there are, the nearer to it (n above 0)."""
    return centre if isinf(prior) else (unit.k + prior * centre) / (unit.n + prior)


def prior_of(units: Sequence[Unit]) -> float:
    """How many trials at the centre weigh as much as what all units together say of one; infinite when they are alike.

    Of a beta-binomial distribution, a + b = 1 / rho - 1, with the correlation rho within units by the analysis of
    variance (Ridout, Demetrio and Firth 1999, estimator AOV), so that a therapist is judged by what is left of a
    difference after what chance and the size of a caseload do to it.
    """
    counted = [unit for unit in units if unit.n]
    trials, groups = sum(unit.n for unit in counted), len(counted)
    if groups < 2 or trials == groups:  # noqa: PLR2004 - one alone differs from nobody
        return inf
    centre = sum(unit.k for unit in counted) / trials
    between = sum(unit.n * (unit.k / unit.n - centre) ** 2 for unit in counted) / (groups - 1)
    within = sum(unit.k * (1 - unit.k / unit.n) for unit in counted) / (trials - groups)
    size = (trials - sum(unit.n**2 for unit in counted) / trials) / (groups - 1)
    rho = (between - within) / (between + (size - 1) * within) if between > within else 0.0
    return 1 / rho - 1 if rho > 0 else inf


def overall(units: Sequence[Unit]) -> float | None:
    """The centre of a funnel: all successes by all trials."""
    trials = sum(unit.n for unit in units)
    return sum(unit.k for unit in units) / trials if trials else None


def overdispersion(units: Sequence[Unit]) -> float:
    """By how much limits are widened because units differ more than chance alone would have it; 1 is not at all.

    The root of the mean square of the standardised differences, the outer tenth at each end drawn in (winsorised) so
    that the few that stand out do not hide themselves (Spiegelhalter 2005, section 4). Only with at least
    `FEWEST_PEERS` units, and only when the mean square passes 1 by more than two standard errors, 2 * sqrt(2 / units).
    """
    centre, counted = overall(units), [unit for unit in units if unit.n]
    if centre is None or not 0 < centre < 1 or len(counted) < FEWEST_PEERS:
        return 1.0
    scores = sorted((unit.k / unit.n - centre) / sqrt(centre * (1 - centre) / unit.n) for unit in counted)
    cut = int(TRIMMED * len(scores))
    mean_square = fmean(min(max(score, scores[cut]), scores[-1 - cut]) ** 2 for score in scores)
    return sqrt(mean_square) if mean_square > 1 + 2 * sqrt(2 / len(scores)) else 1.0


def _lower(n: int, centre: float, tail: float) -> float:
    before = 0.0
    for r, reached in enumerate(accumulate(_chances(n, centre))):
        if reached >= tail:
            return max(0.0, (r - (reached - tail) / (reached - before)) / n)
        before = reached
    return 1.0


def _chances(n: int, share: float) -> list[float]:
    """The probability of each of 0 to n successes."""
    whole, won, lost = lgamma(n + 1), log(share), log1p(-share)
    return [exp(whole - lgamma(k + 1) - lgamma(n - k + 1) + k * won + (n - k) * lost) for k in range(n + 1)]
