"""The stories of the second tour, in the order in which they are told: `tell(desk)` each."""

from collections.abc import Callable

from demo.stories import family, gift, monday_with_a_sick_therapist, snow_on_tuesday, two_annas, wrong_tap
from demo.stories.desk import Desk

STORIES: tuple[Callable[[Desk], None], ...] = (
    two_annas.tell,
    family.tell,
    gift.tell,
    monday_with_a_sick_therapist.tell,
    snow_on_tuesday.tell,
    wrong_tap.tell,
)
