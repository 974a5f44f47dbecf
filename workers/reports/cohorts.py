"""Whom the numbers of a year count, by the month in which it began for each, and what became of them.

It is what later quarters have to know of a report, and names nobody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.reports.document import Period, Scope
from workers.reports.knowledge import Knowledge
from workers.reports.metrics.patterns import BY_DAY, BY_VISIT, RELAPSED_BY, days_to_end, days_to_relapse, visits_to_end
from workers.reports.once import month_of
from workers.reports.quarters import MONTHS, Cohort, Cohorts
from workers.reports.statistics import Followed


def cohorts(known: Knowledge, scope: Scope) -> Cohorts:
    """Of those in the strictest denominator: complete episodes, patterns that are watched, and that are followed."""
    period = known.window.period
    return {
        "episodes_started_in_year": by_month(of_episodes(known, scope), period),
        "patterns_confirmed_in_year": by_month(of_confirmed(known, scope), period),
        "patterns_resolved_in_year": by_month(of_resolved(known, scope), period),
    }


def by_month(counted: Iterable[tuple[datetime, str]], period: Period) -> Cohort:
    """On the clock of the period."""
    zone, last = ZoneInfo(period.time_zone), month_of(period.name)
    found: dict[str, Counter[int]] = {}
    for at, fate in counted:
        day = at.astimezone(zone)
        found.setdefault(fate, Counter())[last - 12 * day.year - day.month] += 1
    return {fate: tuple(months[ago] for ago in range(MONTHS)) for fate, months in sorted(found.items())}


def of_episodes(known: Knowledge, scope: Scope) -> Iterator[tuple[datetime, str]]:
    for each in known.outcomes.of(scope):
        if each.is_complete:
            yield each.episode.opened_at, fate(responded=each.has_responded, answered=each.has_check_in)


def of_confirmed(known: Knowledge, scope: Scope) -> Iterator[tuple[datetime, str]]:
    window = known.window
    for each in known.confirmed.of(scope):
        if each.confirmed_at >= window.year_from and not each.refuted:
            visits = visits_to_end(each, known.session_starts.get(each.person_id, ()), window)
            by_day, by_visit = is_by(days_to_end(each, window), BY_DAY), is_by(visits, BY_VISIT)
            yield each.confirmed_at, fate(by_day=by_day, by_visit=by_visit)


def of_resolved(known: Knowledge, scope: Scope) -> Iterator[tuple[datetime, str]]:
    for each in known.resolved.of(scope):
        followed = days_to_relapse(each, known.answered.get(each.person_id, ()))
        if each.resolved_at >= known.window.year_from and followed is not None:
            yield each.resolved_at, fate(**{f"by_day_{day}": is_by(followed, day) for day in RELAPSED_BY})


def is_by(followed: Followed, time: int) -> bool:
    return followed.ended and followed.time <= time


def fate(**found: bool) -> str:
    return " ".join(name for name, is_so in found.items() if is_so) or "neither"
