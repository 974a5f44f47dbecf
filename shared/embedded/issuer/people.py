"""Who can sign in at the local issuer: invented people, each with the roles that their tokens claim."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.auth import Role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented, with one role at a chain, everywhere or at one clinic."""

    subject: str
    name: str
    chain_id: UUID
    role: Role
    clinic_id: UUID | None = None

    @property
    def claims(self) -> dict[str, Any]:
        """What both tokens say of this person."""
        limits = {} if self.clinic_id is None else {"clinics": [str(self.clinic_id)]}
        return {"sub": self.subject, "chain_id": str(self.chain_id), "roles": [{"role": self.role} | limits]}


PeopleOf = Callable[[str], Sequence[Person]]
"""The people of the chain with a slug; none when there is no such chain."""
