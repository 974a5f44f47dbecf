"""Whether a protected cell could be different enough, whichever one other place a reader knows all about."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from itertools import islice

from workers.reports.hiding.moves import Move, combined
from workers.reports.hiding.tables import NOBODY, Cell, Tables

DIFFERENT = 5
"""So many values must be possible for a protected cell."""

MOVES = 40
"""So many are tried together with others; with fewer found than there are, more is hidden than had to be."""

TOGETHER = (50, 500)
"""So many of a cell with others are tried first, and so many more when these are not enough."""


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
        spared = varied(tables, cell, [move for move in moves if known not in others(tables, cell, move)], closed)
        if spared is None:
            return False
        needed &= spared
    return needed is not None


def others(tables: Tables, cell: Cell, move: Move) -> set[str]:
    """Whose places move as well, but for those that have the number of the cell themselves."""
    return {each.place for each in move} - tables.places(cell) - {NOBODY}


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
                        (tables.spare(each, closed) + moved[each]) // -(sign * by)
                        for each, by in move.items()
                        if sign * by < 0
                    ]
                )
                if steps:
                    for each, by in move.items():
                        moved[each] += sign * steps * by
                    needed |= others(tables, cell, move)
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
