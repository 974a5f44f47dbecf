"""Which messages a visit wants."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.ids import new_id
from tests.support.messages import a_place, at, audience, visit
from workers.messages.plan import Audience, Place, Status, Visit, Wanted, reasons_to_withdraw, wanted
from workers.messages.quiet import QuietHours


def reminder_times(of: Visit, to: Audience | None = None) -> list[datetime]:
    return sorted(one.due_at for one in wanted(of, to or audience()) if one.kind == "reminder")


def test_a_booked_visit_is_confirmed_at_once_and_remembered_twice() -> None:
    booked = visit()
    assert [(one.key, one.due_at, one.not_after) for one in wanted(booked, audience())] == [
        (f"confirmation:{booked.appointment_id}:1", booked.announced_at, booked.starts_at),
        (f"reminder:{booked.appointment_id}:1:120", at("2026-11-24 08:00"), booked.starts_at),
        (f"reminder:{booked.appointment_id}:1:2880", at("2026-11-22 10:00"), booked.starts_at),
    ]


def test_a_lead_that_was_past_when_the_time_was_set_is_not_planned() -> None:
    assert reminder_times(visit(timed_at=at("2026-11-23 12:00"))) == [at("2026-11-24 08:00")]
    assert reminder_times(visit(timed_at=at("2026-11-24 08:01"))) == []


def test_a_lead_is_past_by_the_time_it_would_really_go_out() -> None:
    early = at("2026-11-24 08:30")
    assert reminder_times(visit(starts_at=early, lead_minutes=(120,), timed_at=at("2026-11-23 20:44"))) == [
        at("2026-11-23 20:45")
    ]
    assert reminder_times(visit(starts_at=early, lead_minutes=(120,), timed_at=at("2026-11-23 20:46"))) == []


def test_of_two_reminders_that_would_come_together_only_one_is_wanted() -> None:
    booked = visit(starts_at=at("2026-11-24 09:00"), lead_minutes=(120, 720, 120))
    reminders = [one.key for one in wanted(booked, audience()) if one.kind == "reminder"]
    assert reminders == [f"reminder:{booked.appointment_id}:1:120"]


def test_quiet_hours_are_those_of_the_clients_zone() -> None:
    booked = visit()
    assert reminder_times(booked, audience(time_zone="America/New_York")) == [
        at("2026-11-21 20:45", "America/New_York"),
        at("2026-11-23 20:45", "America/New_York"),
    ]


def test_quiet_hours_are_those_of_the_chain() -> None:
    assert reminder_times(visit(), audience(quiet_hours=QuietHours(7 * 60, 9 * 60))) == [
        at("2026-11-22 10:00"),
        at("2026-11-24 06:45"),
    ]


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        ("2026-03-29 10:30", ["2026-03-27 09:30", "2026-03-29 08:30"]),
        ("2026-10-25 10:30", ["2026-10-23 11:30", "2026-10-25 08:30"]),
        ("2026-03-29 09:00", ["2026-03-27 08:00", "2026-03-28 20:45"]),
        ("2026-10-25 09:00", ["2026-10-23 10:00", "2026-10-24 20:45"]),
    ],
)
def test_leads_are_counted_in_real_hours_over_a_change_of_clocks(starts_at: str, expected: list[str]) -> None:
    assert reminder_times(visit(starts_at=at(starts_at))) == [at(wall) for wall in expected]


def test_a_moved_visit_is_announced_and_remembered_anew() -> None:
    moved = visit(
        timed_version=3, timed_at=at("2026-11-20 12:00"), told=a_place(at("2026-11-23 10:00")), announced_version=3,
        announced_at=at("2026-11-20 12:00"),
    )  # fmt: skip
    assert [one.key.split(":", 2)[2] for one in wanted(moved, audience())] == ["3", "3:120", "3:2880"]
    assert wanted(moved, audience())[0].announcement == "moved"
    assert reasons_to_withdraw(moved) == ("moved", "planned_again")


def test_moving_away_and_back_wants_other_messages_than_before() -> None:
    booked = visit()
    back = replace(booked, timed_version=3, told=a_place(at("2026-11-23 10:00")), announced_version=3)
    keys = {one.key for one in wanted(booked, audience())}
    assert keys.isdisjoint(one.key for one in wanted(back, audience()))


def test_a_cancelled_visit_wants_only_to_say_so() -> None:
    told = a_place(at("2026-11-24 10:00"))
    cancelled = visit(status="cancelled", told=told, announced_version=2, announced_at=at("2026-11-20 12:00"))
    [only] = wanted(cancelled, audience())
    assert (only.kind, only.announcement, only.version) == ("confirmation", "cancelled", 2)
    assert reasons_to_withdraw(cancelled) == ("cancelled", "cancelled")


def test_a_visit_cancelled_after_its_start_says_nothing() -> None:
    start = at("2026-11-24 10:00")
    cancelled = visit(status="cancelled", told=a_place(start), announced_version=2, announced_at=start)
    assert wanted(cancelled, audience()) == []


def test_a_client_hears_only_what_they_do_not_know() -> None:
    booked = visit()
    place = booked.place
    longer = place._replace(ends_at=place.ends_at + timedelta(minutes=30))
    elsewhere = place._replace(clinic_id=new_id())
    with_another = place._replace(therapist_id=new_id())

    def heard(status: Status, told: Place | None) -> str | None:
        first = next(iter(wanted(replace(booked, status=status, told=told), audience())), None)
        return None if first is None else first.announcement

    old_address = place._replace(address=-1)
    assert [heard("booked", told) for told in (None, place, longer, elsewhere, with_another, old_address)] == [
        "booked", None, "changed", "moved", "reassigned", "relocated"
    ]  # fmt: skip
    assert [heard("cancelled", told) for told in (None, place)] == [None, "cancelled"]


@pytest.mark.parametrize("status", ["arrived", "fulfilled", "noshow"])
def test_a_visit_that_has_begun_or_ended_wants_nothing(status: str) -> None:
    over = visit(status=status)
    assert wanted(over, audience()) == []
    assert reasons_to_withdraw(over) == (status, status)


def test_nothing_is_wanted_after_the_start() -> None:
    for lead in range(0, 3000, 35):
        booked = visit(lead_minutes=(lead,), timed_at=at("2026-10-01 10:00"))
        assert all(one.due_at <= one.not_after for one in wanted(booked, audience()))


def changed(hours_before: float, **fields: Any) -> Visit:
    """A visit at ten that the clinic has moved from nine, so many hours before nine."""
    made = visit(by_clinic=True, announced_version=2)
    told = made.place._replace(starts_at=made.starts_at - timedelta(hours=1))
    announced_at = told.starts_at - timedelta(hours=hours_before)
    return replace(made, told=told, announced_at=announced_at, announced_due_at=announced_at, **fields)


def announced(visit: Visit) -> dict[str, Wanted]:
    found = (message for message in wanted(visit, audience()) if message.kind != "reminder")
    return {message.key.replace(str(visit.appointment_id), "visit"): message for message in found}


def test_what_a_clinic_changes_shortly_before_goes_out_on_every_channel_and_is_looked_at_again() -> None:
    late = changed(11)
    messages = announced(late)
    assert {key: message.via for key, message in messages.items()} == {
        "confirmation:visit:2:email": "email",
        "confirmation:visit:2:sms": "sms",
        "unconfirmed:visit:2": "any",
    }
    assert late.announced_due_at is not None
    look = messages["unconfirmed:visit:2"]
    assert (look.kind, look.due_at) == ("unconfirmed", late.announced_due_at + timedelta(minutes=30))
    assert look.not_after == look.due_at + timedelta(hours=12)


def test_a_look_does_not_wait_beyond_the_start() -> None:
    late = changed(-0.75)
    assert announced(late)["unconfirmed:visit:2"].due_at == late.starts_at


@pytest.mark.parametrize(
    "other",
    [
        changed(12),
        changed(11, by_clinic=False),
        replace(changed(11), told=None),
        replace(changed(11), told=changed(11).place),
    ],
)
def test_everything_else_goes_out_once(other: Visit) -> None:
    assert all(message.via == "any" and message.kind == "confirmation" for message in announced(other).values())


def test_a_visit_brought_into_the_next_hours_is_urgent_too() -> None:
    late = changed(10)
    assert late.told is not None
    earlier = replace(late, told=late.told._replace(starts_at=late.starts_at + timedelta(days=7)))
    assert len(announced(earlier)) == 3


def test_a_late_cancellation_by_the_clinic_is_urgent() -> None:
    assert len(announced(changed(11, status="cancelled"))) == 3


def test_nobody_is_looked_after_who_has_come() -> None:
    assert announced(replace(changed(11, status="arrived"), announced_due_at=None)) == {}
