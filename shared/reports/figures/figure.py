"""What every figure is: a drawing, what it says in a sentence, and the same numbers as a table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """All rows are as long as the header; the first column names the row. `left` columns hold words, others numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Figure:
    """`code` is for ever; `description` says in words what the drawing shows, for whoever cannot see it.

    `svg` is None when there is nothing to draw; `description` says so then.
    """

    code: str
    title: str
    description: str
    svg: str | None
    table: Table
