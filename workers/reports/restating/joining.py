"""What is known of everybody, with some persons as they were known at another moment: all that counts, put together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from workers.reports.capacity import Capacity
from workers.reports.knowledge import Knowledge
from workers.reports.known.sessions import Counted, Loops
from workers.reports.outcomes import strata
from workers.reports.restating.touched import BY_PERSON, PERSONAL, SETS
from workers.reports.scopes import Sorted


@dataclass(frozen=True, slots=True)
class Others:
    """A reading of everybody, from which what was counted of some persons is taken out.

    `series` and what is compared between therapists are as in that reading.
    """

    known: Knowledge
    rows: dict[str, list[Any]]
    counted: tuple[Sequence[Loops], Sequence[Counted]]


def others(known: Knowledge, clients: Collection[UUID], theirs: Knowledge) -> Others:
    """Everybody but these clients; `theirs` is what the reading counts of them."""
    some = frozenset(clients)
    rows = {name: [row for row in getattr(known, name).all if row.person_id not in some] for name in PERSONAL}
    sessions = {each.session_id for each in rows["sessions"]}
    rows["ratings"] = [each for each in known.ratings.all if each.session_id in sessions]
    for name in BY_PERSON:
        rows[name] = [item for item in getattr(known, name).items() if item[0] not in some]
    for name in SETS:
        rows[name] = [person for person in getattr(known, name) if person not in some]
    rows["sessions_of"] = [
        (episode, held) for episode, held in known.sessions_of.items() if held[0].person_id not in some
    ]
    loops = [replace(each, released=-each.released, retested=-each.retested) for each in theirs.loops.all]
    overrides = [replace(each, n=-each.n) for each in theirs.overrides.all]
    return Others(known, rows, ([*known.loops.all, *loops], [*known.overrides.all, *overrides]))


def together(rest: Others, theirs: Knowledge, capacity: Sequence[Capacity]) -> Knowledge:
    """With `theirs` as it is counted of those persons, and these rotas."""
    joined: dict[str, Any] = {
        name: Sorted([*rest.rows[name], *getattr(theirs, name).all]) for name in (*PERSONAL, "ratings")
    }
    joined |= {name: dict(rest.rows[name]) | dict(getattr(theirs, name)) for name in (*BY_PERSON, "sessions_of")}
    joined |= {name: frozenset(rest.rows[name]) | getattr(theirs, name) for name in SETS}
    loops, overrides = rest.counted
    return replace(
        rest.known,
        **joined,
        people=theirs.people,
        strata=strata(joined["outcomes"].all, joined["attempted"]),
        loops=Sorted([*loops, *theirs.loops.all]),
        overrides=Sorted([*overrides, *theirs.overrides.all]),
        capacity=Sorted(capacity),
    )
