"""Counts that add up to each other: which are shown, which are one number, which must not be worked out (1 to 10)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

FEWEST = 11
"""A count from which on a cell may be shown."""

NOBODY = ""
"""The place of counts that nobody has, such as that of a few clinics together."""


class Cell(NamedTuple):
    """`place` is whose count it is: a therapist, a clinic, the chain, NOBODY; `what` names it there."""

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Sum:
    total: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.total, *self.parts)


@dataclass(frozen=True, slots=True)
class Tables:
    """All counts, which of them are shown at all, and what adds up to what; `also` are protected however many."""

    counts: Mapping[Cell, int]
    shown: frozenset[Cell]
    sums: tuple[Sum, ...]
    also: frozenset[Cell] = frozenset()
    same: Mapping[Cell, frozenset[str]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        for each in self.sums:
            if self.counts[each.total] != sum(self.counts[part] for part in each.parts):
                raise ValueError(f"{each.total} is not the sum of its parts")
        object.__setattr__(self, "same", same_numbers(self.sums))

    def places(self, cell: Cell) -> frozenset[str]:
        """Where its number stands: such as with a therapist, and with the clinic at which nobody else works."""
        return self.same.get(cell) or frozenset({cell.place})

    def is_protected(self, cell: Cell) -> bool:
        return 0 < self.counts[cell] < FEWEST or cell in self.also

    def spare(self, cell: Cell, closed: AbstractSet[Cell]) -> int:
        """By how much it could be less: what is hidden is at least 1, but where zero is protected."""
        return max(self.counts[cell] - (cell in closed), 0)


Groups = dict[Cell, set[Cell]]
"""With which others each cell is one number."""


def same_numbers(sums: Sequence[Sum]) -> Mapping[Cell, frozenset[str]]:
    """The places of cells that are one number by the sums alone, whatever is hidden."""
    groups: Groups = {}
    while sum(join(groups, *pair) for pair in list(equals(groups, sums))):
        pass
    return {cell: frozenset(each.place for each in group) for cell, group in groups.items()}


def equals(groups: Groups, sums: Sequence[Sum]) -> Iterator[tuple[Cell, Cell]]:
    """A total of one part is that part; and of two sums whose other cells are the same, so are the remaining ones."""
    seen: dict[tuple[Cell | None, tuple[Cell, ...]], Cell] = {}
    for each in sums:
        if len(each.parts) == 1:
            yield each.total, each.parts[0]
        alone = [cell for cell in each.cells if cell not in groups]
        if len(alone) <= 1:
            for cell in alone or each.cells:
                yield cell, seen.setdefault(beside(groups, each, cell), cell)


def beside(groups: Groups, each: Sum, cell: Cell) -> tuple[Cell | None, tuple[Cell, ...]]:
    """The total, unless it is the cell, and the parts but for the cell: each by one name of its number."""
    parts = list(each.parts)
    if cell != each.total:
        parts.remove(cell)
    named = tuple(sorted(min(groups.get(part, {part})) for part in parts))
    return (None if cell == each.total else min(groups.get(each.total, {each.total}))), named


def join(groups: Groups, one: Cell, other: Cell) -> bool:
    """Whether they were not known to be the same."""
    if one == other or other in groups.get(one, ()):
        return False
    both = groups.get(one, {one}) | groups.get(other, {other})
    groups.update(dict.fromkeys(both, both))
    return True


Ties = Mapping[Cell, Sequence[int]]
"""Which sums each cell is in."""


def ties_of(tables: Tables) -> Ties:
    found: dict[Cell, list[int]] = defaultdict(list)
    for index, each in enumerate(tables.sums):
        for cell in set(each.cells):
            found[cell].append(index)
    return found


def tied(tables: Tables, ties: Ties, unknown: AbstractSet[Cell], start: Iterable[Cell]) -> tuple[set[Cell], set[int]]:
    """All cells that may move when those of the start do, and the sums they are in."""
    cells, sums, left = set(start), set[int](), list(start)
    while left:
        for index in ties.get(left.pop(), ()):
            if index not in sums:
                sums.add(index)
                further = (unknown & set(tables.sums[index].cells)) - cells
                cells |= further
                left.extend(further)
    return cells, sums
