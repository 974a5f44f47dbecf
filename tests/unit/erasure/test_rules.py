"""How long a client's data stay: never shorter than any clinic's rule asks, never longer than the longest."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.scheduling.erasure.rules import (
    CLASSES,
    LONGEST,
    OF_COUNTRIES,
    Assessment,
    Policy,
    Situation,
    Treated,
    assess,
    due,
    goes_on,
    treated_at,
    usual,
    years_after,
)
from shared.events.scheduling_erasure import Hold

TODAY = date(2026, 11, 22)
days = st.dates(date(1930, 1, 1), date(2090, 12, 31))
policies = st.builds(Policy, st.integers(0, 40), st.none() | st.integers(18, 40))
visits = st.lists(st.builds(Treated, st.uuids(), days, policies), max_size=4)
situations = st.builds(Situation, st.none() | days, visits)


def until(born: date | None, last_on: date, policy: Policy) -> date:
    return goes_on(last_on, born, policy)


@pytest.mark.parametrize(
    ("country", "born", "last_on", "day"),
    [
        ("DE", date(1980, 5, 1), date(2020, 3, 2), date(2030, 3, 3)),
        ("DE", date(2015, 5, 1), date(2020, 3, 2), date(2030, 3, 3)),
        ("CA", date(1980, 5, 1), date(2020, 3, 2), date(2030, 3, 3)),
        ("CA", date(2015, 5, 1), date(2020, 3, 2), date(2043, 5, 1)),
        ("AU", date(2015, 5, 1), date(2020, 3, 2), date(2040, 5, 1)),
        ("AU", None, date(2020, 2, 29), date(2027, 3, 2)),
    ],
)
def test_the_usual_rules_give_these_days(country: str, born: date | None, last_on: date, day: date) -> None:
    assert until(born, last_on, usual(country)) == day


def test_a_country_that_is_not_known_keeps_as_long_as_any_that_asks_for_an_age() -> None:
    assert usual("Atlantis") == LONGEST
    assert usual(" de ") == OF_COUNTRIES["DE"]


def test_who_was_never_treated_may_go_at_once() -> None:
    assert assess(Situation(born=date(2020, 1, 1)), TODAY) == Assessment(CLASSES, (), ())


def test_the_way_to_a_client_goes_while_the_record_of_the_treatment_stays() -> None:
    clinic = Treated(UUID(int=1), date(2026, 11, 1), Policy(10))
    found = assess(Situation(treated=[clinic]), TODAY)
    assert found.now == ("contact",)
    assert {(each.data_class, each.until) for each in found.kept} == {
        ("identity", date(2036, 11, 2)),
        ("clinical", date(2036, 11, 2)),
    }
    assert due(found.kept, date(2036, 11, 1)) == ()
    assert set(due(found.kept, date(2036, 11, 2))) == {"identity", "clinical"}


def test_while_treatment_does_not_answer_nothing_of_the_record_goes() -> None:
    found = assess(Situation(complete=False), TODAY)
    assert (found.now, found.kept, found.undecided) == (("contact",), (), ("identity", "clinical"))


HERE, THERE = UUID(int=1), UUID(int=2)
POLICIES = {HERE: Policy(1), THERE: Policy(30)}
EARLY, LATE = date(2020, 1, 1), date(2026, 1, 1)


def last(visited: dict[UUID, date], entries: list[tuple[UUID | None, date]], clients_of: list[UUID]) -> Any:
    return {each.clinic_id: each.last_on for each in treated_at(visited, entries, clients_of, POLICIES)}


def test_the_last_entry_of_a_clinic_is_a_visit_or_one_in_the_record_whichever_was_later() -> None:
    assert last({HERE: EARLY, THERE: LATE}, [(HERE, LATE), (THERE, EARLY)], []) == {HERE: LATE, THERE: LATE}
    assert last({}, [(THERE, EARLY)], [HERE]) == {THERE: EARLY}


def test_an_entry_that_names_no_clinic_counts_where_the_client_was_treated_else_where_they_are_known() -> None:
    assert last({HERE: EARLY}, [(None, LATE)], [THERE]) == {HERE: LATE}
    assert last({HERE: LATE}, [(None, EARLY)], [THERE]) == {HERE: LATE}
    assert last({}, [(None, LATE)], [THERE]) == {THERE: LATE}
    assert last({}, [(None, LATE)], []) == {HERE: LATE, THERE: LATE}


@given(
    st.dictionaries(st.sampled_from([HERE, THERE]), days, min_size=1),
    st.lists(st.tuples(st.sampled_from([None, HERE, THERE]), days), max_size=4),
    st.tuples(st.sampled_from([None, HERE, THERE]), days),
)
def test_another_entry_never_lets_a_record_go_earlier(
    visited: dict[UUID, date], entries: list[tuple[UUID | None, date]], more: tuple[UUID | None, date]
) -> None:
    before = assess(Situation(treated=treated_at(visited, entries, [HERE], POLICIES)), date(1900, 1, 1))
    after = assess(Situation(treated=treated_at(visited, [*entries, more], [HERE], POLICIES)), date(1900, 1, 1))
    assert after.kept[0].until >= before.kept[0].until


def test_the_eighteenth_birthday_ends_being_a_minor() -> None:
    born, policy = date(2000, 6, 1), Policy(1, 28)
    assert until(born, date(2018, 5, 31), policy) == date(2028, 6, 1)
    assert until(born, date(2018, 6, 1), policy) == date(2019, 6, 2)


@given(situations, days)
def test_every_class_either_goes_or_is_kept_until_a_day_to_come(situation: Situation, today: date) -> None:
    found = assess(situation, today)
    assert sorted([*found.now, *(each.data_class for each in found.kept)]) == sorted(CLASSES)
    assert all(each.until > today for each in found.kept)
    assert "contact" in found.now


@given(situations, days)
def test_nothing_goes_before_the_rule_of_each_clinic_allows_it(situation: Situation, today: date) -> None:
    found = assess(situation, today)
    for each in situation.treated:
        allowed = years_after(each.last_on, each.policy.years)
        if found.kept:
            assert all(kept.until > allowed for kept in found.kept)
        else:
            assert today > allowed


@given(situations, days)
def test_what_is_kept_goes_on_its_day_and_is_kept_for_a_clinic_that_needs_it(situation: Situation, today: date) -> None:
    kept = assess(situation, today).kept
    for each in kept:
        assert each.clinic_id in {place.clinic_id for place in situation.treated}
        assert assess(situation, each.until).kept == ()
        assert assess(situation, each.until - timedelta(days=1)).kept == kept


@given(st.dates(date(1950, 1, 1), date(2020, 1, 1)), st.dates(date(2020, 1, 1), date(2060, 1, 1)), policies)
def test_a_later_last_visit_never_makes_a_record_go_earlier(born: date, last_on: date, policy: Policy) -> None:
    adult = Policy(policy.years)
    assert until(born, last_on, adult) <= until(born, last_on + timedelta(days=1), adult)
    assert until(born, last_on, policy) >= until(born, last_on, adult)


@given(situations, days)
def test_what_is_not_settled_is_named_and_changes_nothing_else(situation: Situation, today: date) -> None:
    hold = Hold(kind="visit", id=UUID(int=7))
    held = assess(Situation(situation.born, situation.treated, (hold,)), today)
    assert held.holds == (hold,)
    assert (held.now, held.kept) == (assess(situation, today).now, assess(situation, today).kept)
