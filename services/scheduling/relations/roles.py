"""Who books, who comes and who is told may be different people, as far as their relations or a gift allow it."""

from dataclasses import replace
from datetime import datetime

from services.scheduling.relations.rules import allows
from services.scheduling.relations.telling import RIGHTS, Circle, Roles, adults
from shared.decider import Refused


class MayNotBook(Refused):
    """Whoever books for another client needs a relation with that right, unless it is a gift."""

    code = "may_not_book"


class MayNotBeTold(Refused):
    """Whoever is told must be of age and have a relation with that right, unless it is a gift."""

    code = "may_not_be_told"


class GiftWithoutGiver(Refused):
    """A gift needs somebody who gives it: name them as the one who books."""

    code = "gift_without_giver"


def settled(roles: Roles, circle: Circle, now: datetime) -> Roles:
    """The roles as they are recorded: of a gift the giver is told, unless somebody else is named. Raises Refused."""
    if roles.is_gift:
        return settled_gift(roles, circle, now)
    client = circle.people[roles.client_id]
    if roles.booker_id not in (None, client.id) and not allows(
        circle.relations, client, roles.booker_id, frozenset({"book"}), now
    ):
        raise MayNotBook
    if roles.told_id not in (None, client.id):
        entitled = allows(circle.relations, client, roles.told_id, RIGHTS["appointment"], now)
        if not entitled or not adults([roles.told_id], circle, now):
            raise MayNotBeTold
    return roles


def settled_gift(roles: Roles, circle: Circle, now: datetime) -> Roles:
    if roles.booker_id in (None, roles.client_id):
        raise GiftWithoutGiver
    told_id = roles.told_id or roles.booker_id
    if not adults([told_id], circle, now):
        raise MayNotBeTold
    return replace(roles, told_id=told_id)
