"""What is looked at once more before a message goes out."""

from dataclasses import replace

import pytest

from tests.support.messages import at, due, recipient, visit_shown
from workers.messages.model import Unreachable
from workers.messages.outcomes import Expired, NotYet, Stop, Withdrawn
from workers.messages.quiet import USUAL_QUIET_HOURS
from workers.messages.verdict import verdict

NOW = at("2026-11-23 12:00")


def test_what_still_holds_goes_out() -> None:
    assert verdict(due(), recipient(), NOW) is None


@pytest.mark.parametrize("reason", ["no_contact", "no_consent", "gone"])
def test_a_client_who_cannot_be_reached_stops_the_message_with_the_reason(reason: str) -> None:
    assert verdict(due(), Unreachable(reason), NOW) == Stop(reason)


@pytest.mark.parametrize("status", ["cancelled", "arrived", "fulfilled", "noshow"])
def test_a_visit_that_is_no_longer_ahead_withdraws_the_message(status: str) -> None:
    assert verdict(due(), recipient(visit_shown(status=status)), NOW) == Withdrawn(status)


def test_a_visit_that_has_moved_meanwhile_withdraws_what_speaks_of_its_old_time() -> None:
    moved = visit_shown(starts_at=at("2026-11-25 10:00"))
    assert verdict(due(), recipient(moved), NOW) == Withdrawn("moved")


def test_a_disrupted_visit_is_not_reminded_of_but_may_be_announced() -> None:
    shown = recipient(visit_shown(disrupted=True))
    assert verdict(due(kind="reminder", announcement=None), shown, NOW) == Withdrawn("disrupted")
    assert verdict(due(), shown, NOW) is None


def test_a_cancellation_is_told_of_a_cancelled_visit_only() -> None:
    cancellation = due(announcement="cancelled")
    assert verdict(cancellation, recipient(visit_shown(status="cancelled")), NOW) is None
    assert verdict(cancellation, recipient(visit_shown(status="booked")), NOW) == Withdrawn("booked")


def test_what_comes_too_late_expires() -> None:
    assert verdict(due(), recipient(), at("2026-11-24 10:00")) == Expired("too_late")


def test_a_reminder_waits_for_the_end_of_the_night_on_the_clients_clock() -> None:
    reminder = due(announcement=None, quiet_hours=USUAL_QUIET_HOURS)
    in_tokyo = recipient(time_zone="Asia/Tokyo")
    night = at("2026-11-23 23:00", "Asia/Tokyo")
    assert verdict(reminder, in_tokyo, night) == NotYet(at("2026-11-24 08:00", "Asia/Tokyo"))
    assert verdict(reminder, recipient(), night) is None


def test_a_reminder_that_could_only_wait_until_after_the_start_expires() -> None:
    starts_at = at("2026-11-24 07:00")
    early = due(announcement=None, quiet_hours=USUAL_QUIET_HOURS, visit_starts_at=starts_at, not_after=starts_at)
    shown = recipient(visit_shown(starts_at=starts_at))
    assert verdict(early, shown, at("2026-11-23 22:00")) == Expired("quiet_until_too_late")


def test_a_confirmation_does_not_wait() -> None:
    assert verdict(due(), recipient(), at("2026-11-23 23:00")) is None


def test_a_confirmation_of_several_visits_is_wanted_as_long_as_one_of_them_is_booked() -> None:
    cancelled, booked = (recipient(visit_shown(status=status)) for status in ("cancelled", "booked"))
    moved = replace(visit_shown(), starts_at=at("2026-11-25 10:00"))
    assert verdict(due(), replace(cancelled, also=(booked,)), NOW) is None
    assert verdict(due(), replace(cancelled, also=(recipient(moved),)), NOW) is None
    assert verdict(due(), replace(cancelled, also=(cancelled,)), NOW) == Withdrawn("cancelled")
