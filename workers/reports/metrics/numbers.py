"""How a number is said: with what it was made from, how sure it is, and who was left out and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.reports.document import Exclusion, Interval, Metric, Unit
from workers.reports.statistics import Followed, incidence, spread, wilson

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

Left = Mapping[str, int]
"""How many were left out, by reason."""


def count(code: str, n: int, population: str, *, left: Left | None = None, **values: Any) -> Metric:
    return Metric(code=code, unit="count", population=population, value=float(n), exclusions=out(left), **values)


def share(code: str, k: int, n: int, population: str, *, left: Left | None = None, **values: Any) -> Metric:
    """`k` of `n`, with its Wilson interval; without any there is no share."""
    limits = wilson(k, n)
    return Metric(
        code=code,
        unit="share",
        population=population,
        value=k / n if n else None,
        numerator=float(k),
        denominator=float(n),
        interval=Interval(kind="wilson_95", low=limits.low, high=limits.high) if limits else None,
        why_none=None if n else "nobody",
        exclusions=out(left),
        **values,
    )


def median(
    code: str, unit: Unit, numbers: Sequence[float], population: str, *, left: Left | None = None, **values: Any
) -> Metric:
    """The median, with the quartiles around it; `denominator` is how many there are."""
    found = spread(numbers)
    return Metric(
        code=code,
        unit=unit,
        population=population,
        value=found.median if found else None,
        denominator=float(len(numbers)),
        interval=Interval(kind="quartiles", low=found.lower, high=found.upper) if found else None,
        why_none=None if found else "nobody",
        exclusions=out(left),
        **values,
    )


def reached(
    code: str, by: int, followed: Sequence[Followed], population: str, *, left: Left | None = None, **values: Any
) -> Metric:
    """The cumulative incidence by a time; `numerator` is how many had reached it, `denominator` how many were watched.

    None where nobody was watched for as long, unless all had reached it before.
    """
    found = incidence(followed, by)
    return Metric(
        code=code,
        unit="share",
        population=population,
        value=found.share if found else None,
        numerator=float(sum(one.ended and one.time <= by for one in followed)),
        denominator=float(len(followed)),
        interval=Interval(kind="greenwood_95", low=found.low, high=found.high) if found else None,
        why_none=None if found else ("not_reached" if followed else "nobody"),
        exclusions=out(left),
        **values,
    )


def out(left: Left | None) -> tuple[Exclusion, ...]:
    """The reasons in their order, without those that nobody was left out for."""
    return tuple(Exclusion(reason=reason, n=n) for reason, n in sorted((left or {}).items()) if n)


def whole_days(since: datetime, until: datetime) -> int:
    """Rounded down."""
    return (until - since) // DAY
