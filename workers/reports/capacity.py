"""How long therapists could have worked: their rotas, without what was blocked and without their leave.

Blocked is what a clinic's hours, special days and closures leave out; leave is time off in what is left.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from uuid import UUID

from workers.reports.known.calendar import DAY, MINUTES_OF_DAY, Calendar, Clinic, Hours, Shift, instant
from workers.reports.spans import Span, clipped, difference, intersection, merged
from workers.reports.window import Window

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Of one therapist at one clinic on one day of its calendar, in the period: minutes."""

    therapist_id: UUID
    clinic_id: UUID
    on: date
    rostered: float
    blocked: float
    leave: float

    @property
    def minutes(self) -> float:
        return self.rostered - self.blocked - self.leave


def capacity(calendar: Calendar, window: Window) -> Iterator[Capacity]:
    """A row for each therapist, clinic and day with rostered time in the period."""
    period = Span(window.starts_at, window.shown_at)
    open_at = {id_: opening(clinic, period) for id_, clinic in calendar.clinics.items()}
    for therapist_id, rota in calendar.rotas.items():
        last_day = calendar.leaves_on.get(therapist_id, date.max)
        away = merged(calendar.absences.get(therapist_id, ()))
        for clinic_id in sorted({shift.clinic_id for shift in rota}):
            clinic = calendar.clinics.get(clinic_id)
            if clinic is None or not clinic.terms:
                continue
            rostered = rostered_at(clinic, [each for each in rota if each.clinic_id == clinic_id], last_day, period)
            blocked = difference(rostered, open_at[clinic_id])
            leave = intersection(difference(rostered, blocked), away)
            yield from by_day(therapist_id, clinic_id, clinic, (rostered, blocked, leave))


def rostered_at(clinic: Clinic, rota: Sequence[Shift], last_day: date, period: Span) -> list[Span]:
    """No shift begins after the therapist's last day."""
    return clipped(
        merged(
            each
            for day in days_around(period)
            if day <= last_day and (in_force := clinic.terms_on(day)) is not None
            for entry in rota
            if entry.weekday == day.weekday() and entry.valid_from <= day <= entry.valid_to
            for each in on_day(day, entry.hours, in_force.time_zone)
        ),
        period,
    )


def opening(clinic: Clinic, period: Span) -> list[Span]:
    """When the clinic is open: special days instead of weekdays, without closures."""
    hours = merged(
        each
        for day in days_around(period)
        if (in_force := clinic.terms_on(day)) is not None
        for given in clinic.special_days.get(day, in_force.hours.get(day.weekday(), ()))
        for each in on_day(day, given, in_force.time_zone)
    )
    return difference(hours, merged(clinic.closures))


def by_day(
    therapist_id: UUID, clinic_id: UUID, clinic: Clinic, spans: tuple[list[Span], list[Span], list[Span]]
) -> Iterator[Capacity]:
    """Of what is rostered, blocked and on leave; midnight is that of the clinic."""
    rostered, blocked, leave = (minutes_by_day(clinic, each) for each in spans)
    for on in sorted(rostered):
        yield Capacity(
            therapist_id=therapist_id,
            clinic_id=clinic_id,
            on=on,
            rostered=rostered[on],
            blocked=blocked.get(on, 0.0),
            leave=leave.get(on, 0.0),
        )


def minutes_by_day(clinic: Clinic, spans: Sequence[Span]) -> defaultdict[date, float]:
    minutes: defaultdict[date, float] = defaultdict(float)
    for each in spans:
        starts_at = each.starts_at
        while starts_at < each.ends_at:
            zone = clinic.zone_at(starts_at)
            on = starts_at.astimezone(zone).date()
            ends_at = min(each.ends_at, instant(on + DAY, 0, zone.key))
            if ends_at <= starts_at:
                ends_at = each.ends_at
            minutes[on] += (ends_at - starts_at) / MINUTE
            starts_at = ends_at
    return minutes


def days_around(period: Span) -> Iterator[date]:
    """Every date of any calendar on which a shift may begin that reaches into the period."""
    day = period.starts_at.astimezone(UTC).date() - 2 * DAY
    last = period.ends_at.astimezone(UTC).date() + 2 * DAY
    while day <= last:
        yield day
        day += DAY


def on_day(day: date, hours: Hours, time_zone: str) -> Iterator[Span]:
    """The one span of these hours, or none when a change of the clocks leaves nothing of it."""
    begins, ends = hours
    starts_at = instant(day, begins, time_zone)
    ends_at = instant(day, ends if ends > begins else ends + MINUTES_OF_DAY, time_zone)
    if starts_at < ends_at:
        yield Span(starts_at, ends_at)
