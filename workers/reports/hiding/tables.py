"""Counts that add up to each other, which of them are shown, and which must not be worked out: those from 1 to 10."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

FEWEST = 11
"""A count from which on a cell may be shown."""


class Cell(NamedTuple):
    """`place` is whose count it is: a therapist, a clinic, the chain; `what` names it there."""

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

    def __post_init__(self) -> None:
        for each in self.sums:
            if self.counts[each.total] != sum(self.counts[part] for part in each.parts):
                raise ValueError(f"{each.total} is not the sum of its parts")

    def is_protected(self, cell: Cell) -> bool:
        return 0 < self.counts[cell] < FEWEST or cell in self.also

    def spare(self, cell: Cell, closed: AbstractSet[Cell]) -> int:
        """By how much it could be less: what is hidden is at least 1, but where zero is protected."""
        return max(self.counts[cell] - (cell in closed), 0)


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
