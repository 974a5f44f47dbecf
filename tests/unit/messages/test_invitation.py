"""Visits as calendar entries."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]
from icalendar import Calendar, Event

from shared.calendar_entry import zone_rules
from tests.support.messages import BERLIN, at, due, recipient, visit_shown
from workers.messages.invitation import Invitation, invitation
from workers.messages.model import Due, Recipient

NOW = at("2026-11-20 12:00")
SENDER = "visits@demo.example"


def made(message: Due, to: Recipient) -> Invitation:
    invited = invitation(message, to, SENDER, NOW)
    assert invited is not None
    return invited


def entry(invited: Invitation) -> Event:
    [event] = Calendar.from_ical(invited.content).walk("VEVENT")
    assert isinstance(event, Event)
    return event


def test_a_booking_asks_to_put_the_visit_into_the_calendar() -> None:
    shown = visit_shown(version=4)
    invited = made(due(), recipient(shown))
    event = entry(invited)
    assert invited.method == "REQUEST"
    assert Calendar.from_ical(invited.content)["METHOD"] == "REQUEST"
    assert event["UID"] == f"{shown.id}@visits.synergist"
    assert event["SEQUENCE"] == 4
    assert event["STATUS"] == "CONFIRMED"
    assert event["LOCATION"] == "Demo Clinic North, Demo Street 1, 10115 Berlin"
    assert event["SUMMARY"] == "Visit at Demo Clinic North"
    assert event["URL"] == "https://demo.example/l/demo.token"
    assert event["ORGANIZER"] == f"mailto:{SENDER}"
    assert event["ATTENDEE"] == "mailto:client@demo.example"
    assert event["GEO"].to_ical() == "52.5326;13.3849"


def test_a_cancellation_takes_the_same_entry_out_again() -> None:
    shown = visit_shown(version=5, status="cancelled")
    invited = made(due(announcement="cancelled"), recipient(shown))
    event = entry(invited)
    assert invited.method == "CANCEL"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (f"{shown.id}@visits.synergist", 5, "CANCELLED")


def test_a_reminder_carries_no_entry() -> None:
    assert invitation(due(announcement=None), recipient(), SENDER, NOW) is None


def test_the_entry_is_written_on_the_clinics_wall_clock() -> None:
    content = made(due(), recipient(time_zone="America/New_York")).content
    assert b"DTSTART;TZID=Europe/Berlin:20261124T100000\r\n" in content
    assert b"DTEND;TZID=Europe/Berlin:20261124T104500\r\n" in content


@pytest.mark.parametrize(
    "zone",
    [
        BERLIN,
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Asia/Kathmandu",
        "America/Santiago",
        "Africa/Casablanca",
        "UTC",
    ],
)
@pytest.mark.parametrize("year", [2026, 2031])
def test_another_reader_of_the_zones_rules_finds_the_same_clock(zone: str, year: int) -> None:
    read = tzical(StringIO(zone_rules(zone, year).to_ical().decode())).get()
    wall = datetime.fromisoformat(f"{year}-01-02")
    while wall.year < year + 2:
        ours = wall.replace(tzinfo=ZoneInfo(zone))
        exists = ours.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
        if exists:
            assert wall.replace(tzinfo=read).utcoffset() == ours.utcoffset(), wall
        wall += timedelta(minutes=45)


def test_a_name_with_quotes_and_lines_stays_inside_its_field() -> None:
    hostile = recipient(visit_shown(clinic_name="North\r\nATTENDEE:mailto:x@y"), name='A "B"; C\r\nX-EVIL:1')
    event = entry(made(due(), hostile))
    assert event["ATTENDEE"] == "mailto:client@demo.example"
    assert "X-EVIL" not in event
