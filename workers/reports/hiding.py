"""Which cells of tables are hidden so that no small one can be worked out from all that are shown: pure.

Cells are counts that add up to each other. From 1 to 10 a cell is protected, shown or not; zero is not. A reader knows
every sum, every cell that is shown, that what is hidden is at least 1, and at most all cells of one place of their own.
Hiding stops when for each protected cell other numbers are found that would look the same to every such reader.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import merge
from itertools import count, islice, repeat
from math import lcm
from typing import NamedTuple

FEWEST = 11
"""A count from which on a cell may be shown."""

DIFFERENT = 5
"""So many values must be possible for a protected cell."""

MOVES = 40
"""So many are tried together with others; with fewer found than there are, more is hidden than had to be."""

TOGETHER = (50, 500)
"""So many of a cell with others are tried first, and so many more when these are not enough."""

PATIENT = 6
"""For so many rounds one more cell is hidden at a time; then twice as many in each, so that it ends."""


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


Exact = int | Fraction
Row = dict[Cell, Exact]
Move = dict[Cell, int]
Ties = Mapping[Cell, Sequence[int]]
"""Which sums each cell is in."""


def hidden(tables: Tables) -> frozenset[Cell]:
    """Of the shown cells those that must not be: the small ones, and as few others as are found to be needed."""
    closed = {cell for cell in tables.shown if tables.is_protected(cell)}
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


def ties_of(tables: Tables) -> Ties:
    found: dict[Cell, list[int]] = defaultdict(list)
    for index, each in enumerate(tables.sums):
        for cell in set(each.cells):
            found[cell].append(index)
    return found


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


def is_safe(tables: Tables, cell: Cell, by_cell: Mapping[Cell, Sequence[Move]], closed: AbstractSet[Cell]) -> bool:
    """Whether it can be different enough, whichever one other place the reader knows all about."""
    moves = list(by_cell.get(cell, ())[:MOVES])
    further = together(cell, by_cell) if moves else iter(())
    for more in TOGETHER:
        if moves and withstands(tables, cell, moves, closed):
            return True
        added = list(islice(further, more))
        if not added:
            return False
        moves += added
    return withstands(tables, cell, moves, closed)


def withstands(tables: Tables, cell: Cell, moves: Sequence[Move], closed: AbstractSet[Cell]) -> bool:
    needed = varied(tables, cell, moves, closed)
    while needed:
        known = min(needed)
        spared = varied(tables, cell, [move for move in moves if known not in places(cell, move)], closed)
        if spared is None:
            return False
        needed &= spared
    return needed is not None


def places(cell: Cell, move: Move) -> set[str]:
    return {each.place for each in move} - {cell.place}


def varied(tables: Tables, cell: Cell, moves: Sequence[Move], closed: AbstractSet[Cell]) -> set[str] | None:
    """The other places that have to move for the cell to be different enough; none when that is not found.

    One move is made, or one after the other, each as far as no cell falls below what everybody knows of it.
    """
    for some in (*([move] for move in moves), moves):
        values, needed = 1, set[str]()
        for up in (1, -1):
            moved: dict[Cell, int] = defaultdict(int)
            for move in some:
                sign = up if move[cell] > 0 else -up
                steps = min(
                    [DIFFERENT]
                    + [
                        (tables.counts[each] - (each in closed) + moved[each]) // -(sign * by)
                        for each, by in move.items()
                        if sign * by < 0
                    ]
                )
                if steps:
                    for each, by in move.items():
                        moved[each] += sign * steps * by
                    needed |= places(cell, move)
                    values += steps * abs(move[cell])
                    if values >= DIFFERENT:
                        return needed
    return None


def together(cell: Cell, by_cell: Mapping[Cell, Sequence[Move]]) -> Iterator[Move]:
    """Moves of a cell together with another move that spares one of the cells they touch."""
    touching = [
        (move, touched, by_cell[touched]) for move in by_cell[cell][:MOVES] for touched in sorted(move.keys() - {cell})
    ]
    for rank in range(MOVES):
        for move, touched, others in touching:
            if rank < len(others) and others[rank] is not move:
                both = combined(move, others[rank], touched)
                if both.get(cell):
                    yield both


def combined(move: Move, other: Move, without: Cell) -> Move:
    """A move that leaves one cell as it is."""
    by, times = other[without], -move[without]
    found = {each: by * move.get(each, 0) + times * other.get(each, 0) for each in move | other}
    return {each: amount for each, amount in found.items() if amount}


def possible(tables: Tables, rows: Iterable[Row], unknown: AbstractSet[Cell]) -> Iterator[Move]:
    """Changes of unknown cells that leave every sum as it is: one for each cell that the sums do not settle.

    The shortest sums come first, so that one over the whole chain is looked at once.
    """
    pivots: dict[Cell, Row] = {}
    among: dict[Cell, set[Cell]] = defaultdict(set)
    for row in sorted(rows, key=lambda row: (len(row), sorted(row.items()))):
        for pivot in [cell for cell in row if cell in pivots]:
            add(row, pivots[pivot], -row[pivot])
        if row:
            pivot = max(row, key=lambda cell: (tables.counts[cell], cell))
            solved = divided(row, row[pivot])
            for other in tuple(among[pivot]):
                known = pivots[other]
                add(known, solved, -known[pivot])
                for cell in solved:
                    (among[cell].add if cell in known else among[cell].discard)(other)
            pivots[pivot] = solved
            for cell in solved:
                among[cell].add(pivot)
    for free in sorted(unknown - pivots.keys(), key=lambda cell: (-tables.counts[cell], cell)):
        vector = {free: 1} | {pivot: -pivots[pivot][free] for pivot in among[free]}
        whole = lcm(*(by.denominator for by in vector.values()))
        yield {cell: int(by * whole) for cell, by in vector.items()}


def row_of(each: Sum, unknown: AbstractSet[Cell]) -> Row:
    row: Row = defaultdict(int)
    for cell, by in ((each.total, 1), *((part, -1) for part in each.parts)):
        if cell in unknown:
            row[cell] += by
    return {cell: by for cell, by in row.items() if by}


def divided(row: Row, by: Exact) -> Row:
    return {cell: each * by if by in (1, -1) else Fraction(each) / by for cell, each in row.items()}


def add(row: Row, other: Row, times: Exact) -> None:
    """Change a row by so many times another."""
    for cell, by in other.items():
        total = row.get(cell, 0) + times * by
        if total:
            row[cell] = total
        else:
            row.pop(cell, None)


def complements(nearby: "Nearby", settled: set[Cell], found: Sequence[Cell], at_once: int) -> set[Cell]:
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


class Further(NamedTuple):
    """A cell that may be hidden as well; what comes first is hidden first."""

    is_other: bool
    is_total: bool
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
                Further(cell.what != what, cell == each.total, self.tables.counts[cell], cell, index)
                for cell in set(each.cells) - self.unknown
                if self.tables.counts[cell]
            )
        return self.best[index, what]
