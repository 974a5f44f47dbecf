"""Only who knows the secret can sign, and what is signed cannot be changed or used much later."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.signatures import FRESH, body_signature, form_signature, signed_body, signed_form

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": ["CA1234567890ABCDE"],
    "Caller": ["+14158675309"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
}


def test_twilios_own_example_has_the_signature_that_it_publishes() -> None:
    assert form_signature("12345", URL, FORM) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("secret", "url", "form"),
    [
        ("other", URL, FORM),
        ("12345", URL.replace("https", "http"), FORM),
        ("12345", URL, FORM | {"Digits": ["12345"]}),
        ("12345", URL, FORM | {"More": [""]}),
    ],
)
def test_another_secret_address_or_form_is_not_signed(secret: str, url: str, form: dict[str, list[str]]) -> None:
    signature = form_signature("12345", URL, FORM)
    assert signed_form("12345", URL, FORM, signature)
    assert not signed_form(secret, url, form, signature)


def test_without_a_secret_nobody_can_sign() -> None:
    assert not signed_form("", URL, FORM, form_signature("", URL, FORM))
    stamp = stamped(NOW)
    assert not signed_body("", stamp, b"{}", body_signature("", stamp, b"{}"), NOW)


def stamped(moment: datetime) -> str:
    return str(int(moment.timestamp()))


@pytest.mark.parametrize("off", [-FRESH, timedelta(0), FRESH])
def test_a_signed_body_is_taken_while_it_is_fresh(off: timedelta) -> None:
    stamp = stamped(NOW)
    assert signed_body("secret", stamp, b"{}", body_signature("secret", stamp, b"{}"), NOW + off)


def test_an_old_or_changed_body_is_not_taken() -> None:
    stamp = stamped(NOW)
    signature = body_signature("secret", stamp, b"{}")
    assert not signed_body("secret", stamp, b"{}", signature, NOW + FRESH + timedelta(seconds=1))
    assert not signed_body("secret", stamp, b"[]", signature, NOW)
    assert not signed_body("secret", stamped(NOW + timedelta(seconds=1)), b"{}", signature, NOW)


@pytest.mark.parametrize("stamp", ["", "soon", "9" * 30, "1e3", "-1"])
def test_a_time_that_is_none_is_not_taken(stamp: str) -> None:
    assert not signed_body("secret", stamp, b"{}", body_signature("secret", stamp, b"{}"), NOW)


def test_a_signature_of_any_letters_is_refused_and_not_a_fault() -> None:
    assert not signed_form("12345", URL, FORM, "ä" * 20)
    assert not signed_body("12345", stamped(NOW), b"", "ü", NOW)
