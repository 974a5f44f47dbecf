"""Rostered time is what the clocks on the walls of the clinics make of it, and nothing of it is counted twice."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from shared.ids import new_id
from shared.reports.document import AsOf
from workers.reports.capacity import Capacity, capacity
from workers.reports.known.calendar import Calendar, Clinic, Hours, Shift, Terms
from workers.reports.known.visits import Visit
from workers.reports.metrics.utilisation import days, utilisation
from workers.reports.spans import Span, difference, intersection, merged
from workers.reports.window import Window, period_of

BERLIN, LISBON, ANNA = (UUID(int=n) for n in (1, 2, 3))
ALWAYS = (date.min, date.max)
ALL_DAY = {day: [(0, 1440)] for day in range(7)}


def at(wall: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))


def clinic(zone: str = "Europe/Berlin", hours: Any = None, **changes: Any) -> Clinic:
    fields: dict[str, Any] = {"special_days": {}, "closures": []}
    return Clinic(terms=[Terms(date(2020, 1, 1), zone, hours or ALL_DAY)], **fields | changes)


def shift(weekday: int, hours: Hours, clinic_id: UUID = BERLIN, valid: tuple[date, date] = ALWAYS) -> Shift:
    return Shift(clinic_id, weekday, hours, *valid)


def found(
    rota: list[Shift],
    period: str = "2026-10",
    clinics: dict[UUID, Clinic] | None = None,
    absences: list[Span] | None = None,
    leaves_on: date = date.max,
) -> list[Capacity]:
    calendar = Calendar(clinics or {BERLIN: clinic()}, {ANNA: rota}, {ANNA: leaves_on}, {ANNA: absences or []})
    return list(capacity(calendar, window(period)))


def window(period: str) -> Window:
    known = AsOf(scheduling=0, treatment=0, at=at("2027-01-01"))
    return Window(new_id(), period_of(period, "Europe/Berlin"), known)


def totals(rows: list[Capacity]) -> tuple[float, float, float]:
    return sum(row.rostered for row in rows), sum(row.blocked for row in rows), sum(row.leave for row in rows)


def test_a_night_in_which_the_clocks_change_is_as_long_as_it_was() -> None:
    """The night to 29 March has an hour less, that to 25 October one more."""
    night = shift(5, (22 * 60, 6 * 60))
    assert totals(found([night], "2026-W13")) == (7 * 60, 0, 0)
    assert totals(found([night], "2026-W43")) == (9 * 60, 0, 0)


def test_a_night_shift_counts_on_both_its_days() -> None:
    rows = found([shift(2, (22 * 60, 6 * 60))], "2026-W41")
    assert [(row.on, row.rostered) for row in rows] == [(date(2026, 10, 7), 120), (date(2026, 10, 8), 360)]


def test_a_shift_across_the_end_of_the_period_is_cut_there() -> None:
    sunday = shift(6, (22 * 60, 6 * 60))
    assert totals(found([sunday], "2026-W41")) == (360 + 120, 0, 0)


def test_a_therapist_works_on_the_clock_of_each_clinic() -> None:
    clinics = {BERLIN: clinic(), LISBON: clinic("Europe/Lisbon")}
    rota = [shift(0, (9 * 60, 12 * 60)), shift(0, (13 * 60, 17 * 60), LISBON)]
    away = Span(at("2026-10-05 11:00"), at("2026-10-05 15:00"))
    rows = found(rota, "2026-W41", clinics, [away])
    assert [(row.clinic_id, row.rostered, row.leave) for row in rows] == [(BERLIN, 180, 60), (LISBON, 240, 60)]


def test_what_the_clinic_is_closed_for_is_blocked_and_no_leave() -> None:
    hours = {day: [(9 * 60, 17 * 60)] for day in range(5)}
    special = {date(2026, 10, 6): [], date(2026, 10, 7): [(9 * 60, 12 * 60)]}
    closed = [
        Span(at("2026-10-08 09:00"), at("2026-10-08 11:00")),
        Span(at("2026-10-08 10:00"), at("2026-10-08 12:00")),
    ]
    house = clinic(hours=hours, special_days=special, closures=closed)
    rota = [shift(day, (8 * 60, 17 * 60)) for day in range(4)]
    away = [Span(at("2026-10-08 00:00"), at("2026-10-09 00:00"))]
    rows = found(rota, "2026-W41", {BERLIN: house}, away)
    assert [(row.rostered, row.blocked, row.leave) for row in rows] == [
        (540, 60, 0),
        (540, 540, 0),
        (540, 540 - 180, 0),
        (540, 60 + 180, 300),
    ]


def test_a_rota_holds_within_its_validity_and_until_the_therapist_leaves() -> None:
    hours = (9 * 60, 17 * 60)
    rota = [shift(0, hours, valid=(date(2026, 10, 6), date(2026, 10, 19)))]
    assert [row.on for row in found(rota)] == [date(2026, 10, 12), date(2026, 10, 19)]
    assert [row.on for row in found(rota, leaves_on=date(2026, 10, 12))] == [date(2026, 10, 12)]


def test_overlapping_entries_of_a_rota_are_one_time() -> None:
    assert totals(found([shift(0, (540, 720)), shift(0, (660, 780))], "2026-W41")) == (240, 0, 0)


def test_nothing_is_clamped_and_without_capacity_there_is_no_share() -> None:
    visit = a_visit(minutes=120)
    [row] = found([shift(0, (540, 600))], "2026-W41")
    assert utilisation([visit], [row]).value == 2
    assert (utilisation([visit], []).value, utilisation([visit], []).why_none) == (None, "no_capacity")
    assert utilisation([], [row]).value == 0


def test_what_ran_over_is_told_apart() -> None:
    longer, shorter = a_visit(minutes=50, took=65), a_visit(minutes=50, took=40)
    metric = utilisation([longer, shorter], found([shift(0, (540, 600))], "2026-W41"))
    assert metric.numerator == 90
    assert {part.code: part.value for part in metric.parts}["overrun_minutes"] == 15


def test_a_visit_counts_on_the_day_on_which_it_begins_at_its_clinic() -> None:
    calendar = Calendar({LISBON: clinic("Europe/Lisbon")}, {}, {}, {})
    visit = a_visit(minutes=50, clinic_id=LISBON, starts_at=at("2026-10-06 00:30"))
    [day] = days([visit], [], calendar)
    assert (day.on, day.attended, day.capacity) == (date(2026, 10, 5), 50, 0)


def a_visit(minutes: int, took: int | None = None, **changes: Any) -> Visit:
    starts_at = changes.pop("starts_at", at("2026-10-05 09:00"))
    fields: dict[str, Any] = {
        "appointment_id": new_id(),
        "person_id": new_id(),
        "therapist_id": ANNA,
        "clinic_id": BERLIN,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "status": "fulfilled",
        "initiator": None,
        "notice_minutes": None,
        "actual_starts_at": starts_at if took is not None else None,
        "actual_ends_at": starts_at + timedelta(minutes=took) if took is not None else None,
        "last_at_chain": None,
        "last_at_clinic": None,
        "last_with_therapist": None,
        "rebooked": False,
    }
    return Visit(**fields | changes)


MOMENTS = st.integers(0, 40).map(lambda hours: at("2026-10-05 00:00") + timedelta(hours=hours))
SPANS = st.lists(st.tuples(MOMENTS, MOMENTS).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair)))


def hours_in(spans: list[Span]) -> set[datetime]:
    return {
        span.starts_at + timedelta(hours=n)
        for span in spans
        for n in range(int((span.ends_at - span.starts_at) / timedelta(hours=1)))
    }


@given(SPANS, SPANS)
def test_spans_are_sets_of_moments(one: list[Span], other: list[Span]) -> None:
    left, right = merged(one), merged(other)
    assert hours_in(left) == hours_in(one)
    assert hours_in(intersection(left, right)) == hours_in(one) & hours_in(other)
    assert hours_in(difference(left, right)) == hours_in(one) - hours_in(other)
    assert len(hours_in(left)) == sum((span.ends_at - span.starts_at) / timedelta(hours=1) for span in left)
