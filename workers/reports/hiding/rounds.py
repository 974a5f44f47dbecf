"""Which cells of tables are hidden so that no small one can be worked out from all that are shown: pure.

A reader knows every sum, every cell that is shown, that what is hidden is at least 1, and at most all cells of one
place of their own. Hiding stops when for each protected cell other numbers are found that would look the same to every
such reader.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set as AbstractSet
from itertools import count, repeat

from workers.reports.hiding.complements import Nearby, complements
from workers.reports.hiding.moves import Move, possible, row_of
from workers.reports.hiding.safety import is_safe
from workers.reports.hiding.tables import Cell, Tables, Ties, tied, ties_of

PATIENT = 6
"""For so many rounds one more cell is hidden at a time; then twice as many in each, so that it ends."""


def hidden(tables: Tables, anyway: AbstractSet[Cell] = frozenset()) -> frozenset[Cell]:
    """Of the shown cells those that must not be: the small ones, and as few others as are found to be needed.

    What is hidden `anyway`, for another reason, may hide others as well.
    """
    closed = {cell for cell in tables.shown if tables.is_protected(cell) or cell in anyway}
    settled: set[Cell] = set()
    ties = ties_of(tables)
    new = closed | (tables.counts.keys() - tables.shown)
    for at_once in patience():
        found = weak(tables, ties, closed, settled, new)
        if not found:
            break
        nearby = Nearby(tables, ties, closed | (tables.counts.keys() - tables.shown))
        new = complements(nearby, settled, found, at_once)
        closed |= new
    return frozenset(closed)


def patience() -> Iterator[int]:
    """How many cells of a sum are hidden at once: one, and ever more when it goes on for long, so that it ends."""
    yield from repeat(1, PATIENT)
    yield from (2**power for power in count(1))


def weak(tables: Tables, ties: Ties, closed: set[Cell], settled: set[Cell], new: Iterable[Cell]) -> list[Cell]:
    """The protected cells that somebody could work out, in order, so that the same tables hide the same.

    `settled` need no further look: those found safe, which they stay when more is hidden, and those beside which
    nothing more is shown, where what still gives them away is what the reader brings along. Nor do those that no sums
    of unknown cells tie to what is `new`ly hidden.
    """
    unknown = closed | (tables.counts.keys() - tables.shown)
    cells, sums = tied(tables, ties, unknown, new)
    by_cell: dict[Cell, list[Move]] = defaultdict(list)
    for move in possible(tables, [row_of(tables.sums[index], unknown) for index in sums], cells):
        for cell in move:
            by_cell[cell].append(move)
    found = []
    for cell in sorted(cells - settled):
        if tables.is_protected(cell):
            if is_safe(tables, cell, by_cell, closed):
                settled.add(cell)
            else:
                found.append(cell)
    return found
