"""The tour's times: at any minute its client is awake, and a reminder falls due soon."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from demo.chain import OFFERINGS, SOON
from demo.times import Slot, next_reminder, reminded_soon, zone_awake

LEADS = next(offering.reminder_lead_minutes for offering in OFFERINGS if offering.name == SOON) or ()
GRID = timedelta(minutes=5)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone


def slots_after(now: datetime, count: int = 6) -> list[Slot]:
    first = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond) + GRID
    return [Slot(first + GRID * step, "clinic", "therapist") for step in range(count)]


@given(MOMENTS)
def test_the_client_lives_where_it_is_between_ten_and_five(now: datetime) -> None:
    assert 10 <= now.astimezone(ZoneInfo(zone_awake(now))).hour < 17


@given(MOMENTS)
def test_at_any_moment_a_reminder_falls_due_within_two_minutes_and_long_before_the_visit(now: datetime) -> None:
    for slot in reminded_soon(slots_after(now), LEADS, now)[:2]:
        due = next_reminder(slot.starts_at, LEADS, now)
        assert due is not None
        assert timedelta() < due - now <= timedelta(minutes=2)
        assert slot.starts_at - due >= timedelta(minutes=5)


@given(MOMENTS)
def test_a_visit_moved_from_the_first_time_to_the_second_leaves_a_reminder_behind_that_would_come_no_later(
    now: datetime,
) -> None:
    first, second = reminded_soon(slots_after(now), LEADS, now)[:2]
    left, wanted = (next_reminder(slot.starts_at, LEADS, now + timedelta(seconds=30)) for slot in (first, second))
    assert left is not None
    assert wanted is not None
    assert left <= wanted


def test_no_reminder_is_expected_once_all_leads_have_passed() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert next_reminder(now + timedelta(minutes=5), LEADS, now) is None
