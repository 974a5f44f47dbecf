"""Which cells of tables are hidden so that no small one can be worked out from all that are shown: pure.

Cells are counts that add up to each other. From 1 to 10 a cell is protected, shown or not; zero is not. A reader knows
every sum, every cell that is shown, that what is hidden is at least 1, and at most all cells of one place of their own.
Hiding stops when for each protected cell other numbers are found that would look the same to every such reader.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import NamedTuple

FEWEST = 11
"""A count from which on a cell may be shown."""

DIFFERENT = 5
"""So many values must be possible for a protected cell."""

MOVES = 40
"""So many are tried together with others; with fewer found than there are, more is hidden than had to be."""


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
    """All counts, which of them are shown at all, and what adds up to what."""

    counts: Mapping[Cell, int]
    shown: frozenset[Cell]
    sums: tuple[Sum, ...]

    def __post_init__(self) -> None:
        for each in self.sums:
            if self.counts[each.total] != sum(self.counts[part] for part in each.parts):
                raise ValueError(f"{each.total} is not the sum of its parts")

    def is_protected(self, cell: Cell) -> bool:
        return 0 < self.counts[cell] < FEWEST


Row = dict[Cell, Fraction]
Move = dict[Cell, int]
Ties = Mapping[Cell, Sequence[Sum]]
"""The sums that each cell is in."""


def hidden(tables: Tables) -> frozenset[Cell]:
    """Of the shown cells those that must not be: the small ones, and as few others as are found to be needed."""
    closed = {cell for cell in tables.shown if tables.is_protected(cell)}
    settled: set[Cell] = set()
    ties = ties_of(tables)
    while found := weak(tables, frozenset(closed), settled):
        helped: set[Cell] = set()
        for cell in found:
            further = next_smallest(tables, ties, closed, cell)
            if further is None:
                settled.add(cell)
            elif not helped & {other for each in ties[cell] for other in each.cells}:
                closed.add(further)
                helped.add(further)
    return frozenset(closed)


def ties_of(tables: Tables) -> Ties:
    found: dict[Cell, list[Sum]] = defaultdict(list)
    for each in tables.sums:
        for cell in set(each.cells):
            found[cell].append(each)
    return found


def weak(tables: Tables, closed: frozenset[Cell], settled: set[Cell]) -> list[Cell]:
    """The protected cells that somebody could work out, in order, so that the same tables hide the same.

    `settled` need no further look: those found safe, which they stay when more is hidden, and those beside which
    nothing more is shown, where what still gives them away is what the reader brings along.
    """
    unknown = closed | (tables.counts.keys() - tables.shown)
    by_cell: dict[Cell, list[Move]] = defaultdict(list)
    for move in possible(tables, unknown):
        for cell in move:
            by_cell[cell].append(move)
    found = []
    for cell in sorted(unknown - settled):
        if tables.is_protected(cell):
            if is_safe(tables, cell, by_cell, closed):
                settled.add(cell)
            else:
                found.append(cell)
    return found


def is_safe(tables: Tables, cell: Cell, by_cell: Mapping[Cell, Sequence[Move]], closed: frozenset[Cell]) -> bool:
    """Whether it can be different enough, whichever one other place the reader knows all about."""
    needed: set[str] | None = None
    for move in ways(cell, by_cell):
        if values(tables, cell, move, closed) >= DIFFERENT:
            others = {each.place for each in move} - {cell.place}
            needed = others if needed is None else needed & others
            if not needed:
                return True
    return False


def ways(cell: Cell, by_cell: Mapping[Cell, Sequence[Move]]) -> Iterator[Move]:
    """Moves of a cell, and these together with another move that spares one of the cells they touch."""
    yield from by_cell.get(cell, ())
    for move in by_cell.get(cell, ())[:MOVES]:
        for touched in sorted(move.keys() - {cell}):
            for other in by_cell[touched][:MOVES]:
                if other is not move:
                    together = combined(move, other, touched)
                    if together.get(cell):
                        yield together


def combined(move: Move, other: Move, without: Cell) -> Move:
    """A move that leaves one cell as it is."""
    by, times = other[without], -move[without]
    found = {each: by * move.get(each, 0) + times * other.get(each, 0) for each in move | other}
    return {each: amount for each, amount in found.items() if amount}


def values(tables: Tables, cell: Cell, move: Move, closed: frozenset[Cell]) -> int:
    """How many values the cell takes along a move before a cell would fall below what everybody knows of it."""
    steps = 1
    for sign in (1, -1):
        room = [(tables.counts[each] - (each in closed)) // -(sign * by) for each, by in move.items() if sign * by < 0]
        steps += min([DIFFERENT, *room])
    return steps * abs(move[cell]) if steps > 1 else 1


def possible(tables: Tables, unknown: frozenset[Cell]) -> Iterator[Move]:
    """Changes of unknown cells that leave every sum as it is: one for each cell that the sums do not settle."""
    pivots: dict[Cell, Row] = {}
    among: dict[Cell, set[Cell]] = defaultdict(set)
    for each in tables.sums:
        row = reduced(row_of(each, unknown), pivots)
        if row:
            pivot = max(row, key=lambda cell: (tables.counts[cell], cell))
            row = {cell: by / row[pivot] for cell, by in row.items()}
            for other in tuple(among[pivot]):
                known = pivots[other]
                put(pivots, among, other, added(known, row, -known[pivot]))
            put(pivots, among, pivot, row)
    for free in sorted(unknown - pivots.keys()):
        vector = {free: Fraction(1)} | {pivot: -pivots[pivot][free] for pivot in among[free]}
        whole = lcm(*(by.denominator for by in vector.values()))
        yield {cell: int(by * whole) for cell, by in vector.items()}


def put(pivots: dict[Cell, Row], among: Mapping[Cell, set[Cell]], pivot: Cell, row: Row) -> None:
    """Make it the row of a pivot; `among` are the pivots whose rows have a cell."""
    before = pivots.get(pivot, {})
    for cell in before.keys() - row.keys():
        among[cell].discard(pivot)
    for cell in row.keys() - before.keys():
        among[cell].add(pivot)
    pivots[pivot] = row


def row_of(each: Sum, unknown: frozenset[Cell]) -> Row:
    row: Row = defaultdict(Fraction)
    for cell, by in ((each.total, 1), *((part, -1) for part in each.parts)):
        if cell in unknown:
            row[cell] += by
    return {cell: by for cell, by in row.items() if by}


def reduced(row: Row, pivots: Mapping[Cell, Row]) -> Row:
    for pivot in [cell for cell in row if cell in pivots]:
        row = added(row, pivots[pivot], -row[pivot])
    return row


def added(row: Row, other: Row, times: Fraction) -> Row:
    found = dict(row)
    for cell, by in other.items():
        total = found.get(cell, Fraction(0)) + times * by
        if total:
            found[cell] = total
        else:
            found.pop(cell, None)
    return found


def next_smallest(tables: Tables, ties: Ties, closed: set[Cell], start: Cell) -> Cell | None:
    """The smallest cell still shown that is tied to a weak one: counts of the same first, totals last."""
    unknown = closed | (tables.counts.keys() - tables.shown)
    reached, frontier = {start}, {start}
    while frontier:
        near = [each for cell in frontier for each in ties.get(cell, ())]
        found = {cell for each in near for cell in each.cells}
        through = found - tables.shown - reached
        if not through:
            totals = {each.total for each in near}
            useful = [cell for cell in found - unknown if tables.counts[cell]]
            if useful:
                return min(
                    useful, key=lambda cell: (cell.what != start.what, cell in totals, tables.counts[cell], cell)
                )
            through = (found & unknown) - reached
        reached |= through
        frontier = through and reached
    return None
