"""What a relation allows, and until when."""

from datetime import UTC, date, datetime

import pytest

from services.scheduling.relations.rules import allows, guardians, is_minor
from shared.events.scheduling_relations import Right
from tests.unit.relations.builders import ADULT_BIRTH, NOW, child, person, relation


@pytest.mark.parametrize(
    ("born_on", "zone", "adult_from"),
    [
        (date(2008, 11, 20), "Europe/Berlin", datetime(2026, 11, 19, 23, 0, tzinfo=UTC)),
        (date(2008, 11, 20), "America/New_York", datetime(2026, 11, 20, 5, 0, tzinfo=UTC)),
        (date(2008, 2, 29), "Europe/Berlin", datetime(2026, 2, 28, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_child_comes_of_age_as_its_eighteenth_birthday_begins_on_its_own_clock(
    born_on: date, zone: str, adult_from: datetime
) -> None:
    mother, young = person(), child(birth_date=born_on, time_zone=zone)
    guardian = relation(young, mother)
    just_before = adult_from.replace(minute=59, hour=adult_from.hour - 1)
    assert guardian.holds(young, just_before)
    assert is_minor([guardian], young, just_before)
    assert not guardian.holds(young, adult_from)
    assert not is_minor([guardian], young, adult_from)


def test_a_relation_counts_to_the_end_of_its_last_day_on_the_clients_calendar() -> None:
    client, carer = person(time_zone="Asia/Tokyo"), person()
    relations = [relation(client, carer, kind="carer", until=date(2026, 11, 20))]
    rights: frozenset[Right] = frozenset({"book"})
    assert allows(relations, client, carer.id, rights, datetime(2026, 11, 20, 14, 59, tzinfo=UTC))
    assert not allows(relations, client, carer.id, rights, datetime(2026, 11, 20, 15, 0, tzinfo=UTC))


def test_a_right_that_was_not_given_is_not_there_and_rights_of_two_relations_do_not_add_up() -> None:
    client, other = person(), person()
    relations = [
        relation(client, other, kind="partner", may=frozenset({"book"})),
        relation(client, other, kind="carer", may=frozenset({"receive_messages"})),
    ]
    assert allows(relations, client, other.id, frozenset({"book"}), NOW)
    assert not allows(relations, client, other.id, frozenset({"book", "receive_messages"}), NOW)
    assert not allows(relations, other, client.id, frozenset({"book"}), NOW)


def test_guardians_come_in_the_order_in_which_they_were_entered() -> None:
    young, mother, father = child(), person(), person()
    first, second = relation(young, mother), relation(young, father)
    assert guardians([second, first], young, NOW) == [first, second]


def test_without_a_birth_date_a_guardian_makes_a_client_a_minor() -> None:
    unknown, mother = person(birth_date=None), person()
    assert not is_minor([], unknown, NOW)
    assert is_minor([relation(unknown, mother)], unknown, NOW)
    assert not is_minor([relation(unknown, mother, until=date(2020, 1, 1))], unknown, NOW)


def test_an_adult_has_no_guardian() -> None:
    grown, mother = person(birth_date=ADULT_BIRTH), person()
    assert not relation(grown, mother).holds(grown, NOW)
    assert relation(grown, mother, kind="carer").holds(grown, NOW)
