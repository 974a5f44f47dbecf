"""What is hidden beside cells that could be worked out: counts of the same first, small ones first, totals last."""

from collections.abc import Iterator, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import NamedTuple

from workers.reports.hiding.tables import Cell, Tables, Ties


class Further(NamedTuple):
    """A cell that may be hidden as well; what comes first is hidden first.

    `among` so many it adds up: of few, one hides another better than of a whole chain.
    """

    is_other: bool
    is_total: bool
    among: int
    size: int
    cell: Cell
    within: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """What is still shown beside cells, as sums tie them."""

    tables: Tables
    ties: Ties
    unknown: AbstractSet[Cell]
    best: dict[tuple[int, str], list[Further]] = field(default_factory=dict)

    def shown(self, start: Cell) -> Iterator[Further]:
        """Counts of the same first, totals last, and through other hidden cells only when nothing else is left."""
        reached, frontier, sums, near = {start}, {start}, set[int](), set[int]()
        while frontier:
            near |= {index for cell in frontier for index in self.ties.get(cell, ())} - sums
            sums |= near
            hidden_ones = {cell for index in sums for cell in self.tables.sums[index].cells if cell in self.unknown}
            frontier = hidden_ones - self.tables.shown - reached
            if not frontier:
                yield from merge(*(self.within(index, start.what) for index in near))
                near = set()
                frontier = hidden_ones - reached
            reached |= frontier

    def within(self, index: int, what: str) -> list[Further]:
        """The cells of a sum that may be hidden, in order."""
        if (index, what) not in self.best:
            each = self.tables.sums[index]
            self.best[index, what] = sorted(
                Further(cell.what != what, cell == each.total, len(each.parts), self.tables.counts[cell], cell, index)
                for cell in set(each.cells) - self.unknown
                if self.tables.counts[cell]
            )
        return self.best[index, what]


def complements(nearby: Nearby, settled: set[Cell], found: Sequence[Cell], at_once: int) -> set[Cell]:
    """What is to be hidden beside weak cells: so many for each, but for those whose sum another's are in."""
    helped: set[int] = set()
    new: set[Cell] = set()
    for cell in found:
        further = list(islice(nearby.shown(cell), at_once))
        if not further:
            settled.add(cell)
        elif further[0].within not in helped:
            for each in further:
                new.add(each.cell)
                helped.update(nearby.ties[each.cell])
    return new
