"""Whether corrections held: seen at cold retests alone, and what was not looked at again is not called failed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from shared.reports.document import Metric, Step
from workers.reports.known.patterns import Confirmed, Correction, Resolved
from workers.reports.known.sessions import Session
from workers.reports.metrics.numbers import reached, share, whole_days
from workers.reports.statistics import Followed, kaplan_meier
from workers.reports.window import Window

BY_DAY = 42
BY_VISIT = 3
RELAPSED_BY = (30, 90, 180)

Times = Mapping[UUID, Sequence[datetime]]
"""By person, moments in their order."""


def hold_rate(corrections: Sequence[Correction], sessions: Times, window: Window) -> Metric:
    """First cold retests of the period; its part says how many corrections of the period were looked at again."""
    retested = [each for each in corrections if each.retested_at is not None and each.retested_at >= window.starts_at]
    made = [each for each in corrections if each.corrected_at >= window.starts_at]
    ready = [each for each in made if has_later(sessions.get(each.person_id, ()), each.corrected_at, window.shown_at)]
    done = share(
        "cold_retests_done",
        sum(each.retested_at is not None for each in ready),
        len(ready),
        "corrections_in_period",
        left={"no_later_session": len(made) - len(ready)},
        suppressible=True,
    )
    passed = sum(each.passed for each in retested)
    return share("hold_rate", passed, len(retested), "first_cold_retests_in_period", parts=(done,), suppressible=True)


def has_later(starts: Sequence[datetime], since: datetime, until: datetime) -> bool:
    return any(since < start < until for start in starts)


def holding(corrections: Sequence[Correction], window: Window) -> tuple[Step, ...]:
    """The share of the year's corrections that still hold, by days; without those that were never looked at again."""
    followed = [
        Followed(float(whole_days(each.corrected_at, end)), ended=each.lost_at is not None)
        for each in corrections
        if each.corrected_at >= window.year_from and (end := each.lost_at or each.held_until) is not None
    ]
    return tuple(
        Step(day=int(step.time), share=step.share, low=step.low, high=step.high, at_risk=step.at_risk)
        for step in kaplan_meier(followed)
    )


def resolution(confirmed: Sequence[Confirmed], sessions: Times, window: Window) -> Metric:
    """Of patterns confirmed in the year: resolved by day 42; and by the third visit, that of the confirmation first."""
    cohort = [each for each in confirmed if each.confirmed_at >= window.year_from]
    watched = [each for each in cohort if not each.refuted]
    left = {"refuted": len(cohort) - len(watched)}
    days = [days_to_end(each, window) for each in watched]
    visits = [visits_to_end(each, sessions.get(each.person_id, ()), window) for each in watched]
    population = "patterns_confirmed_in_year"
    by_visit = reached("by_visit_3", BY_VISIT, visits, population, left=left, suppressible=True)
    return reached("pattern_resolution", BY_DAY, days, population, left=left, suppressible=True, parts=(by_visit,))


def days_to_end(confirmed: Confirmed, window: Window) -> Followed:
    end = confirmed.resolved_at or confirmed.lost_sight_at or window.shown_at
    return Followed(float(whole_days(confirmed.confirmed_at, end)), confirmed.resolved_at is not None)


def visits_to_end(confirmed: Confirmed, starts: Sequence[datetime], window: Window) -> Followed:
    """The person's sessions from that of the confirmation up to and with the end."""
    end = confirmed.resolved_at or confirmed.lost_sight_at or window.shown_at
    visits = sum(confirmed.session.started_at <= start <= end for start in starts)
    return Followed(float(visits), confirmed.resolved_at is not None)


def relapse(resolved: Sequence[Resolved], answers: Times, window: Window) -> Metric:
    """Of patterns resolved in the year: come back by 180 days; its parts by 30 and 90."""
    cohort = [each for each in resolved if each.resolved_at >= window.year_from]
    watched = [days_to_relapse(each, answers.get(each.person_id, ())) for each in cohort]
    followed = [each for each in watched if each is not None]
    left = {"no_follow_up": len(cohort) - len(followed)}
    population = "patterns_resolved_in_year"
    *early, last = (
        reached(f"by_day_{day}", day, followed, population, left=left, suppressible=True) for day in RELAPSED_BY
    )
    return replace(last, code="relapse", parts=tuple(early))


def days_to_relapse(resolved: Resolved, answers: Sequence[datetime]) -> Followed | None:
    """Up to the last cold retest that held, or the last answer to a check-in: without either nothing is known."""
    if resolved.relapsed_at is not None:
        return Followed(float(whole_days(resolved.resolved_at, resolved.relapsed_at)), ended=True)
    seen = [at for at in answers if at > resolved.resolved_at]
    known = [at for at in (resolved.held_until, *seen[-1:]) if at is not None]
    return Followed(float(whole_days(resolved.resolved_at, max(known))), ended=False) if known else None


def by_person(moments: Sequence[tuple[UUID, datetime]]) -> Times:
    found: dict[UUID, list[datetime]] = defaultdict(list)
    for person_id, at in sorted(moments, key=lambda each: each[1]):
        found[person_id].append(at)
    return found


def session_starts(sessions: Sequence[Session], until: datetime) -> Times:
    return by_person([(each.person_id, each.started_at) for each in sessions if each.started_at < until])
