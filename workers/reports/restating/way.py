"""The events between two moments after which anything counts differently, each with what is known of everybody then."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Connection

from shared.reports.document import Scope
from workers.reports.capacity import Capacity, capacity
from workers.reports.knowledge import Knowledge, read
from workers.reports.known.calendar import calendar
from workers.reports.restating.few import only
from workers.reports.restating.joining import Others, others, together
from workers.reports.restating.late import (
    Late,
    charted_late,
    known_as,
    late_of,
    late_of_calendars,
    merged,
    positions,
)
from workers.reports.restating.steps import changes
from workers.reports.restating.touched import concerns, differing, same
from workers.reports.window import Window

Seen = TypeVar("Seen")
Found = Sequence[tuple[Late, Seen]]
"""Events, each with what is seen after it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One event of the way: what was known before it, and after it, of everybody and of those it may be about."""

    event: Late
    before: Knowledge
    after: Knowledge
    few: tuple[Knowledge, Knowledge]

    def concerns(self, scope: Scope) -> bool:
        """Whether a number of the scope's report may be another now, but for what is made of everybody's."""
        if self.before.capacity.all != self.after.capacity.all:
            return True
        one, other = self.few
        return concerns(scope, one, other, differing(one, other))


def way(connection: Connection, before: Knowledge, after: Knowledge) -> Iterator[Turn]:
    """In the order in which they were recorded; `before` and `after` show the same moment of the same period.

    When it returns, all is read: walking it needs no connection.
    """
    window, later = before.window, after.window.as_of
    persons = differing(before, after) | charted_late(connection, window, later)
    clients = known_as(connection, window, later, persons)
    with only(connection, window.chain_id, clients):
        first = read(connection, window)
        late = late_of(connection, window, later, clients)
        turns = found(window, late, lambda then: read(connection, then), same)
    shifts = rotas(connection, before, after)
    return walked(others(before, clients, first), first, turns, shifts)


def rotas(connection: Connection, before: Knowledge, after: Knowledge) -> Found[Sequence[Capacity]]:
    if before.capacity.all == after.capacity.all:
        return []
    late = late_of_calendars(connection, before.window, after.window.as_of)
    return found(before.window, late, lambda then: list(capacity(calendar(connection, then), then)), equal)


def equal(one: Sequence[Capacity], other: Sequence[Capacity]) -> bool:
    return one == other


def found(
    window: Window,
    late: Sequence[Late],
    seen: Callable[[Window], Seen],
    alike: Callable[[Seen, Seen], bool],
) -> Found[Seen]:
    known = positions(window.as_of, late)

    def look(steps: int) -> Seen:
        return seen(replace(window, as_of=known[steps]))

    return [(late[n - 1], after) for n, after in changes(look, alike, len(late))]


def walked(
    rest: Others, first: Knowledge, turns: Found[Knowledge], shifts: Found[Sequence[Capacity]]
) -> Iterator[Turn]:
    few: Knowledge = first
    able: Sequence[Capacity] = rest.known.capacity.all
    of_persons = {event.event_id: state for event, state in turns}
    of_rotas = {event.event_id: state for event, state in shifts}
    before = together(rest, few, able)
    for event in merged([event for event, _ in (*turns, *shifts)]):
        were, few = few, of_persons.get(event.event_id, few)
        able = of_rotas.get(event.event_id, able)
        after = together(rest, few, able)
        yield Turn(event, before, after, (were, few))
        before = after
