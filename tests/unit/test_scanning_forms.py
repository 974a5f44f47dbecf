"""A text is found in whatever way it is written down, and only then."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from services.scanning.files import PIECE, count
from services.scanning.forms import forms_of

NAME = 'Zoë "Q" Canary-Größe'
WAYS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.lower,
    lambda text: text[::-1],
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    quote,
    lambda text: "Zoe canary-grosse" if text == "" else text.replace("ë", "e").replace("ö", "o"),
]


@pytest.mark.parametrize("written", WAYS)
def test_a_text_is_found_however_it_is_written(written: Callable[[str], str]) -> None:
    assert forms_of(NAME).count(f"before {written(NAME)} after".encode()) > 0


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_a_text_is_found_anywhere_in_what_was_encoded(before: bytes, after: bytes) -> None:
    content = before + b"canary-4711" + after
    assert forms_of("canary-4711").count(b64encode(content)) > 0
    assert forms_of("canary-4711").count(urlsafe_b64encode(content)) > 0


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=300))
def test_what_does_not_hold_the_text_is_left_alone(other: str) -> None:
    assert forms_of("canary-47!1").count(other.encode()) == 0


def test_a_text_that_would_be_found_everywhere_is_refused() -> None:
    with pytest.raises(ValueError, match="everywhere"):
        forms_of("ann")


@pytest.mark.parametrize("starts_at", [0, PIECE - 11, PIECE - 6, PIECE - 1, PIECE, 2 * PIECE - 3])
def test_a_text_across_two_pieces_of_a_file_is_counted_once(tmp_path: Path, starts_at: int) -> None:
    path = tmp_path / "some.log"
    path.write_bytes(b"." * starts_at + b"canary-4711" + b"." * PIECE)
    assert count(path, forms_of("canary-4711")) == 1
