"""A therapist is at one place at a time on every day that a rota reaches, however far apart its entries begin."""

from datetime import date

import pytest

from services.scheduling.availability.model import RotaEntry
from services.scheduling.directory.rotas import RotaOverlaps, refuse_overlaps
from tests.unit.availability.builders import CLINIC, OTHER_CLINIC, clinic, therapist

CLINICS = {CLINIC: clinic(), OTHER_CLINIC: clinic(OTHER_CLINIC)}


def monday(starts: int, ends: int, since: int, until: int | None = None, *, other: bool = False) -> RotaEntry:
    """Mondays from and to these hours, from the beginning of one year to the end of another."""
    return RotaEntry(
        clinic_id=OTHER_CLINIC if other else CLINIC,
        weekday=0,
        starts_minute=starts * 60,
        ends_minute=ends * 60,
        valid_from=date(since, 1, 1),
        valid_to=None if until is None else date(until, 12, 31),
    )


@pytest.mark.parametrize(
    "entries",
    [
        (monday(9, 12, 2020), monday(11, 15, 2060, other=True)),
        (monday(11, 15, 2060, other=True), monday(9, 12, 2020, 2060)),
        (monday(9, 12, 2020), monday(9, 10, 2020, 2020)),
        (monday(9, 12, 2020, 2021), monday(13, 14, 2021), monday(11, 12, 2021, other=True)),
    ],
)
def test_entries_that_meet_on_any_day_are_refused(entries: tuple[RotaEntry, ...]) -> None:
    with pytest.raises(RotaOverlaps):
        refuse_overlaps(therapist(rota=entries), CLINICS)


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (monday(9, 12, 2020, 2059), monday(11, 15, 2060, other=True)),
        (monday(9, 12, 2020), monday(12, 15, 2060, other=True)),
        tuple(monday(9, 12, 2020 + n, 2020 + n) for n in range(60)),
    ],
)
def test_entries_that_never_meet_are_taken(entries: tuple[RotaEntry, ...]) -> None:
    refuse_overlaps(therapist(rota=entries), CLINICS)
