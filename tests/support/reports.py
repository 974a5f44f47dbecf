"""A report of an invented therapist, as full as a busy month makes it."""

from dataclasses import replace
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
    Points,
    Report,
    Scope,
    Series,
    Side,
    Step,
    Trajectory,
    Unit,
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


def funnel(share: float, k: int, n: int, chance: Random) -> Points:
    others = []
    for _ in range(13):
        of = chance.randint(12, 96)
        others.append(FunnelPoint(of, sum(chance.random() < share for _ in range(of)), is_this=False))
    return points(*others, FunnelPoint(n, k, is_this=True))


def points(*those: FunnelPoint) -> Points:
    """As a document holds them."""
    ordered = sorted(those)
    this = next((at for at, point in enumerate(ordered) if point.is_this), None)
    return Points(n=tuple(point.n for point in ordered), k=tuple(point.k for point in ordered), this=this)


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


def count(code: str, n: int, population: str, *parts: Metric, left: int = 0, reason: str = "open") -> Metric:
    exclusions = (Exclusion(reason=reason, n=left),) if left else ()
    return Metric(code=code, unit="count", population=population, value=float(n), exclusions=exclusions, parts=parts)


def middle(code: str, unit: Unit, found: tuple[float, float, float], n: int, population: str) -> Metric:
    low, value, high = found
    bounds = Interval(kind="quartiles", low=low, high=high)
    return Metric(code=code, unit=unit, population=population, value=value, denominator=float(n), interval=bounds)


def seen(to: str, new: int, returning: int, reactivated: int) -> Metric:
    kinds = {"new": new, "returning": returning, "reactivated": reactivated}
    parts = [count(kind, n, "clients_seen") for kind, n in kinds.items()]
    return count(f"clients_by_{to}", sum(kinds.values()), "clients_seen", *parts)


def invented_metrics() -> tuple[Metric, ...]:
    year, confirmed, resolved = "episodes_started_in_year", "patterns_confirmed_in_year", "patterns_resolved_in_year"
    no_baseline, floor = Exclusion(reason="no_baseline", n=4), Exclusion(reason="floor", n=2)
    missing = Exclusion(reason="missing", n=7)
    minutes = {"rostered_minutes": 8_460, "blocked_minutes": 300, "leave_minutes": 840, "overrun_minutes": 95}
    worked = [Metric(code=code, unit="minutes", population="rostered_minutes", value=n) for code, n in minutes.items()]
    cancelled = [
        share("by_client", 11, 118, "visits"),
        share("by_clinic", 3, 118, "visits"),
        share("by_client_under_24_h", 4, 118, "visits"),
    ]
    return (
        share("responders_of_started", 26, 40, year, no_baseline, floor, suppressible=True),
        share("responders_of_completers", 26, 33, year, no_baseline, floor, missing, suppressible=True),
        replace(middle("outcome_change", "score", (-5, -3, -1), 33, year), suppressible=True),
        share("check_in_response", 61, 88, "check_ins_due_in_period", Exclusion(reason="undelivered", n=5)),
        share("check_in_coverage", 35, 46, year, suppressible=True),
        Metric(
            code="case_mix_ratio",
            unit="ratio",
            population=year,
            value=1.08,
            numerator=26,
            denominator=24.1,
            suppressible=True,
        ),
        replace(
            share("hold_rate", 31, 33, "first_cold_retests_in_period", suppressible=True),
            parts=(share("cold_retests_done", 24, 29, "corrections_in_period", suppressible=True),),
        ),
        replace(
            share("pattern_resolution", 19, 48, confirmed, Exclusion(reason="refuted", n=3), suppressible=True),
            parts=(share("by_visit_3", 9, 48, confirmed, Exclusion(reason="refuted", n=3), suppressible=True),),
        ),
        replace(
            share("relapse", 4, 21, resolved, Exclusion(reason="no_follow_up", n=5), suppressible=True),
            parts=(
                share("by_day_30", 1, 21, resolved, suppressible=True),
                share("by_day_90", 3, 21, resolved, suppressible=True),
            ),
        ),
        share("loop_completeness", 141, 149, "loops_with_release"),
        Metric(
            code="rater_agreement",
            unit="kappa",
            population="blinded_pairs_in_year",
            denominator=12,
            why_none="not_enough",
        ),
        count("active_caseload", 52, "clients_with_open_episode", left=9, reason="not_seen"),
        seen("chain", 9, 58, 4),
        seen("clinic", 11, 56, 4),
        seen("therapist", 17, 51, 3),
        middle("visits_per_episode", "visits", (3, 5, 7), 12, "episodes_closed_in_period"),
        count("overdue_follow_ups", 3, "open_episodes"),
        count("attended_visits", 99, "visits", left=2),
        Metric(
            code="utilisation",
            unit="ratio",
            population="rostered_minutes",
            value=5_410 / 7_320,
            numerator=5_410,
            denominator=7_320,
            parts=tuple(worked),
        ),
        replace(share("cancellation_rate", 14, 118, "visits"), parts=tuple(cancelled)),
        share("no_show_rate", 5, 104, "visits"),
        share("rebooking_rate", 63, 81, "attended_visits", Exclusion(reason="planned_discharge", n=12)),
        count("unsigned_notes", 1, "sessions"),
        middle("hours_to_sign", "hours", (0.4, 1.2, 7.5), 97, "sessions_signed_in_period"),
        middle("minutes_to_acknowledge", "minutes", (6, 14, 31), 4, "red_flags_raised_in_period"),
        count("overrides", 2, "alerts_and_releases"),
    )
