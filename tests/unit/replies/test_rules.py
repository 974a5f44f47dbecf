"""Only an answer to a known message about the time that holds now confirms; declining never cancels."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.scheduling.replies.rules import Asked, step

ASKED = Asked(matched_by="reference", told_version=2, asks=True, timed_version=2, status="booked", confirmed=False)


def asked(**fields: Any) -> Asked:
    return replace(ASKED, **fields)


def test_an_answer_to_a_message_that_asks_confirms() -> None:
    assert step("confirmed", ASKED, calendar=False) == "confirm"


def test_a_calendar_confirms_what_nobody_asked_it() -> None:
    assert step("confirmed", asked(asks=False), calendar=True) == "confirm"
    assert step("confirmed", asked(asks=False), calendar=False) == "reply"


def test_confirming_twice_does_nothing_more() -> None:
    assert step("confirmed", asked(confirmed=True), calendar=False) == "nothing"


@pytest.mark.parametrize(
    "other", [{"matched_by": "address"}, {"told_version": None}, {"timed_version": 3}, {"status": "cancelled"}]
)
def test_an_answer_to_something_else_is_for_a_person(other: dict[str, Any]) -> None:
    assert step("confirmed", asked(**other), calendar=True) == "reply"


def test_declining_is_for_a_person() -> None:
    assert step("declined", ASKED, calendar=True) == "declined"


@given(
    st.sampled_from(["confirmed", "declined", "tentative", "counter", "text", "stop"]),
    st.builds(
        Asked,
        matched_by=st.sampled_from(["reference", "address"]),
        told_version=st.none() | st.integers(1, 5),
        asks=st.booleans(),
        timed_version=st.integers(1, 5),
        status=st.sampled_from(["booked", "arrived", "fulfilled", "cancelled", "noshow"]),
        confirmed=st.booleans(),
    ),
    st.booleans(),
)
def test_nothing_but_a_confirmation_of_the_present_time_changes_a_visit(
    kind: Any, given_: Asked, calendar: bool
) -> None:
    taken = step(kind, given_, calendar=calendar)
    if taken == "confirm":
        assert kind == "confirmed"
        assert (given_.matched_by, given_.status, given_.confirmed) == ("reference", "booked", False)
        assert given_.told_version is not None
        assert given_.told_version >= given_.timed_version
    else:
        assert taken in {"nothing", "declined", "reply"}
