"""Who may give which roles: nobody more than they have themselves, and nobody to somebody above them."""

from collections.abc import Iterable
from uuid import UUID

from services.scheduling.staff.decider import Roles
from shared.auth import CHAIN_ADMIN, FRONT_DESK, MANAGER, THERAPIST, Caller, Role
from shared.events.scheduling_staff import RoleGiven, StaffRole

BELOW: dict[Role, frozenset[Role]] = {
    CHAIN_ADMIN: frozenset({CHAIN_ADMIN, MANAGER, FRONT_DESK, THERAPIST}),
    MANAGER: frozenset({MANAGER, FRONT_DESK, THERAPIST}),
}
"""The roles that each role may give and take, where it holds itself."""


def may_decide(caller: Caller, roles: Roles) -> bool:
    """Whether the caller may give these roles, and change somebody who has them.

    What the identity provider claims (None) is known to nobody here, so it takes a chain_admin of the whole chain.
    """
    if roles is None:
        return any(grant.role == CHAIN_ADMIN and grant.clinics is None for grant in caller.grants)
    return all(covers(caller, each) for each in roles)


def covers(caller: Caller, given: RoleGiven) -> bool:
    """Whether roles of the caller hold wherever this one does, and are not below it."""
    over = [grant.clinics for grant in caller.grants if given.role in BELOW.get(grant.role, ())]
    if None in over:
        return True
    held = {clinic for clinics in over for clinic in clinics or ()}
    return given.clinics is not None and held.issuperset(given.clinics)


def in_order(roles: Iterable[RoleGiven]) -> tuple[RoleGiven, ...]:
    """Roles in one spelling: each once, by name, each with its clinics in order; everywhere swallows somewhere."""
    places: dict[StaffRole, set[UUID] | None] = {}
    for each in roles:
        known = places.get(each.role, set())
        places[each.role] = None if known is None or each.clinics is None else known | set(each.clinics)
    return tuple(
        RoleGiven(role=role, clinics=None if clinics is None else tuple(sorted(clinics)))
        for role, clinics in sorted(places.items())
    )
