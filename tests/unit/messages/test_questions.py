"""When the messages of a check-in go out: at the same time by the client's clock, whatever the clocks do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.ids import new_id
from tests.support.messages import CHAIN, at, audience, due, letter
from workers.messages.model import Letter
from workers.messages.questions import Question, invitations, ordinal_of
from workers.messages.quiet import QuietHours
from workers.messages.texts import mail, short_text

QUESTION = Question(
    check_in_id=new_id(),
    chain_id=CHAIN,
    client_id=new_id(),
    due_on=date(2026, 11, 10),
    due_time="18:00",
    nudge_hours=(24, 72),
)


def due_times(question: Question, zone: str = "Europe/Berlin") -> list[datetime]:
    return [each.due_at for each in invitations(question, audience(time_zone=zone))]


def test_an_invitation_and_two_reminders_each_good_until_the_next() -> None:
    wanted = invitations(QUESTION, audience())
    assert [each.due_at for each in wanted] == [at("2026-11-10 18:00"), at("2026-11-11 18:00"), at("2026-11-13 18:00")]
    assert [each.not_after for each in wanted][:2] == [each.due_at for each in wanted][1:]
    assert wanted[2].not_after == wanted[2].due_at + timedelta(days=1)
    assert [ordinal_of(each.key) for each in wanted] == [each.version for each in wanted] == [0, 1, 2]


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 28), (17, 16, 16)), ((2026, 10, 24), (16, 17, 17))], ids=["forward", "back"]
)
def test_a_day_later_is_the_same_time_on_the_wall(day: tuple[int, int, int], hours: tuple[int, ...]) -> None:
    """Between the invitation and its reminder are 23 or 25 hours then."""
    found = due_times(replace(QUESTION, due_on=date(*day)))
    assert tuple(each.hour for each in found) == hours
    assert [each.date() - date(*day) for each in found] == [timedelta(0), timedelta(days=1), timedelta(days=3)]


def test_it_is_evening_where_the_client_is() -> None:
    assert due_times(QUESTION, "America/Los_Angeles")[0] == datetime(2026, 11, 11, 2, 0, tzinfo=UTC)
    assert due_times(QUESTION, "Pacific/Kiritimati")[0] == datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


def test_nobody_is_asked_in_quiet_hours_nor_twice_at_once() -> None:
    late = replace(QUESTION, due_time="22:00", nudge_hours=(1, 24))
    found = invitations(late, audience(quiet_hours=QuietHours(21 * 60, 8 * 60)))
    assert [each.due_at for each in found] == [at("2026-11-10 20:45"), at("2026-11-11 20:45")]


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("ordinal", [0, 1])
def test_a_message_says_nothing_but_that_somebody_is_asked(locale: str, ordinal: int) -> None:
    row = due(kind="check_in", announcement=None, key=f"check_in:{new_id()}:{ordinal}", visit_starts_at=None)
    to: Letter = letter(locale=locale, uses=None)
    written = mail(row, to)
    for said in (written.text, written.html, short_text(row, to)):
        assert to.link in said
        assert "demo client" not in said.lower()
    assert written.subject.startswith("Wie geht es Ihnen" if locale == "de" else "How are you")
    assert (written.subject == mail(replace(row, key=row.key[:-1] + "2"), to).subject) == (ordinal > 0)
