"""Hidden cells stay hidden: a solver of integer programs that knows everything shown cannot narrow a small one down."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from shared.reports.document import Scope
from workers.reports.adding import Gathered, add_up, place_of
from workers.reports.hiding.rounds import hidden, patience
from workers.reports.hiding.tables import NOBODY, Cell, Sum, Tables, same_numbers

CHAIN = "chain"


def tables_of(people: Mapping[str, Mapping[str, tuple[int, int]]]) -> Tables:
    """By therapist and clinic, how many succeeded and how many did not: with totals for therapists, clinics and chain."""
    counts: dict[Cell, int] = {}
    clinics = sorted({clinic for where in people.values() for clinic in where})

    def put(place: str, found: list[tuple[int, int]]) -> None:
        k, f = sum(k for k, _ in found), sum(f for _, f in found)
        counts.update({Cell(place, "k"): k, Cell(place, "f"): f, Cell(place, "n"): k + f})

    for person, where in people.items():
        put(person, list(where.values()))
    for clinic in clinics:
        put(clinic, [where[clinic] for where in people.values() if clinic in where])
    put(CHAIN, [pair for where in people.values() for pair in where.values()])
    sums = [Sum(Cell(place, "n"), (Cell(place, "k"), Cell(place, "f"))) for place in (*people, *clinics, CHAIN)]
    sums += [
        Sum(Cell(CHAIN, what), tuple(Cell(each, what) for each in some)) for what in "kn" for some in (people, clinics)
    ]
    return Tables(counts, frozenset(cell for cell in counts if cell.what != "f"), tuple(sums))


def ranges(tables: Tables, closed: frozenset[Cell], insider: str | None) -> Iterator[tuple[Cell, int, int]]:
    """What a reader with a solver learns of each protected cell; an insider knows all of one place."""
    cells = sorted(tables.counts)
    at = {cell: index for index, cell in enumerate(cells)}
    rows = np.zeros((len(tables.sums), len(cells)))
    for row, each in zip(rows, tables.sums, strict=True):
        row[at[each.total]] += 1
        for part in each.parts:
            row[at[part]] -= 1
    known = [cell.place == insider or (cell in tables.shown and cell not in closed) for cell in cells]
    low = [
        tables.counts[cell] if is_known else int(cell in closed) for cell, is_known in zip(cells, known, strict=True)
    ]
    high = [tables.counts[cell] if is_known else 10_000 for cell, is_known in zip(cells, known, strict=True)]
    for cell in cells:
        if tables.is_protected(cell) and cell.place != insider:
            ends = []
            for sign in (1, -1):
                aim = np.zeros(len(cells))
                aim[at[cell]] = sign
                found = milp(aim, constraints=LinearConstraint(rows, 0, 0), bounds=Bounds(low, high), integrality=1)
                assert found.success
                ends.append(round(found.x[at[cell]]))
            yield cell, ends[0], ends[1]


pairs = st.tuples(st.integers(0, 30), st.integers(0, 30))
chains = st.dictionaries(
    st.sampled_from(["ada", "ben", "cem", "dea", "eli"]),
    st.dictionaries(st.sampled_from(["north", "south", "west"]), pairs, min_size=1, max_size=2),
    min_size=1,
    max_size=5,
)


@given(chains)
@settings(max_examples=12, deadline=None)
@example({"ada": {"north": (5, 20)}, "ben": {"north": (20, 20)}, "cem": {"south": (30, 30)}})
@example({"ada": {"north": (1, 30)}, "ben": {"north": (1, 30)}, "cem": {"south": (12, 30)}, "dea": {"south": (13, 30)}})
def test_no_small_cell_can_be_worked_out(people: dict[str, dict[str, tuple[int, int]]]) -> None:
    tables = tables_of(people)
    closed = hidden(tables)
    assert all(cell in closed for cell in tables.shown if tables.is_protected(cell))
    all_but_zeros = frozenset(cell for cell in tables.shown if tables.counts[cell])
    for insider in (None, *people):
        brought_along = {cell for cell, low, high in ranges(tables, all_but_zeros, insider) if low == high}
        worked_out = {cell for cell, low, high in ranges(tables, closed, insider) if low == high}
        assert worked_out <= brought_along


def test_the_solver_finds_what_is_hidden_badly() -> None:
    tables = tables_of({"ada": {"north": (5, 20)}, "ben": {"north": (20, 20)}, "cem": {"south": (30, 30)}})
    only_small = frozenset(cell for cell in tables.shown if tables.is_protected(cell))
    assert [(cell, low, high) for cell, low, high in ranges(tables, only_small, None) if low == high]


def counted(staff: Mapping[str, Mapping[str, int]]) -> Tables:
    """By clinic and therapist, how many are counted; nobody works at two clinics."""
    people = {Cell(person, "n"): n for there in staff.values() for person, n in there.items()}
    clinics = {Cell(clinic, "n"): sum(there.values()) for clinic, there in staff.items()}
    chain = Cell(CHAIN, "n")
    sums = [Sum(chain, tuple(people)), Sum(chain, tuple(clinics))]
    sums += [Sum(Cell(clinic, "n"), tuple(Cell(person, "n") for person in there)) for clinic, there in staff.items()]
    counts = {chain: sum(people.values()), **people, **clinics}
    return Tables(counts, frozenset(counts), tuple(sums))


def staffed(*sizes: Sequence[int]) -> dict[str, dict[str, int]]:
    return {f"clinic {at}": {f"{at}.{i}": n for i, n in enumerate(there)} for at, there in enumerate(sizes)}


ONE_ALONE = staffed([6], *([20 + at, 30 + at] for at in range(5)))
"""To the one therapist of a clinic few came."""


@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=3), min_size=1, max_size=5))
@settings(max_examples=12, deadline=None)
@example([[6], [12], [20, 30], [25, 15, 11]])
@example([[6], [7], [12], [20, 30, 4]])
def test_no_small_cell_of_a_clinic_of_one_can_be_worked_out(sizes: list[list[int]]) -> None:
    tables = counted(staffed(*sizes))
    assert leaks(tables, hidden(tables)) == set()


def test_a_clinic_of_one_to_which_few_came_hides_two_others_with_somebody_there_and_no_more() -> None:
    tables = counted(ONE_ALONE)
    closed = hidden(tables)
    assert leaks(tables, closed) == set()
    assert {cell.place for cell in closed} == {"clinic 0", "0.0", "clinic 1", "1.0", "clinic 2", "2.0"}


def test_the_solver_finds_a_clinic_of_one_of_whom_only_the_therapist_is_hidden() -> None:
    tables = counted(ONE_ALONE)
    assert leaks(tables, frozenset({Cell("0.0", "n")}))
    assert leaks(tables, frozenset({Cell("0.0", "n"), Cell("clinic 0", "n")}))


def gathered(staff: Sequence[Sequence[tuple[int, int]]]) -> Tables:
    """As reports are: by clinic, how many corrections of each therapist held and how many did not."""
    found, works_at, scopes = Gathered(), dict[UUID, frozenset[UUID]](), [Scope(kind="chain", id=UUID(int=1))]
    put(found, scopes[0], [pair for there in staff for pair in there])
    for at, there in enumerate(staff):
        clinic = Scope(kind="clinic", id=UUID(int=100 + at))
        people = [Scope(kind="therapist", id=UUID(int=1000 + 10 * at + i)) for i in range(len(there))]
        put(found, clinic, there)
        for person, pair in zip(people, there, strict=True):
            put(found, person, [pair])
            works_at[person.id] = frozenset({clinic.id})
        scopes += [clinic, *people]
    add_up(found, scopes, works_at)
    return found.tables


def put(found: Gathered, scope: Scope, pairs: Sequence[tuple[int, int]]) -> None:
    k, f = sum(k for k, _ in pairs), sum(f for _, f in pairs)
    held, all_, failed = (Cell(place_of(scope), what) for what in "knf")
    found.sums.append(Sum(found.show(all_, k + f), (found.show(held, k), found.derive(failed, f))))


def test_few_who_relapsed_with_somebody_who_works_alone_leave_most_of_the_chain_shown() -> None:
    """What is gathered to compare therapists with their clinic is nobody's number, so nobody brings it along."""
    tables = gathered([[(36, 4)], *([(30 + at, 20), (25, 15 + at)] for at in range(6))])
    closed = hidden(tables)
    assert leaks(tables, closed) == set()
    assert len(closed) < len(tables.shown) / 2


