"""Whose rows are others than they were: of two readings of one window, the persons of whom anything counts differently.

Whoever is not among them counts the same in every report of the window, whatever was recorded of them in between.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from shared.reports.document import Scope
from workers.reports.knowledge import Knowledge
from workers.reports.metrics.care import NOBODY
from workers.reports.metrics.visits import is_last

PERSONAL = (
    "visits",
    "sessions",
    "episodes",
    "outcomes",
    "corrections",
    "confirmed",
    "resolved",
    "asked",
    "alerts",
)
"""What is known row by row, each of one person."""

BY_PERSON = ("presence", "agreed_ends", "answered", "session_starts")
SETS = ("attempted", "asked_now")


def differing(before: Knowledge, after: Knowledge) -> frozenset[UUID]:
    """Persons, as either reading names them."""
    pairs = zip(parts(before), parts(after), strict=True)
    return frozenset(person for was, now in pairs for person in unlike(was, now))


def parts(known: Knowledge) -> Iterator[Mapping[UUID, Any]]:
    """Each by person."""
    for name in PERSONAL:
        yield sorted_out(getattr(known, name).all)
    yield discharged(known)
    yield {person: each for person, each in known.presence.items() if each != NOBODY}
    yield known.answered
    yield known.session_starts
    for name in SETS:
        yield dict.fromkeys(getattr(known, name), True)
    yield dict.fromkeys(gone(known), True)


def discharged(known: Knowledge) -> Mapping[UUID, list[UUID]]:
    """The visits after which nobody had to come again: of when people were discharged only this is counted."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for visit in known.visits.all:
        if is_last(visit, known.agreed_ends.get(visit.person_id, ())):
            found[visit.person_id].append(visit.appointment_id)
    return found


def sorted_out(rows: Collection[Any]) -> Mapping[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found


def unlike(was: Mapping[UUID, Any], now: Mapping[UUID, Any]) -> Iterator[UUID]:
    return (person for person in was.keys() | now.keys() if was.get(person) != now.get(person))


def gone(known: Knowledge) -> frozenset[UUID]:
    """Whom nobody looks for any more."""
    return frozenset(person for person in known.people.erased if known.people.is_gone(person, known.window.shown_at))


def charted(known: Knowledge, scope: Scope) -> tuple[Any, ...]:
    """What is counted of charts without saying whose, in no order that matters."""
    loops = ((each.therapist_id, each.clinic_id, each.released, each.retested) for each in known.loops.of(scope))
    overrides = ((each.therapist_id, each.clinic_id, each.n) for each in known.overrides.of(scope))
    return sorted(loops), sorted(overrides), known.ratings.of(scope)


def same(one: Knowledge, other: Knowledge) -> bool:
    """Whether no number could tell the two readings apart; calendars are not looked at."""
    chain = Scope(kind="chain", id=one.window.chain_id)
    return not differing(one, other) and charted(one, chain) == charted(other, chain)


def concerns(scope: Scope, one: Knowledge, other: Knowledge, persons: Collection[UUID]) -> bool:
    """Whether a report counts anything of these persons, in whom alone the readings differ, or of charts that do."""
    if scope.kind == "chain":
        return True
    rows = (row for known in (one, other) for name in PERSONAL for row in getattr(known, name).of(scope))
    return any(row.person_id in persons for row in rows) or charted(one, scope) != charted(other, scope)
