"""Who of the staff is told of what: by roles that were given here or claimed, and never whoever caused it."""

from dataclasses import replace
from uuid import UUID

import pytest

from shared.auth import Grant, Role
from shared.duties import StaffLetter, is_for
from workers.messages.staff import Member, told

HERE, THERE = UUID(int=1), UUID(int=2)
OURS, THEIRS, ADMIN, DESK, UNSAID = (UUID(int=number) for number in range(11, 16))
STAFF = (
    Member(OURS, (Grant("manager", frozenset({HERE})),)),
    Member(THEIRS, (Grant("manager", frozenset({THERE})),)),
    Member(ADMIN, (Grant("chain_admin"),)),
    Member(DESK, (Grant("front_desk"), Grant("therapist"))),
    Member(UNSAID, None),
)


@pytest.mark.parametrize(
    ("clinic", "without", "expected"),
    [
        (HERE, (), [OURS]),
        (THERE, (), [THEIRS]),
        (HERE, (OURS,), [ADMIN]),
        (None, (), [ADMIN]),
        (UUID(int=3), (), [ADMIN]),
        (HERE, (OURS, ADMIN), []),
    ],
)
def test_managers_of_the_clinic_are_told_else_the_chain_s_own_and_never_who_did_it(
    clinic: UUID | None, without: tuple[UUID, ...], expected: list[UUID]
) -> None:
    assert told("staff_glass", STAFF, clinic, without) == expected


def test_who_cannot_be_reached_does_not_stand_before_who_can() -> None:
    without_address = replace(STAFF[0], reachable=False)
    assert told("staff_glass", (without_address, *STAFF[1:]), HERE) == [ADMIN]
    assert told("staff_glass", (without_address,), HERE) == [OURS]


def test_whose_role_was_claimed_long_ago_is_told_and_keeps_nobody_from_being_told() -> None:
    old = replace(STAFF[0], certain=False)
    assert told("staff_glass", (old, *STAFF[1:]), HERE) == [ADMIN, OURS]
    assert told("staff_glass", (old,), HERE) == [OURS]
    assert told("staff_glass", (old, *STAFF[1:]), HERE, (OURS,)) == [ADMIN]
    assert told("staff_glass", (replace(STAFF[1], certain=False), *STAFF[2:]), HERE) == [ADMIN]


@pytest.mark.parametrize(
    ("letter", "roles", "expected"),
    [
        ("staff_glass", ("manager",), True),
        ("staff_glass", ("chain_admin",), True),
        ("staff_glass", ("therapist", "front_desk"), False),
        ("staff_glass", None, False),
        ("staff_escalated", ("manager",), True),
        ("staff_escalated", ("therapist",), False),
        ("staff_alert", ("therapist",), True),
        ("staff_alert", None, True),
        ("staff_alert", ("front_desk",), False),
        ("staff_report", ("manager",), True),
        ("staff_report", ("chain_admin",), True),
        ("staff_report", ("therapist",), True),
        ("staff_report", ("front_desk",), False),
        ("staff_report", None, True),
        ("staff_address", (), True),
        ("staff_former", None, True),
    ],
)
def test_who_has_lost_the_role_by_the_time_of_sending_gets_no_letter(
    letter: StaffLetter, roles: tuple[Role, ...] | None, *, expected: bool
) -> None:
    grants = None if roles is None else tuple(Grant(role, frozenset({HERE})) for role in roles)
    assert is_for(letter, grants, HERE) is expected
    if letter in {"staff_glass", "staff_escalated"}:
        assert not is_for(letter, grants, THERE)
