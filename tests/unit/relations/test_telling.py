"""Who is told of a visit, and that nobody ever is who may not be."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, strategies as st

from services.scheduling.relations.rules import OF_AGE, Person, Relation, years_between
from services.scheduling.relations.telling import RIGHTS, Circle, Roles, people_to_tell
from shared.events.scheduling_contacts import Purpose
from tests.unit.relations.builders import ALL, NOW, child, circle, ids, person, relation


def told(of: Circle, client: Person, purpose: Purpose = "appointment", **roles: Any) -> tuple[UUID, ...]:
    return people_to_tell(Roles(client_id=client.id, **roles), of, purpose, NOW)


def test_an_adult_is_told_of_the_own_visit() -> None:
    client = person()
    assert told(circle([client]), client) == (client.id,)


def test_a_guardian_is_told_of_a_childs_visit_and_the_one_who_booked_comes_first() -> None:
    young, mother, father = child(), person(), person()
    family = circle([young, mother, father], relation(young, mother), relation(young, father))
    assert told(family, young) == ids(mother, father)
    assert told(family, young, booker_id=father.id) == ids(father, mother)


def test_nobody_is_told_of_a_childs_visit_without_a_guardian_who_may_receive_messages() -> None:
    young, mother, carer = child(), person(), person()
    booking_only = relation(young, mother, may=frozenset({"book"}))
    assert told(circle([young]), young) == ()
    assert told(circle([young, mother], booking_only), young) == ()
    assert told(circle([young, carer], relation(young, carer, kind="carer")), young) == ()


def test_a_child_named_as_the_one_to_tell_is_not_written_to() -> None:
    young, mother = child(), person()
    assert told(circle([young, mother], relation(young, mother)), young, told_id=young.id) == ids(mother)


def test_a_minor_guards_nobody() -> None:
    young, sister = child(), child(birth_date=date(2010, 1, 1))
    assert told(circle([young, sister], relation(young, sister)), young) == ()


def test_the_person_named_with_the_visit_is_told_only_as_long_as_the_relation_lasts() -> None:
    client, partner = person(), person()
    lasting = relation(client, partner, kind="partner")
    over = relation(client, partner, kind="partner", until=NOW.date() - timedelta(days=1))
    assert told(circle([client, partner], lasting), client, told_id=partner.id) == ids(partner)
    assert told(circle([client, partner], over), client, told_id=partner.id) == ids(client)
    assert told(circle([client, partner]), client, told_id=partner.id) == ids(client)


def test_of_a_gift_only_the_person_named_with_it_is_told() -> None:
    friend, giver = person(), person()
    assert told(circle([friend, giver]), friend, told_id=giver.id, is_gift=True) == ids(giver)
    young = child()
    assert told(circle([friend, young]), friend, told_id=young.id, is_gift=True) == ()


def test_a_giver_is_told_nothing_about_care() -> None:
    friend, giver = person(), person()
    assert told(circle([friend, giver]), friend, "care", told_id=giver.id, is_gift=True) == ids(friend)


def test_care_is_for_those_who_may_see_it() -> None:
    young, mother, father = child(), person(), person()
    messages_only = relation(young, mother, may=frozenset({"receive_messages"}))
    family = circle([young, mother, father], messages_only, relation(young, father))
    assert told(family, young) == ids(mother, father)
    assert told(family, young, "care") == ids(father)


PEOPLE = 5
BIRTHS = st.none() | st.dates(date(2004, 11, 1), date(2012, 1, 1))
ZONES = st.sampled_from(["Europe/Berlin", "Pacific/Kiritimati", "America/New_York"])


@st.composite
def circles(draw: st.DrawFn) -> Circle:
    people = [
        Person(id=UUID(int=number + 1), time_zone=draw(ZONES), birth_date=draw(BIRTHS)) for number in range(PEOPLE)
    ]
    some = st.sampled_from(people)
    relations = [
        Relation(
            id=UUID(int=100 + number),
            kind=draw(st.sampled_from(["guardian", "partner", "carer"])),
            client_id=draw(some).id,
            related_id=draw(some).id,
            may=frozenset(draw(st.sets(st.sampled_from(sorted(ALL)), min_size=1))),
            until=draw(st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31))),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    return circle(people, *relations)


SOMEBODY = st.integers(1, PEOPLE).map(lambda number: UUID(int=number))
ROLES = st.builds(
    Roles,
    client_id=SOMEBODY,
    booker_id=st.none() | SOMEBODY,
    told_id=st.none() | SOMEBODY,
    is_gift=st.booleans(),
)
MOMENTS = st.datetimes(datetime(2026, 6, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware


def is_known_minor(one: Person, now: datetime) -> bool:
    return one.birth_date is not None and years_between(one.birth_date, one.today(now)) < OF_AGE


def may_be_told(one: UUID, roles: Roles, of: Circle, purpose: Purpose, now: datetime) -> bool:
    """Said anew and plainly: the client of age, a giver who was named, or somebody whom a relation allows it today."""
    client = of.people[roles.client_id]
    if is_known_minor(of.people[one], now):
        return False
    if roles.is_gift and purpose == "appointment":
        return one == roles.told_id
    if one == client.id:
        return True
    return any(
        (each.client_id, each.related_id) == (client.id, one)
        and RIGHTS[purpose] <= each.may
        and (each.until is None or client.today(now) <= each.until)
        and (each.kind != "guardian" or client.birth_date is None or is_known_minor(client, now))
        and (each.kind == "guardian" or one == roles.told_id)
        for each in of.relations
    )


@given(circles(), ROLES, st.sampled_from(["appointment", "care", "marketing"]), MOMENTS)
def test_no_mix_of_relations_birthdays_and_ends_tells_a_person_who_may_not_be_told(
    of: Circle, roles: Roles, purpose: Purpose, now: datetime
) -> None:
    for one in people_to_tell(roles, of, purpose, now):
        assert may_be_told(one, roles, of, purpose, now)


@given(circles(), ROLES, MOMENTS)
def test_an_adult_without_anybody_named_is_always_told_of_the_own_visit(
    of: Circle, roles: Roles, now: datetime
) -> None:
    alone = Roles(client_id=roles.client_id, booker_id=roles.booker_id)
    client = of.people[roles.client_id]
    if client.is_adult(now):
        assert people_to_tell(alone, of, "appointment", now) == (client.id,)
