"""The stories of the second tour, in the order in which they are told: `tell(desk)` each."""

from collections.abc import Callable

from demo.stories.desk import Desk

STORIES: tuple[Callable[[Desk], None], ...] = ()
