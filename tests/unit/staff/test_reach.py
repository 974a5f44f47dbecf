"""What is said of a clinic where letters to staff would reach nobody, or not all."""

from uuid import UUID

import pytest

from services.scheduling.staff.reach import Colleague, Reach, reach_at
from shared.auth import Grant, Role

HERE, THERE = frozenset({UUID(int=1)}), frozenset({UUID(int=2)})


def one(role: Role, clinics: frozenset[UUID] | None = HERE, *, reachable: bool = True) -> Colleague:
    return Colleague((Grant(role, clinics),), reachable)


@pytest.mark.parametrize(
    ("colleagues", "expected"),
    [
        ([], Reach(0, nobody=True)),
        ([one("manager")], Reach(0, nobody=False)),
        ([one("manager", reachable=False)], Reach(1, nobody=True)),
        ([one("manager", reachable=False), one("chain_admin", None)], Reach(1, nobody=False)),
        ([one("manager", THERE), one("therapist", reachable=False)], Reach(1, nobody=True)),
        (
            [one("manager"), one("front_desk", reachable=False), one("therapist", THERE, reachable=False)],
            Reach(0, nobody=False),
        ),
    ],
)
def test_a_clinic_is_told_who_would_not_hear(colleagues: list[Colleague], expected: Reach) -> None:
    assert reach_at(colleagues, UUID(int=1)) == expected
