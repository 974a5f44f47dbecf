"""Which letters staff get, and in which roles: asked when a letter is planned, and once more when it is sent.

Roles that were given here count; for whoever has none, those that their identity provider claimed when they last came
in. Who has lost theirs there may so be told that something waits, and sees nothing of it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from shared.auth import CHAIN_ADMIN, MANAGER, THERAPIST, Grant, Role

StaffLetter = Literal[
    "staff_alert", "staff_escalated", "staff_glass", "staff_review", "staff_report", "staff_address", "staff_former"
]
"""An alert, to the therapist who leads; one that nobody has taken up, to managers; a glass that was broken; records
opened by a visit of one's own making; reports of a period that was closed; a new address, and the one that it took the
place of."""

ROLES: Mapping[StaffLetter, tuple[Role, ...]] = {
    "staff_alert": (THERAPIST,),
    "staff_escalated": (MANAGER, CHAIN_ADMIN),
    "staff_glass": (MANAGER, CHAIN_ADMIN),
    "staff_review": (MANAGER, CHAIN_ADMIN),
    "staff_report": (MANAGER, CHAIN_ADMIN, THERAPIST),
}
"""In which roles somebody can do something about it, the first that anybody has; what is not here is their own. Reports
go to all who have any of the roles, wherever it holds."""

CLAIM_COUNTS = timedelta(days=30)
"""For so long after somebody came in, what was claimed for them counts like a role given here; then nobody relies on
it, and they are told beside others."""


def is_for(letter: StaffLetter, grants: Sequence[Grant] | None, clinic_id: UUID | None) -> bool:
    """Whether a letter about something at this clinic, or at none, goes to somebody in these roles.

    The therapist who leads is named, and so is who has reports of their own: theirs may be roles that only the provider
    claims (None).
    """
    if letter not in ROLES:
        return True
    if grants is None:
        return letter in {"staff_alert", "staff_report"}
    if letter == "staff_report":
        return any(grant.role in ROLES[letter] for grant in grants)
    return any(holds(grants, role, clinic_id) for role in ROLES[letter])


def holds(grants: Sequence[Grant], role: Role, clinic_id: UUID | None) -> bool:
    """Whether a role holds at the clinic; where it is about none, at all of the chain."""
    return any(grant.role == role and (grant.clinics is None or clinic_id in grant.clinics) for grant in grants)
