"""What a provider claims for somebody is kept where no roles were given here, when it is new or was not heard for long."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

import pytest

from services.scheduling.staff.decider import (
    AttachLogin,
    ClaimRoles,
    Deactivate,
    DetachLogin,
    Member,
    SetRoles,
    StaffCommand,
    decide,
    evolve,
)
from shared.events.scheduling_staff import RoleGiven, StaffAdded, StaffRolesClaimed

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ID = UUID(int=1)
LOGIN = ("https://login.example", "somebody")
MANAGES, TREATS = (RoleGiven(role="manager", clinics=None),), (RoleGiven(role="therapist", clinics=None),)


def member(*commands: StaffCommand, roles: tuple[RoleGiven, ...] | None = None) -> Member:
    before = evolve(Member(), StaffAdded(staff_id=ID, name="Demo", therapist_id=None, roles=roles))
    return reduce(lambda known, command: reduce(evolve, decide(command, known), known), commands, before)


def claim(roles: tuple[RoleGiven, ...] = MANAGES, days: int = 0) -> ClaimRoles:
    return ClaimRoles(roles, NOW + timedelta(days=days))


@pytest.mark.parametrize(("days", "roles", "noted"), [(6, MANAGES, False), (7, MANAGES, True), (1, TREATS, True)])
def test_the_same_claim_is_noted_once_a_week_and_another_at_once(
    days: int, roles: tuple[RoleGiven, ...], *, noted: bool
) -> None:
    command = claim(roles, days)
    event = StaffRolesClaimed(staff_id=ID, roles=roles, claimed_at=command.now)
    assert decide(command, member(claim())) == ([event] if noted else [])


def test_nothing_is_noted_of_whoever_has_roles_here_or_has_left() -> None:
    assert decide(claim(), member(roles=TREATS)) == []
    assert decide(claim(), member(Deactivate())) == []


@pytest.mark.parametrize("command", [SetRoles(TREATS), DetachLogin(LOGIN)])
def test_a_claim_goes_with_what_it_rested_on(command: StaffCommand) -> None:
    left = member(AttachLogin(LOGIN), claim(), command, SetRoles(None))
    assert (left.claimed, left.claimed_at) == (None, None)
    assert decide(claim(), left)
