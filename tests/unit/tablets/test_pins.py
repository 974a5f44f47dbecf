"""PINs: those that anybody would try first are refused, and what is kept opens with the same PIN and pepper alone."""

import pytest
from hypothesis import given, settings, strategies as st

from services.scheduling.devices import pins

PEPPER = b"p" * 32
DIGITS = st.text("0123456789", min_size=pins.SHORTEST, max_size=pins.LONGEST)


@pytest.mark.parametrize(
    "pin",
    [
        "000000",
        "123456",
        "890123",
        "654321",
        "135791",
        "121212",
        "123123",
        "112233",
        "147258",
        "112358",
    ],
)
def test_refuses_what_is_tried_first(pin: str) -> None:
    assert pins.fault_of(pin) == "too_easy"


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("", "not_digits"),
        ("80421", "too_short"),
        ("8" * 13, "too_long"),
        ("80421x", "not_digits"),
        ("٨٠٤٢١٧", "not_digits"),
        ("80 217", "not_digits"),
        ("804217", None),
    ],
)
def test_takes_six_to_twelve_digits_and_nothing_else(pin: str, fault: pins.Fault | None) -> None:
    assert pins.fault_of(pin) == fault


@given(st.integers(0, 9), st.integers(0, 9), st.integers(pins.SHORTEST, pins.LONGEST))
def test_no_row_of_equal_steps_is_good_enough(first: int, step: int, length: int) -> None:
    assert pins.is_easy("".join(str((first + step * place) % 10) for place in range(length)))


@given(st.text("0123456789", min_size=1, max_size=3), st.integers(2, 6))
def test_no_repetition_of_up_to_three_digits_is_good_enough(part: str, times: int) -> None:
    assert pins.is_easy((part * 6)[: max(pins.SHORTEST, len(part) * times)])


@settings(max_examples=5)
@given(DIGITS, DIGITS)
def test_what_is_kept_opens_with_the_same_pin_and_pepper_alone(pin: str, other: str) -> None:
    kept = pins.kept(pin, PEPPER)
    assert pin not in kept
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert pins.is_right(pin, PEPPER, kept)
    assert not pins.is_right(pin, b"q" * 32, kept)
    assert pins.is_right(other, PEPPER, kept) is (pin == other)


def test_nobody_can_make_us_hash_a_book() -> None:
    assert not pins.is_right("1" * 1_000_000, PEPPER, "not even a hash")


def test_the_same_pin_is_kept_in_two_ways() -> None:
    assert pins.kept("804217", PEPPER) != pins.kept("804217", PEPPER)
