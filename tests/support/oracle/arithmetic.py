"""What the numbers are made with: medians, quartiles and Kaplan-Meier, as they stand in any textbook."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Number:
    """One number: what it is of, who was left out, and its parts."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    left: dict[str, int] = field(default_factory=dict)
    parts: dict[str, float | None] = field(default_factory=dict)


def share(k: int, n: int, left: dict[str, int] | None = None, parts: dict[str, float | None] | None = None) -> Number:
    return Number(k / n if n else None, k, n, {name: each for name, each in (left or {}).items() if each}, parts or {})


def quantile(values: Sequence[float], at: float) -> float:
    """Linear interpolation between the two nearest (type 7)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * at
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


def median(
    values: Sequence[float], left: dict[str, int] | None = None, parts: dict[str, float | None] | None = None
) -> Number:
    found = quantile(values, 0.5) if values else None
    return Number(found, None, len(values), {name: each for name, each in (left or {}).items() if each}, parts or {})


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


def ended_by(followed: Sequence[tuple[float, bool]], by: float) -> float | None:
    """The cumulative incidence by a time; None when nobody was watched for as long and not all had ended."""
    if not followed:
        return None
    left = [share_left for time, share_left in surviving(followed) if time <= by]
    now = left[-1] if left else 1.0
    if now > 0 and max(time for time, _ in followed) < by:
        return None
    return 1 - now


def median_time(followed: Sequence[tuple[float, bool]]) -> float | None:
    """The first time by which half or more had ended."""
    return next((time for time, share_left in surviving(followed) if share_left <= 0.5 + 1e-12), None)
