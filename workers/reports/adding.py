"""Cells as they are gathered, and how those of therapists and clinics add up to each other: pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.reports.document import Scope
from workers.reports.hiding.tables import NOBODY, Cell, Sum, Tables

Clinics = Mapping[UUID, frozenset[UUID]]
"""Where each therapist works."""


@dataclass
class Gathered:
    """The tables of all reports, on their way."""

    counts: dict[Cell, int] = field(default_factory=dict)
    shown: set[Cell] = field(default_factory=set)
    sums: list[Sum] = field(default_factory=list)

    @property
    def tables(self) -> Tables:
        return Tables(self.counts, frozenset(self.shown), tuple(self.sums))

    def show(self, cell: Cell, count: float) -> Cell:
        if self.counts.setdefault(cell, int(count)) != count:
            raise ValueError(f"{cell} is counted twice, and differently")
        self.shown.add(cell)
        return cell

    def derive(self, cell: Cell, count: float) -> Cell:
        """One that stands nowhere, and that somebody could work out."""
        self.counts.setdefault(cell, int(count))
        return cell


def place_of(scope: Scope) -> str:
    return f"{scope.kind}:{scope.id}"


def add_up(gathered: Gathered, scopes: Sequence[Scope], works_at: Clinics) -> None:
    """Therapists and clinics to the chain, and therapists to the clinics that only they work at."""
    chain = next((place_of(each) for each in scopes if each.kind == "chain"), None)
    wholes = [[place_of(each) for each in scopes if each.kind == wanted] for wanted in ("therapist", "clinic")]
    apart = list(islands(scopes, works_at))
    for what in sorted({cell.what for cell in gathered.shown}):
        for whole in wholes:
            if chain is not None and whole:
                total(gathered, Cell(chain, what), [Cell(place, what) for place in whole])
        for number, (people, clinics) in enumerate(apart):
            together = Cell(NOBODY, f"{what} of island {number}")
            equal(gathered, together, [[Cell(place, what) for place in side] for side in (people, clinics)])


def total(gathered: Gathered, whole: Cell, parts: Sequence[Cell]) -> None:
    """What the parts lack, such as therapists without a report, is a cell as well; parts that overlap say nothing."""
    known = [part for part in parts if part in gathered.counts]
    rest = gathered.counts.get(whole, 0) - sum(gathered.counts[part] for part in known)
    if whole not in gathered.counts or rest < 0:
        return
    lacking = [gathered.derive(Cell(whole.place, f"{whole.what} beside {len(gathered.sums)}"), rest)] if rest else []
    gathered.sums.append(Sum(whole, (*known, *lacking)))


def equal(gathered: Gathered, together: Cell, sides: Sequence[Sequence[Cell]]) -> None:
    known = [[cell for cell in side if cell in gathered.counts] for side in sides]
    sizes = {sum(gathered.counts[cell] for cell in side) for side in known}
    if len(sizes) == 1 and all(known):
        gathered.derive(together, sizes.pop())
        gathered.sums.extend(Sum(together, tuple(side)) for side in known)


def islands(scopes: Sequence[Scope], works_at: Clinics) -> Iterator[tuple[list[str], list[str]]]:
    """Therapists and clinics that share nobody with the others."""
    people = {each.id: place_of(each) for each in scopes if each.kind == "therapist"}
    clinics = {each.id: place_of(each) for each in scopes if each.kind == "clinic"}
    staff: dict[UUID, set[UUID]] = defaultdict(set)
    for person in people:
        for clinic in works_at.get(person, frozenset()):
            staff[clinic].add(person)
    left = set(people)
    while left:
        some, where = {min(left)}, set[UUID]()
        while True:
            reached = {clinic for person in some for clinic in works_at.get(person, frozenset())}
            with_them = some | {person for clinic in reached for person in staff[clinic]}
            if (with_them, reached) == (some, where):
                break
            some, where = with_them, reached
        left -= some
        yield sorted(people[each] for each in some), sorted(clinics[each] for each in where if each in clinics)
