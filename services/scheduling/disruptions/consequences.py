"""What a change of the directory does to booked visits: none falls out of the rules unseen.

A change looks before and after, inside its own transaction and under its locks. What it newly leaves outside the rules
is listed, must be accepted and is then disrupted; what it lets back in is restored, unless something else still holds
it outside. Nobody is asked again for what was outside before.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.disrupting import Reassess
from services.scheduling.disruptions.hits import Visits, hits
from shared.decider import Refused, handle_each
from shared.event_store import Transaction
from shared.events.scheduling_disruptions import Cause

MOST_VISITS = 2000
"""How many visits one change may disrupt, restore or send elsewhere, because it does so in one transaction."""

DISRUPTED = text("SELECT id, disrupted_by FROM appointments WHERE disrupted")

Hits = Mapping[Cause, Visits]
Clinics = Collection[UUID] | None
"""Where somebody may see visits; None is everywhere."""


class HitsVisits(Refused):
    """Booked visits stand in the way; send accept_conflicts to go on all the same."""

    code = "conflicts"


class TooManyVisits(Refused):
    """More than 2,000 booked visits are hit; make the change in several steps, for example one month after another."""

    code = "too_many_visits"


@dataclass(frozen=True, slots=True)
class Before:
    """Which visits the causes hit before the change."""

    now: datetime
    hits: Hits


def look(connection: Connection, causes: Iterable[Cause], now: datetime) -> Before:
    """What the causes hit before a change that may bring, widen or lift them; to be called under its locks."""
    return Before(now, {cause: hits(connection, cause, now) for cause in causes})


def settle(
    tx: Transaction, before: Before, *, accepted: bool, clinics: Clinics, elsewhere: Visits = ()
) -> dict[str, Any]:
    """Mark what the change, already made in this transaction, has done; gives the visits that it hits, as `seen`.

    `elsewhere` are visits that find another address there. Raises HitsVisits unless the visits are accepted or were hit
    before, TooManyVisits.
    """
    after = {cause: hits(tx.connection, cause, before.now) for cause in before.hits}
    arisen = new_hits(before, after)
    gone = gone_from(tx.connection, after)
    touched = sorted(arisen.keys() | gone.keys())
    if len(touched) + len(elsewhere) > MOST_VISITS:
        raise TooManyVisits
    conflicts = seen(listed(after, elsewhere), clinics)
    if not accepted and (arisen or elsewhere):
        raise HitsVisits(**conflicts)
    commands = (Reassess(each, frozenset(arisen.get(each, ())), frozenset(gone.get(each, ()))) for each in touched)
    handle_each(tx, APPOINTMENT, {f"appointment-{command.appointment_id}": command for command in commands})
    return conflicts


def new_hits(before: Before, after: Hits) -> dict[UUID, set[Cause]]:
    """The causes that newly hit a visit that is not over, by visit."""
    arisen: dict[UUID, set[Cause]] = defaultdict(set)
    for cause, visits in after.items():
        known = {visit.id for visit in before.hits[cause]}
        for visit in visits:
            if visit.id not in known and visit.ends_at > before.now:
                arisen[visit.id].add(cause)
    return arisen


def gone_from(connection: Connection, after: Hits) -> dict[UUID, set[Cause]]:
    """The causes that no longer hit a visit that they disrupted, by visit."""
    held = {cause: {visit.id for visit in visits} for cause, visits in after.items()}
    gone: dict[UUID, set[Cause]] = defaultdict(set)
    for row in connection.execute(DISRUPTED):
        for cause in causes_in(row.disrupted_by):
            if cause in held and row.id not in held[cause]:
                gone[row.id].add(cause)
    return gone


def causes_in(disrupted_by: Iterable[Mapping[str, Any]]) -> tuple[Cause, ...]:
    """The causes as the read model keeps them."""
    return tuple(Cause(each["kind"], UUID(each["id"])) for each in disrupted_by)


def listed(after: Hits, elsewhere: Visits = ()) -> list[dict[str, Any]]:
    """The visits, each once with what hits it, in the order of their starts."""
    rows = {visit.id: visit for visits in (*after.values(), elsewhere) for visit in visits}
    moving = {visit.id for visit in elsewhere}
    hit = {cause: {visit.id for visit in visits} for cause, visits in after.items()}
    return [
        shown(visit) | {"causes": [cause for cause in hit if visit.id in hit[cause]], "elsewhere": visit.id in moving}
        for visit in sorted(rows.values(), key=lambda visit: (visit.starts_at, visit.id))
    ]


def seen(conflicts: Iterable[Mapping[str, Any]], clinics: Clinics) -> dict[str, Any]:
    """Those at these clinics (None: at all) as `conflicts`; of the others no more than that there are so many."""
    found = list(conflicts)
    own = [each for each in found if clinics is None or each["clinic_id"] in clinics]
    return {"conflicts": own, "unseen_conflicts": len(found) - len(own)}


def shown(visit: Row[Any]) -> dict[str, Any]:
    """A visit with its times on its clinic's clock."""
    row = {name: getattr(visit, name) for name in ("id", "clinic_id", "therapist_id", "client_id")}
    zone = ZoneInfo(visit.time_zone)
    return row | {"starts_at": visit.starts_at.astimezone(zone), "ends_at": visit.ends_at.astimezone(zone)}
