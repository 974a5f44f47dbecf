"""What all treatment's pages of the staff do: name whom they show, and have it recorded that they are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.treatment.staff_pages.scheduling import Names, scheduling
from shared.access import Purpose
from shared.auth import CHAIN_ADMIN, MANAGER
from shared.staff_web.answers import chain_name, page
from shared.staff_web.visiting import Visitor


@dataclass(frozen=True, slots=True)
class Ids:
    """Whom and what a page names."""

    clients: Iterable[UUID] = ()
    clinics: Iterable[UUID] = ()
    therapists: Iterable[UUID] = ()


def named(who: Visitor, ids: Ids, purpose: Purpose) -> Names:
    """The names of today, as scheduling tells them; no transaction is open meanwhile."""
    looking = {"actor": who.caller.subject, "role": who.caller.role, "purpose": purpose}
    return scheduling().names(
        who.chain_id, clients=ids.clients, clinics=ids.clinics, therapists=ids.therapists, looking=looking
    )


def shown(template: str, who: Visitor, **values: Any) -> str:
    """A page of somebody who has signed in."""
    may_review = any(grant.role in {MANAGER, CHAIN_ADMIN} for grant in who.caller.grants)
    return page(template, chain_name=chain_name(who), may_review=may_review, **values)
