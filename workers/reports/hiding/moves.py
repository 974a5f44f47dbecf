"""How cells that nobody sees could be different while every sum stays as it is: by exact elimination."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set as AbstractSet
from fractions import Fraction
from math import lcm

from workers.reports.hiding.tables import Cell, Sum, Tables

Exact = int | Fraction

Row = dict[Cell, Exact]

Move = dict[Cell, int]


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


def combined(move: Move, other: Move, without: Cell) -> Move:
    """A move that leaves one cell as it is."""
    by, times = other[without], -move[without]
    found = {each: by * move.get(each, 0) + times * other.get(each, 0) for each in move | other}
    return {each: amount for each, amount in found.items() if amount}
