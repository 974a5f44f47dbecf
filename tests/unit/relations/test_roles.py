"""Who may book for whom, and be told of it."""

from typing import Any

import pytest

from services.scheduling.relations.roles import GiftWithoutGiver, MayNotBeTold, MayNotBook, settled
from services.scheduling.relations.telling import Roles
from shared.decider import Refused
from tests.unit.relations.builders import NOW, child, circle, person, relation

CLIENT, PARTNER, YOUNG = person(), person(), child()
MAY_BOOK = relation(CLIENT, PARTNER, kind="partner", may=frozenset({"book"}))
MAY_BE_TOLD = relation(CLIENT, PARTNER, kind="partner", may=frozenset({"receive_messages"}))
CHILD_MAY_BE_TOLD = relation(CLIENT, YOUNG, kind="carer", may=frozenset({"receive_messages"}))
EVERYBODY = circle([CLIENT, PARTNER, YOUNG], MAY_BOOK, CHILD_MAY_BE_TOLD)


def test_a_relation_with_the_right_lets_somebody_book() -> None:
    roles = Roles(client_id=CLIENT.id, booker_id=PARTNER.id)
    assert settled(roles, EVERYBODY, NOW) == roles


def test_everybody_may_name_themselves() -> None:
    roles = Roles(client_id=CLIENT.id, booker_id=CLIENT.id, told_id=CLIENT.id)
    assert settled(roles, circle([CLIENT]), NOW) == roles


def test_a_gift_tells_its_giver_unless_somebody_else_is_named() -> None:
    gift = Roles(client_id=CLIENT.id, booker_id=PARTNER.id, is_gift=True)
    strangers = circle([CLIENT, PARTNER])
    assert settled(gift, strangers, NOW).told_id == PARTNER.id
    named = Roles(client_id=CLIENT.id, booker_id=PARTNER.id, told_id=CLIENT.id, is_gift=True)
    assert settled(named, strangers, NOW) == named


@pytest.mark.parametrize(
    ("roles", "refusal"),
    [
        ({"booker_id": YOUNG.id}, MayNotBook),
        ({"told_id": PARTNER.id}, MayNotBeTold),
        ({"told_id": YOUNG.id}, MayNotBeTold),
        ({"is_gift": True}, GiftWithoutGiver),
        ({"is_gift": True, "booker_id": CLIENT.id}, GiftWithoutGiver),
        ({"is_gift": True, "booker_id": YOUNG.id}, MayNotBeTold),
        ({"is_gift": True, "booker_id": PARTNER.id, "told_id": YOUNG.id}, MayNotBeTold),
    ],
)
def test_nobody_books_or_is_told_without_the_right(roles: dict[str, Any], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        settled(Roles(client_id=CLIENT.id, **roles), EVERYBODY, NOW)


def test_the_right_to_be_told_is_not_the_right_to_book() -> None:
    family = circle([CLIENT, PARTNER], MAY_BE_TOLD)
    told = Roles(client_id=CLIENT.id, told_id=PARTNER.id)
    assert settled(told, family, NOW) == told
    with pytest.raises(MayNotBook):
        settled(Roles(client_id=CLIENT.id, booker_id=PARTNER.id), family, NOW)