def leaks(tables: Tables, closed: frozenset[Cell]) -> set[tuple[str | None, Cell]]:
    """What a reader, or somebody of any place, works out, and would not if all were hidden."""
    found = set()
    for insider in (None, *{cell.place for cell in tables.counts} - {NOBODY}):
        brought_along = {cell for cell, low, high in ranges(tables, tables.shown, insider) if low == high}
        worked_out = {cell for cell, low, high in ranges(tables, closed, insider) if low == high}
        found |= {(insider, cell) for cell in worked_out - brought_along}
    return found


def test_the_numbers_of_a_clinic_of_one_are_those_of_its_therapist() -> None:
    tables = tables_of({"ada": {"north": (5, 20)}, "ben": {"south": (20, 20)}, "cem": {"south": (30, 30)}})
    ties = (Sum(Cell("north", what), (Cell("ada", what),)) for what in "kn")
    same = same_numbers((*tables.sums, *ties))
    assert {cell.what for cell in same} == {"k", "n", "f"}
    assert set(same.values()) == {frozenset({"ada", "north"})}
    assert same_numbers(tables.sums) == {}


def test_numbers_that_add_up_with_a_shown_one_are_not_the_same() -> None:
    a, b, c, d = (Cell(place, "n") for place in "abcd")
    twice = (Sum(a, (b,)), Sum(a, (c, c)), Sum(b, (d, c)))
    assert same_numbers(twice) == {a: frozenset("ab"), b: frozenset("ab")}


