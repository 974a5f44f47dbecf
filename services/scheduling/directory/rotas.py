"""A therapist is at one place at a time: no two entries of a rota may overlap on any day, whatever their time zones."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from services.scheduling.availability.calendar import rota_intervals
from services.scheduling.availability.intervals import merged
from services.scheduling.availability.model import Clinic, Interval, Therapist
from shared.decider import Refused

# Weekly hours and the changes of the clocks repeat within a year and some days
A_YEAR = timedelta(days=380)


class RotaOverlaps(Refused):
    """Two entries of a rota overlap."""

    code = "rota_overlaps"


def refuse_overlaps(therapist: Therapist, clinics: Mapping[UUID, Clinic]) -> None:
    """Raise RotaOverlaps when the therapist would have to be twice at the same time.

    Looked at is a year from each day on which an entry of the rota begins, or another clock of one of its clinics.
    """
    for span in merged(map(a_year_after, beginnings(therapist, clinics))):
        shifts = sorted(shifts_in(span, therapist, clinics))
        if any(later.starts_at < earlier.ends_at for earlier, later in pairwise(shifts)):
            raise RotaOverlaps(therapist_id=therapist.id)


def beginnings(therapist: Therapist, clinics: Mapping[UUID, Clinic]) -> set[date]:
    entries = {entry.valid_from for entry in therapist.rota}
    places = {entry.clinic_id for entry in therapist.rota}
    terms = {each.valid_from for place in places for each in clinics[place].terms}
    return entries | {start for start in terms if start > min(entries)}


def a_year_after(first_day: date) -> Interval:
    starts_at = datetime.combine(first_day, time(), UTC)
    return Interval(starts_at, starts_at + A_YEAR)


def shifts_in(span: Interval, therapist: Therapist, clinics: Mapping[UUID, Clinic]) -> Iterator[Interval]:
    for entry in therapist.rota:
        alone = replace(therapist, rota=(entry,))
        yield from rota_intervals(alone, clinics[entry.clinic_id], span)
