"""Who of those who are to be told of something at a clinic cannot be: seen before a letter has failed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from shared.auth import CHAIN_ADMIN, MANAGER, THERAPIST, Grant
from shared.duties import ROLES, holds
from shared.staff import grants_in

PEOPLE = text("""
    SELECT coalesce(staff.roles, staff.claimed) AS roles,
      coalesce(known.address IS NOT NULL AND known.refused_at IS NULL, false) AS reachable
    FROM staff LEFT JOIN staff_addresses known ON known.staff_id = staff.id
    WHERE staff.active AND coalesce(staff.roles, staff.claimed) IS NOT NULL
""")
TOLD = (THERAPIST, MANAGER, CHAIN_ADMIN)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here, in roles that were given here, or claimed for them when they last came in."""

    grants: Sequence[Grant]
    reachable: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """At one clinic: how many are to be written to and cannot be, and whether nobody hears of a broken glass."""

    unreachable: int
    nobody: bool


def reach_at(colleagues: Collection[Colleague], clinic_id: UUID) -> Reach:
    """What letters about this clinic come to."""
    told = [each for each in colleagues if any(holds(each.grants, role, clinic_id) for role in TOLD)]
    reviewing = ROLES["staff_glass"]
    heard = (each for each in told if any(holds(each.grants, role, clinic_id) for role in reviewing))
    return Reach(sum(not each.reachable for each in told), not any(each.reachable for each in heard))


def colleagues(connection: Connection) -> list[Colleague]:
    return [Colleague(grants_in(row.roles) or (), row.reachable) for row in connection.execute(PEOPLE)]
