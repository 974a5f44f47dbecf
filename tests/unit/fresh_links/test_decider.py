"""How often somebody may be sent a fresh link."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from services.scheduling.fresh_links.decider import FRESH_LINKS, Ask
from shared.fresh_links import DAY, MOST_A_DAY, PAUSE

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
VISIT, CLIENT = UUID(int=1), UUID(int=2)


def sent(*after: timedelta) -> list[bool]:
    """Whether each of these wishes, so long after NOW, gets a link."""
    state, found = FRESH_LINKS.initial, []
    for number, wait in enumerate(after):
        events = FRESH_LINKS.decide(Ask(UUID(int=number), VISIT, CLIENT, NOW + wait), state)
        state = reduce(FRESH_LINKS.evolve, events, state)
        found.append(bool(events))
    return found


def test_the_first_wish_gets_a_link_and_one_right_after_it_none() -> None:
    assert sent(timedelta(), PAUSE - timedelta(seconds=1), PAUSE) == [True, False, True]


def test_a_day_has_so_many_links_and_the_next_one_as_many() -> None:
    wishes = [PAUSE * number for number in range(10)]
    assert sum(sent(*wishes)) == MOST_A_DAY
    assert sent(*wishes, DAY)[-1]
    assert not sent(*wishes, DAY - timedelta(seconds=1))[-1]
