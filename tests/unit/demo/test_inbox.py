"""The tour sees what is wrong with a mail: a wrong time or place, no rising sequence, a stale reminder, a doublet."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from demo import inbox
from demo.api import Api
from demo.guest import Tour
from demo.mailbox import Entry, Mail, Mailbox
from demo.story import DoesNotHold, Story
from demo.system import System

START = datetime.fromisoformat("2026-11-22T16:30:00+01:00")
VISIT = {
    "id": "visit",
    "clinic_id": "river",
    "starts_at": START.isoformat(),
    "ends_at": (START + timedelta(minutes=5)).isoformat(),
}
ENTRY = Entry(
    method="REQUEST",
    uid="visit@demo",
    sequence=3,
    starts_at=START,
    ends_at=START + timedelta(minutes=5),
    time_zone="Europe/Berlin",
    location="Demo Clinic, 1 Example Street",
    lines=(),
)


@dataclass(frozen=True, slots=True)
class Letters(Mailbox):
    letters: tuple[Mail, ...] = ()

    def mails(self) -> list[Mail]:
        return list(self.letters)


def mail(number: int, entry: Entry | None = None, text: str = "16:30, Demo Clinic, http://demo.example/l/a.b") -> Mail:
    return Mail(
        message_id=f"<{number}@demo.example>",
        sender="visits@demo.example",
        to="tour@demo.example",
        subject="Your visit",
        text=text,
        received_at=datetime(2026, 11, 22, 15, number, tzinfo=UTC),
        entry=entry,
    )


def tour(*letters: Mail) -> Tour:
    clinic: dict[str, Any] = {"name": "Demo Clinic", "time_zone": "Europe/Berlin"}
    return Tour(
        system=System("", "", "", {}),
        api=Api(httpx.Client()),
        story=Story(lambda _: None, patience=0),
        mailbox=Letters("", "", letters),
        clinics={"river": clinic},
        offering={},
        client={},
    )


def test_a_right_confirmation_holds() -> None:
    inbox.confirmation(tour(mail(1, ENTRY)), VISIT)


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        ({"method": "PUBLISH"}, "METHOD:REQUEST"),
        ({"starts_at": START + timedelta(hours=1)}, "the visit's times"),
        ({"ends_at": START}, "the visit's times"),
        ({"time_zone": "UTC"}, "the clinic's zone"),
        ({"location": "Elsewhere"}, "its place"),
    ],
)
def test_a_wrong_entry_is_seen(wrong: dict[str, Any], fact: str) -> None:
    with pytest.raises(DoesNotHold, match=fact):
        inbox.confirmation(tour(mail(1, replace(ENTRY, **wrong))), VISIT)


def test_a_mail_without_a_link_is_seen() -> None:
    with pytest.raises(DoesNotHold, match="a link to the visit"):
        inbox.confirmation(tour(mail(1, ENTRY, "16:30")), VISIT)


def test_an_update_has_the_uid_of_the_first_mail_and_a_higher_sequence() -> None:
    first = mail(1, replace(ENTRY, sequence=2))
    inbox.update(tour(first, mail(2, ENTRY)), VISIT, [first])
    with pytest.raises(DoesNotHold, match="higher SEQUENCE"):
        inbox.update(tour(first, mail(2, replace(ENTRY, sequence=2))), VISIT, [first])
    with pytest.raises(DoesNotHold, match="same UID"):
        inbox.update(tour(first, mail(2, replace(ENTRY, uid="other"))), VISIT, [first])


def test_a_reminder_between_two_announcements_is_not_taken_for_one() -> None:
    first, reminder, second = mail(1, replace(ENTRY, sequence=2)), mail(2), mail(3, ENTRY)
    assert inbox.update(tour(first, reminder, second), VISIT, [first]) == second


def test_a_cancellation_must_take_the_entry_back() -> None:
    first = mail(1, replace(ENTRY, sequence=2))
    inbox.cancellation(tour(first, mail(2, replace(ENTRY, method="CANCEL"))), VISIT, [first])
    with pytest.raises(DoesNotHold, match="METHOD:CANCEL"):
        inbox.cancellation(tour(first, mail(2, ENTRY)), VISIT, [first])


def test_looking_back_sees_a_reminder_of_a_time_that_was_left() -> None:
    moved, stale, right = mail(1, ENTRY), mail(2, text="16:25, Demo Clinic"), mail(3)
    inbox.look_back(tour(moved, right), VISIT, [moved], moved)
    with pytest.raises(DoesNotHold, match="moved from"):
        inbox.look_back(tour(moved, stale, right), VISIT, [moved], moved)


def test_looking_back_passes_over_a_reminder_that_came_before_the_move() -> None:
    stale, moved = mail(1, text="16:25, Demo Clinic"), mail(2, ENTRY)
    inbox.look_back(tour(stale, moved), VISIT, [moved], moved)


def test_looking_back_sees_a_doublet_and_an_announcement_too_many() -> None:
    moved = mail(1, ENTRY)
    with pytest.raises(DoesNotHold, match="came twice"):
        inbox.look_back(tour(moved, moved), VISIT, [moved], moved)
    with pytest.raises(DoesNotHold, match="announced once"):
        inbox.look_back(tour(moved, mail(2, ENTRY)), VISIT, [moved], moved)


def test_a_reminder_must_speak_of_the_present_time_and_place() -> None:
    inbox.check_is_of(tour(), mail(1), VISIT)
    with pytest.raises(DoesNotHold, match="it speaks of 16:30 at Demo Clinic"):
        inbox.check_is_of(tour(), mail(1, text="16:25, Demo Clinic"), VISIT)
