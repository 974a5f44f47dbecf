"""The story stops at the first fact that does not hold, and shows what it shows in few lines."""

import json

import pytest

from demo.mailbox import read_entry
from demo.page import Reader, link_in
from demo.story import WIDTH, DoesNotHold, Story, compact
from tests.support.messages import at, due, recipient, visit_shown
from workers.messages.invitation import invitation


def test_a_fact_that_does_not_hold_ends_the_story() -> None:
    lines: list[str] = []
    story = Story(lines.append, patience=0)
    story.holds("one is one", is_so=True)
    with pytest.raises(DoesNotHold, match="one is two; seen: 1"):
        story.holds("one is two", False, 1)
    assert lines == ["    ✓ one is one"]
    assert story.facts == 1


def test_waiting_ends_when_patience_does() -> None:
    story = Story(lambda _: None, patience=0.1)
    with pytest.raises(DoesNotHold, match="a letter came within 0 s"):
        story.wait_for("a letter", lambda: None)


def test_json_is_broken_between_members_into_lines_that_fit() -> None:
    value = {f"member-{number}": "x" * 30 for number in range(9)}
    lines = list(compact(value))
    assert json.loads("".join(lines)) == value
    assert 1 < len(lines) < len(value)
    assert all(len(line) <= WIDTH for line in lines)
    assert list(compact({"a": 1})) == ['{"a": 1}']


def test_a_page_gives_its_words_and_its_forms_with_the_values_that_a_button_sends() -> None:
    read = Reader(
        "<title>Not this</title><main><h1>Your\n visit</h1>"
        '<input name="outside"><form method="post" action="/l/x/confirm"><input type="hidden" name="seen" value="3">'
        '<button name="answer" value="yes">Confirm</button></form><form action="/l/x/move"></form></main>Nor this'
    )
    confirm, move = read.forms
    assert (confirm.method, confirm.action) == ("post", "/l/x/confirm")
    assert confirm.values == {"seen": "3", "answer": "yes"}
    assert (move.method, move.values) == ("get", {})
    assert read.words == ["Your visit", "Confirm"]


def test_a_link_is_found_in_the_text_of_a_message() -> None:
    assert (
        link_in("Confirm:\nhttp://127.0.0.1:8001/l/AaID-x.TB_w\n\nQuestions?") == "http://127.0.0.1:8001/l/AaID-x.TB_w"
    )
    assert link_in("no link") is None


def test_a_calendar_part_is_read_as_a_calendar_reads_it() -> None:
    shown = visit_shown(version=7, clinic_name="Demo Clinic with a name so long that its line in a calendar is folded")
    made = invitation(due(announcement="cancelled"), recipient(shown), "visits@demo.example", at("2026-11-20 08:00"))
    assert made is not None
    entry = read_entry(made.content.decode())
    assert (entry.method, entry.sequence, entry.time_zone) == ("CANCEL", 7, "Europe/Berlin")
    assert (entry.starts_at, entry.ends_at) == (shown.starts_at, shown.ends_at)
    assert shown.clinic_name in entry.location
    assert next(line for line in entry.lines if line.startswith("LOCATION")).startswith(f"LOCATION:{shown.clinic_name}")
    assert entry.lines[0] == "METHOD:CANCEL"
