"""How much homework is still done: more than three pairs a day is asked for at one's own risk."""

from collections.abc import Sequence
from typing import Literal

from shared.events.treatment_homework import Pair

MOST_PAIRS = 10
ENOUGH_PAIRS = 3


def warnings(pairs: Sequence[Pair]) -> tuple[Literal["many_pairs"], ...]:
    """What should be thought over, though it is accepted."""
    return ("many_pairs",) if len(pairs) > ENOUGH_PAIRS else ()
