"""Which steps of a way change anything: found with few looks where most change nothing. Pure."""

from collections.abc import Callable, Iterator
from typing import TypeVar

Seen = TypeVar("Seen")


def changes(look: Callable[[int], Seen], same: Callable[[Seen, Seen], bool], steps: int) -> Iterator[tuple[int, Seen]]:
    """Each step that changes what is seen, with what is seen after it.

    `look(n)` is what is seen after so many steps. Of steps between two equal looks none is told: whatever they changed,
    they changed back.
    """
    if steps:
        yield from between(look, same, (0, look(0)), (steps, look(steps)))


def between(
    look: Callable[[int], Seen], same: Callable[[Seen, Seen], bool], low: tuple[int, Seen], high: tuple[int, Seen]
) -> Iterator[tuple[int, Seen]]:
    if same(low[1], high[1]):
        return
    if high[0] - low[0] == 1:
        yield high
        return
    n = (low[0] + high[0]) // 2
    middle = (n, look(n))
    yield from between(look, same, low, middle)
    yield from between(look, same, middle, high)
