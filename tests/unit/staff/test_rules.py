"""Who may give which roles."""

from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.scheduling.staff.decider import Roles
from services.scheduling.staff.rules import in_order, may_decide
from shared.auth import Caller, Grant
from shared.events.scheduling_staff import RoleGiven

HERE, THERE = UUID(int=1), UUID(int=2)
NAMES = st.sampled_from(["therapist", "front_desk", "manager", "chain_admin"])
PLACES = st.none() | st.sets(st.sampled_from([HERE, THERE]), min_size=1)
GIVEN = st.builds(lambda role, clinics: RoleGiven(role=role, clinics=clinics and tuple(clinics)), NAMES, PLACES)
GRANTS = st.builds(lambda role, clinics: Grant(role, clinics and frozenset(clinics)), NAMES, PLACES)
RANK = {"therapist": 0, "front_desk": 0, "manager": 1, "chain_admin": 2}


def caller(*grants: Grant) -> Caller:
    return Caller("someone", UUID(int=9), grants)


@given(st.lists(GRANTS, max_size=3), st.lists(GIVEN, max_size=3))
def test_nobody_gives_a_role_where_they_have_none_above_or_beside_it(held: list[Grant], roles: list[RoleGiven]) -> None:
    """Clinic by clinic, and for all clinics that are still to come (THERE and HERE are not all)."""

    def reach(clinic: UUID | None) -> int:
        ranks = [RANK[grant.role] for grant in held if grant.clinics is None or clinic in grant.clinics]
        return max((rank for rank in ranks if rank), default=-1)

    places = [(RANK[each.role], clinic) for each in roles for clinic in each.clinics or (None,)]
    assert may_decide(caller(*held), tuple(roles)) == all(rank <= reach(clinic) for rank, clinic in places)


@pytest.mark.parametrize(
    ("grant", "may"),
    [
        (Grant("chain_admin"), True),
        (Grant("chain_admin", frozenset({HERE})), False),
        (Grant("manager"), False),
    ],
)
def test_what_the_provider_claims_is_left_to_whoever_runs_the_chain(grant: Grant, *, may: bool) -> None:
    assert may_decide(caller(grant), None) is may


@given(st.lists(GIVEN, max_size=5))
def test_roles_have_one_spelling(roles: list[RoleGiven]) -> None:
    spelt = in_order(roles)
    assert in_order(reversed(spelt)) == spelt
    assert len({each.role for each in spelt}) == len(spelt)
    for each in roles:
        kept = next(one for one in spelt if one.role == each.role)
        assert kept.clinics is None or set(each.clinics or [None]) <= set(kept.clinics)


def test_no_roles_are_anybodys_to_give() -> None:
    nothing: Roles = ()
    assert may_decide(caller(Grant("manager", frozenset({HERE}))), nothing)