def test_what_is_hidden_anyway_hides_others_too() -> None:
    tables = counted(staffed([6, 20, 30, 40], [50, 60]))
    anyway = frozenset({Cell("0.3", "n")})
    closed = hidden(tables, anyway)
    assert leaks(tables, closed) == set()
    assert anyway < closed
    assert len(closed) == len(hidden(tables))


def test_what_is_large_enough_or_nothing_is_shown() -> None:
    large = {"ada": {"north": (20, 30)}, "ben": {"south": (40, 0)}, "cem": {"south": (15, 12)}}
    assert hidden(tables_of(large)) == frozenset()


def test_the_next_smallest_is_hidden_with_a_small_one() -> None:
    closed = hidden(tables_of({"a": {"x": (4, 20)}, "b": {"x": (11, 40)}, "c": {"y": (60, 60)}, "d": {"y": (12, 50)}}))
    assert {cell.place for cell in closed} <= {"a", "b", "d"}
    assert {Cell("a", "k"), Cell("b", "k"), Cell("d", "k")} <= closed


def test_a_share_of_nearly_all_is_hidden_because_of_the_few_that_are_missing() -> None:
    (cell,) = hidden(
        Tables(
            {Cell("a", "n"): 40, Cell("a", "k"): 36, Cell("a", "f"): 4},
            frozenset({Cell("a", "n"), Cell("a", "k")}),
            (Sum(Cell("a", "n"), (Cell("a", "k"), Cell("a", "f"))),),
        )
    )
    assert cell == Cell("a", "k")


@given(chains, st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_the_order_in_which_cells_and_sums_come_changes_nothing(
    people: dict[str, dict[str, tuple[int, int]]], chance: Random
) -> None:
    tables = tables_of(people)
    counts, sums = list(tables.counts.items()), list(tables.sums)
    chance.shuffle(counts)
    chance.shuffle(sums)
    turned = tuple(Sum(each.total, tuple(reversed(each.parts))) for each in sums)
    assert hidden(Tables(dict(counts), tables.shown, turned)) == hidden(tables)


def test_whatever_has_to_be_hidden_is_hidden_within_a_few_rounds() -> None:
    assert sum(islice(patience(), 30)) > 10_000_000


def test_refuses_sums_that_are_none() -> None:
    with pytest.raises(ValueError, match="not the sum"):
        Tables({Cell("a", "n"): 3, Cell("a", "k"): 2}, frozenset(), (Sum(Cell("a", "n"), (Cell("a", "k"),)),))
