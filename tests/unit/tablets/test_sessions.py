"""When a session is over, and how sure it is who is there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.scheduling.staff_pages.names import short_names
from shared.auth import Identity
from shared.staff_web.arrivals import Method
from shared.staff_web.sessions import Session

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def session(ago: timedelta = timedelta(), *, locked: bool = False, method: Method = "provider") -> Session:
    return Session(
        token=b"t" * 16,
        identity=Identity("https://login.example", "demo", UUID(int=1), NOW - ago, ()),
        name="Demo Person",
        leave="",
        seen_at=NOW - ago,
        method=method,
        authenticated_at=NOW - ago,
        device_id=None,
        locked=locked,
        idle=timedelta(minutes=3),
    )


@given(st.timedeltas(timedelta(), timedelta(hours=1)))
def test_is_over_when_nobody_has_used_it_for_long_enough_or_when_it_is_locked(ago: timedelta) -> None:
    assert session(ago).is_over(NOW) is (ago >= timedelta(minutes=3))
    assert session(ago, locked=True).is_over(NOW)


@given(st.timedeltas(timedelta(), timedelta(hours=1)))
def test_a_pin_is_never_a_fresh_sign_in(ago: timedelta) -> None:
    assert session(ago).signed_in_within(QUARTER, NOW) is (ago <= QUARTER)
    assert not session(ago, method="pin").signed_in_within(QUARTER, NOW)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Ada Example", "Ben Example"], ["Ada", "Ben"]),
        (["Ada Example", "Ada von Muster", "Ben"], ["Ada E.", "Ada M.", "Ben"]),
        (["Dr. Ada Example"], ["Ada"]),
        (["Ada", "Ada"], ["Ada", "Ada"]),
        ([""], [""]),
        ([], []),
    ],
)
def test_no_more_of_a_name_is_said_than_tells_people_apart(names: list[str], said: list[str]) -> None:
    assert short_names(names) == said
