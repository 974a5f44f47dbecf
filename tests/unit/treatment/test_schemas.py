"""The moment that a question about a record names."""

from datetime import UTC, datetime

import pytest

from services.treatment.schemas import MomentQuery


def test_a_moment_is_a_position_or_a_time() -> None:
    assert MomentQuery().load({"as_of": "17"}) == {"as_of": 17, "happened_by": None}
    found = MomentQuery().load({"as_of": "2026-03-01T09:00:00+01:00", "happened_by": "2026-03-01T09:00:00Z"})
    assert found["as_of"] == datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    assert found["happened_by"] == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("given", ["yesterday", "-1", "1.5", "", "2026-03-01", "9" * 19, "\u0661"])
def test_anything_else_is_refused(given: str) -> None:
    assert set(MomentQuery().validate({"as_of": given})) == {"as_of"}
