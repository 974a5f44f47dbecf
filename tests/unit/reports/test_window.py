"""A period begins and ends at midnight on the chain's clock, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.ids import new_id
from shared.reports.document import AsOf
from shared.reports.periods import NoPeriod
from workers.reports.window import Window, period_of

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "starts_at", "hours"),
    [
        ("2026-10", datetime(2026, 9, 30, 22, tzinfo=UTC), 31 * 24 + 1),
        ("2026-12", datetime(2026, 11, 30, 23, tzinfo=UTC), 31 * 24),
        ("2028-02", datetime(2028, 1, 31, 23, tzinfo=UTC), 29 * 24),
        ("2026-W13", datetime(2026, 3, 22, 23, tzinfo=UTC), 7 * 24 - 1),
        ("2026-W43", datetime(2026, 10, 18, 22, tzinfo=UTC), 7 * 24 + 1),
        ("2026-W01", datetime(2025, 12, 28, 23, tzinfo=UTC), 7 * 24),
    ],
)
def test_a_period_is_as_long_as_its_days_were(name: str, starts_at: datetime, hours: int) -> None:
    period = period_of(name, "Europe/Berlin")
    assert period.starts_at == starts_at
    assert (period.ends_at.astimezone(UTC) - starts_at) / HOUR == hours
    assert period.name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "2026", "2026-00", "2026-13", "2026-W54", "2026-W00", "October", "2026-10-01", "W41", "2026-W41-1"),
        *("9999-12", "9999-W52", "2100-01", "1999-12", "1000-W01", "0001-01", "2026-10\n", " 2026-10", "2026-w41"),
    ],
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(NoPeriod):
        period_of(name, "Europe/Berlin")


@pytest.mark.parametrize("name", ["2025-W53", "2026-W1", "2026-1", "\N{FULLWIDTH DIGIT TWO}026-10"])
def test_a_period_has_one_name_alone(name: str) -> None:
    with pytest.raises(NoPeriod):
        period_of(name, "Europe/Berlin")


def test_a_running_period_is_shown_as_far_as_it_has_come() -> None:
    period = period_of("2026-10", "UTC")
    early, late = (AsOf(scheduling=0, treatment=0, at=datetime(2026, month, 7, tzinfo=UTC)) for month in (10, 12))
    assert Window(new_id(), period, early).shown_at == early.at
    assert Window(new_id(), period, late).shown_at == period.ends_at
    assert Window(new_id(), period, late).year_from == period.ends_at - timedelta(days=365)


def test_the_year_is_as_many_days_of_24_hours_whatever_the_clocks_did() -> None:
    """The week ends a day after a change of the clocks that was a day later the year before."""
    late = AsOf(scheduling=0, treatment=0, at=datetime(2026, 12, 7, tzinfo=UTC))
    window = Window(new_id(), period_of("2026-W13", "Europe/Berlin"), late)
    assert window.year_from == datetime(2025, 3, 29, 22, tzinfo=UTC)
