"""What the figures of a report are drawn from, beside its numbers: episodes one by one, and how others fared."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from shared.catalogue.targets import CATALOGUE
from shared.reports.document import Dumbbell, Funnel, Place, Point, Scope, Side, Trajectory
from workers.reports.knowledge import Knowledge
from workers.reports.known.sessions import Counted
from workers.reports.metrics.follow_up import Asked
from workers.reports.outcomes import Outcome

MIDLINE: Side = "midline"


def trajectories(known: Knowledge, scope: Scope) -> tuple[Trajectory, ...]:
    """Of the episodes that were open in the period, in the order of their opening."""
    return tuple(trajectory(known, key, each) for key, each in enumerate(known.running.of(scope), 1))


def trajectory(known: Knowledge, key: int, outcome: Outcome) -> Trajectory:
    """Days of the chain's calendar from the baseline on, or from the opening where there is none that counts."""
    episode, zone = outcome.episode, ZoneInfo(known.window.period.time_zone)
    taken = episode.baseline if outcome.baseline is not None else None
    first_day = (taken.taken_at if taken else episode.opened_at).astimezone(zone).date()

    def day(at: datetime) -> int:
        return (at.astimezone(zone).date() - first_day).days

    start = [Point(day=0, score=taken.nrs, source="baseline")] if taken else []
    corrections = known.corrections_of.get(episode.episode_id, ())
    return Trajectory(
        key=key,
        baseline=outcome.baseline,
        points=(*start, *(Point(day=day(each.at), score=each.score, source=each.source) for each in outcome.scores)),
        corrections=tuple(sorted(day(each.corrected_at) for each in corrections)),
        relapses=tuple(sorted(day(each.lost_at) for each in corrections if each.lost_at is not None)),
        visits=tuple(sorted(day(each.started_at) for each in known.sessions_of.get(episode.episode_id, ()))),
    )


def dumbbells(outcomes: Iterable[Outcome]) -> tuple[Dumbbell, ...]:
    """Of those that could respond and were heard of again."""
    done = [each for each in outcomes if each.is_complete]
    return tuple(
        Dumbbell(key=key, baseline=each.baseline, latest=each.latest)
        for key, each in enumerate(done, 1)
        if each.baseline is not None and each.latest is not None
    )


def funnel(known: Knowledge, scope: Scope) -> Funnel:
    """A point for each therapist, or each clinic, of the chain that has any: in no order that tells whose."""
    if scope.kind == "chain":
        return Funnel()
    of_kind = known.rates[scope.kind]
    return Funnel(responders=of_kind.responders.seen_by(scope.id), hold=of_kind.hold.seen_by(scope.id))


def complaints(marked: Sequence[Counted], asked: Sequence[Asked]) -> tuple[Place, ...]:
    """Regions that were marked on the body chart in the period's sessions, or named in answers to its check-ins."""
    found: Counter[tuple[str, str]] = Counter()
    for each in marked:
        found[each.code, each.side] += each.n
    for question in asked:
        found.update(region_of(place) for place in question.check_in.places)
    return places(found)


def region_of(place: str) -> tuple[str, str]:
    """`knee-left` is the knee on the left; what names no side lies in the middle."""
    region, _, side = place.rpartition("-")
    return (region, side) if region else (place, MIDLINE)


def treated(released: Sequence[Counted]) -> tuple[Place, ...]:
    """Regions under which the targets lie that were released in the period's sessions."""
    found: Counter[tuple[str, str]] = Counter()
    for each in released:
        target = CATALOGUE.targets.get(each.code)
        for region in target.chart_regions if target else ():
            found[region, each.side] += each.n
    return places(found)


def places(found: Counter[tuple[str, str]]) -> tuple[Place, ...]:
    return tuple(Place(region=region, side=cast(Side, side), n=n) for (region, side), n in sorted(found.items()))
