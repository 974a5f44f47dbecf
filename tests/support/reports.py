"""A report of an invented therapist, as full as a busy month makes it."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from shared.reports.document import (
    AsOf,
    DayOfWork,
    Dumbbell,
    Exclusion,
    Funnel,
    FunnelPoint,
    Interval,
    Metric,
    Period,
    Place,
    Point,
    Report,
    Scope,
    Series,
    Side,
    Step,
    Trajectory,
    finished,
)
from workers.reports.statistics import Followed, kaplan_meier, wilson

CHAIN = UUID("018f0000-0000-7000-8000-000000000001")
THERAPIST = UUID("018f0000-0000-7000-8000-000000000002")


def invented_report(episodes: int = 28, seed: int = 7) -> Report:
    chance = Random(seed)
    trajectories = tuple(trajectory(key, chance) for key in range(1, episodes + 1))
    return finished(
        Report(
            definitions=1,
            chain_id=CHAIN,
            scope=Scope(kind="therapist", id=THERAPIST),
            period=Period(
                kind="month",
                name="2026-10",
                starts_at=datetime(2026, 9, 30, 22, tzinfo=UTC),
                ends_at=datetime(2026, 10, 31, 23, tzinfo=UTC),
                time_zone="Europe/Berlin",
            ),
            as_of=AsOf(scheduling=48_211, treatment=31_877, at=datetime(2026, 11, 5, 6, tzinfo=UTC)),
            metrics=invented_metrics(),
            series=Series(
                trajectories=trajectories,
                dumbbells=tuple(
                    Dumbbell(key=each.key, baseline=each.baseline, latest=each.points[-1].score)
                    for each in trajectories
                    if each.baseline is not None and len(each.points) > 1
                ),
                funnel=Funnel(responders=funnel(0.58, 26, 40, chance), hold=funnel(0.71, 31, 33, chance)),
                holding=holding(chance),
                utilisation=month(chance),
                complaints=places(chance, PAINFUL, 34),
                treated=places(chance, TREATED, 96),
            ),
        )
    )


def trajectory(key: int, chance: Random) -> Trajectory:
    baseline = None if chance.random() < 0.06 else chance.choice([4, 5, 5, 6, 6, 7, 7, 8, 9])
    days, day = [0], 0
    while day < 80 and (len(days) < 3 or chance.random() < 0.86):
        day += chance.choice([1, 2, 4, 7, 7, 9])
        days.append(day)
    falling = chance.choice([0.2, 0.5, 0.7, 0.8, 0.9, 1.0])
    first = baseline if baseline is not None else 6
    scores = [max(0, min(10, round(first * (1 - falling * at / days[-1]) + chance.gauss(0, 0.7)))) for at in days]
    visits = tuple(day for day in days if day == 0 or chance.random() < 0.5)
    corrections = tuple(sorted(chance.sample(visits, min(len(visits), chance.choice([0, 1, 1, 2])))))
    relapses = (visits[-1],) if corrections and visits[-1] > corrections[-1] and chance.random() < 0.2 else ()
    points = [Point(day=0, score=first, source="baseline" if baseline is not None else "session")]
    points += [
        Point(day=at, score=score, source="session" if at in visits else "check_in")
        for at, score in zip(days[1:], scores[1:], strict=True)
    ]
    return Trajectory(
        key=key,
        baseline=baseline,
        points=tuple(points),
        corrections=corrections,
        relapses=relapses,
        visits=visits,
    )


def funnel(share: float, k: int, n: int, chance: Random) -> tuple[FunnelPoint, ...]:
    others = []
    for _ in range(13):
        of = chance.randint(12, 96)
        others.append(FunnelPoint(n=of, k=sum(chance.random() < share for _ in range(of)), is_this=False))
    return tuple(sorted([*others, FunnelPoint(n=n, k=k, is_this=True)], key=lambda point: (point.n, point.k)))


def holding(chance: Random) -> tuple[Step, ...]:
    followed = [Followed(float(chance.randint(1, 180)), ended=chance.random() < 0.4) for _ in range(48)]
    return tuple(
        Step(day=int(each.time), share=each.share, low=each.low, high=each.high, at_risk=each.at_risk)
        for each in kaplan_meier(followed)
    )


def month(chance: Random) -> tuple[DayOfWork, ...]:
    days = [date(2026, 10, 1) + timedelta(days=at) for at in range(31)]
    away = {date(2026, 10, day) for day in (15, 16)}
    found = []
    for day in days:
        capacity = 0 if day.weekday() > 4 or day in away else 240 if day.weekday() == 2 else 420
        attended = min(capacity + 30, round(capacity * chance.gauss(0.74, 0.2) / 15) * 15) if capacity else 0
        found.append(DayOfWork(on=day, attended=max(0, attended), capacity=capacity))
    return tuple(found)


PAINFUL: tuple[tuple[str, Side, int], ...] = (
    ("lower_back", "bilateral", 9),
    ("knee", "left", 8),
    ("knee", "right", 4),
    ("neck", "bilateral", 6),
    ("shoulder", "right", 7),
    ("hip", "left", 3),
    ("ankle", "right", 2),
    ("upper_back", "left", 2),
)
TREATED: tuple[tuple[str, Side, int], ...] = (
    ("hip", "left", 9),
    ("hip", "right", 6),
    ("buttocks", "left", 7),
    ("lower_abdomen", "right", 8),
    ("face", "bilateral", 5),
    ("neck", "right", 5),
    ("upper_chest", "right", 6),
    ("thigh", "left", 4),
    ("foot", "right", 2),
    ("lower_back", "left", 3),
)


def places(chance: Random, weighed: tuple[tuple[str, Side, int], ...], times: int) -> tuple[Place, ...]:
    named = [(region, side) for region, side, _ in weighed]
    drawn = chance.choices(named, [weight for *_, weight in weighed], k=times)
    return tuple(Place(region=region, side=side, n=drawn.count((region, side))) for region, side in sorted(set(drawn)))


def share(code: str, k: int, n: int, population: str, *exclusions: Exclusion, suppressible: bool = False) -> Metric:
    bounds = wilson(k, n)
    return Metric(
        code=code,
        unit="share",
        population=population,
        value=k / n if n else None,
        numerator=k,
        denominator=n,
        interval=Interval(kind="wilson_95", low=bounds.low, high=bounds.high) if bounds else None,
        exclusions=exclusions,
        suppressible=suppressible,
    )


def invented_metrics() -> tuple[Metric, ...]:
    return ()
