"""A bare word confirms or declines; whatever says more is for a person to read."""

import pytest
from hypothesis import given, strategies as st

from services.scheduling.replies.words import LONGEST, meaning, own_words


@pytest.mark.parametrize("said", ["C", "c", "1", " Ja! ", "YES.", "C\n\nDemo Client", "bestätigt", "(1)"])
def test_a_bare_word_confirms(said: str) -> None:
    assert meaning(own_words(said)) == "confirmed"


@pytest.mark.parametrize("said", ["nein", "No.", "Absage", "cancel"])
def test_a_bare_word_declines(said: str) -> None:
    assert meaning(own_words(said)) == "declined"


@pytest.mark.parametrize("said", ["STOP", "stopp", "Unsubscribe"])
def test_a_bare_word_stops(said: str) -> None:
    assert meaning(own_words(said)) == "stop"


@pytest.mark.parametrize(
    "said", ["", "yes but later please", "10", "C u", "I cannot come", "ja\n" + "but then there is more to say " * 5]
)
def test_whatever_says_more_is_text(said: str) -> None:
    assert meaning(own_words(said)) == "text"


@pytest.mark.parametrize(
    "quoted",
    [
        "C\r\n\r\nOn Mon, 2 Nov 2026 at 09:00, Demo Chain <visits@demo.example> wrote:\r\n> nein",
        "C\n> To confirm, answer with C",
        "C\n--\nDemo Client\nnein",
        "C\n-----Original Message-----\nFrom: Demo",
        "C\n\nVon: Demo Chain\nGesendet: heute",
    ],
)
def test_what_is_quoted_or_signed_is_not_read(quoted: str) -> None:
    assert own_words(quoted) == "C"


@given(st.text())
def test_any_text_has_a_meaning_and_can_be_stored(said: str) -> None:
    words = own_words(said)
    assert len(words) <= LONGEST
    assert all(sign.isprintable() or sign == "\n" for sign in words)
    assert meaning(words) in {"confirmed", "declined", "stop", "start", "text"}
