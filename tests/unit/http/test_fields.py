"""What is kept as text or as a date has one form, and none of it can hide a control character."""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from services.scheduling.people.schemas import ClientFields
from shared.http.fields import Day, Flag, Words, clock, locale, plain_text, zone


class Kept(Schema):
    at = clock()
    on = Day()
    tag = locale()
    where = zone()


@pytest.mark.parametrize(
    "given",
    [
        {"at": "09:00\n"},
        {"at": "24:00\n"},
        {"on": "20261201"},
        {"on": "2026-W49-2"},
        {"on": "2026-12-01\n"},
        {"on": 20261201},
        {"tag": "en.utf8"},
        {"tag": "en.\0"},
        {"tag": "de@\x07"},
        {"tag": "de_CH"},
        {"where": "localtime"},
        {"where": "Factory"},
    ],
)
def test_refuses_what_only_looks_right(given: dict[str, Any]) -> None:
    assert set(Kept().validate(given)) == set(given)


@pytest.mark.parametrize(
    "given",
    [{"at": "24:00"}, {"on": "2026-12-01"}, {"tag": "de-CH"}, {"tag": "zh-Hant-TW"}, {"where": "Asia/Kathmandu"}],
)
def test_takes_the_one_form(given: dict[str, Any]) -> None:
    assert Kept().validate(given) == {}


@pytest.mark.parametrize("mailbox", ['"\x01"', '"a"', "jürgen"])
def test_refuses_addresses_that_mail_would_allow_and_our_senders_could_not_write(mailbox: str) -> None:
    assert "email" in ClientFields().validate({"email": f"{mailbox}@demo.example"}, partial=True)


@pytest.mark.parametrize("value", [0, 1, "true", "no", None])
def test_a_flag_is_true_or_false_and_nothing_like_them(value: Any) -> None:
    form = Schema.from_dict({"sure": Flag()})()
    assert form.load({"sure": False}) == {"sure": False}
    assert "sure" in form.validate({"sure": value})


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: c@d.example",
        "Ada\u2028Demo",
        "Ada\u2029",
        "Ada\x85Demo",
        "Ada\u202etxt.exe",
        "\u2066Ada",
        "A\x00da",
    ],
)
def test_a_name_has_no_line_breaks_and_turns_no_text_around(name: str) -> None:
    with pytest.raises(ValidationError):
        plain_text(name)


@pytest.mark.parametrize("name", ["Ada Demo", "שרה\u200f לוי", "Zoë", "<b>Ada</b>", "{{ 7 * 7 }}", "%(name)s"])
def test_a_name_may_hold_whatever_else_people_are_called(name: str) -> None:
    plain_text(name)


def test_words_keep_their_lines_and_nothing_else_that_cannot_be_seen() -> None:
    words = Words(most=20)
    assert words.deserialize(" one\r\n\ttwo\n") == "one\n\ttwo"
    for refused in ("one\rtwo", "one\0", "\u202eone", " \n ", "x" * 21):
        with pytest.raises(ValidationError):
            words.deserialize(refused)
