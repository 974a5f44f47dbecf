"""How much of the time that could have been worked was: nothing is clamped, and without capacity there is no share."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from shared.reports.document import DayOfWork, Metric
from workers.reports.capacity import Capacity
from workers.reports.known.calendar import Calendar
from workers.reports.known.visits import Visit


def attended_minutes(visit: Visit) -> float:
    """What ran over the planned time is not in it."""
    return min(visit.minutes, visit.planned_minutes)


def utilisation(visits: Sequence[Visit], capacity: Sequence[Capacity]) -> Metric:
    came = [visit for visit in visits if visit.attended]
    attended = sum(map(attended_minutes, came))
    available = sum(day.minutes for day in capacity)
    parts = (
        minutes("rostered_minutes", sum(day.rostered for day in capacity)),
        minutes("blocked_minutes", sum(day.blocked for day in capacity)),
        minutes("leave_minutes", sum(day.leave for day in capacity)),
        minutes("overrun_minutes", sum(visit.minutes - attended_minutes(visit) for visit in came)),
    )
    return Metric(
        code="utilisation",
        unit="ratio",
        population="rostered_minutes",
        value=attended / available if available > 0 else None,
        numerator=attended,
        denominator=available,
        why_none=None if available > 0 else "no_capacity",
        parts=parts,
    )


def minutes(code: str, value: float) -> Metric:
    return Metric(code=code, unit="minutes", population="rostered_minutes", value=value)


def days(visits: Sequence[Visit], capacity: Sequence[Capacity], calendar: Calendar) -> tuple[DayOfWork, ...]:
    """Each day with time rostered or attended; a visit counts on the day on which it begins at its clinic."""
    attended: dict[date, float] = defaultdict(float)
    available: dict[date, float] = defaultdict(float)
    for visit in visits:
        if visit.attended:
            attended[calendar.day_of(visit.clinic_id, visit.starts_at)] += attended_minutes(visit)
    for day in capacity:
        available[day.on] += day.minutes
    return tuple(
        DayOfWork(on=on, attended=attended.get(on, 0.0), capacity=available.get(on, 0.0))
        for on in sorted(attended.keys() | available.keys())
    )
