"""Reports that were asked for are made from one reading of their chain and given to treatment, which keeps them.

All reports of the period are made each time, because what may leave a therapist's own view is decided for all at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Engine, text

from shared.events.treatment_reports import Cause
from shared.faults import described
from shared.reports.document import Report, Scope
from shared.reports.periods import NoPeriod
from workers.consume import CONSUMER
from workers.messages.treatment import Treatment, TreatmentAway, TreatmentRefused
from workers.reports.caseload import kept_reports, scopes
from workers.reports.holding import held
from workers.reports.knowledge import Knowledge, as_of, read
from workers.reports.known.rules import period_known
from workers.reports.once import Yearly
from workers.reports.scopes import Sorted
from workers.reports.suppression import leaving, own
from workers.reports.wanted import Wanted, claim, postpone, told
from workers.reports.window import Window

MOST_ATTEMPTS = 12
ENTER = text("SELECT enter_views()")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pair:
    """A report without small outcomes, for whoever may have it; `own` is all of it, for the therapist it is about."""

    others: Report
    own: Report | None


Made = Pair | Cause


def make_wanted(engine: Engine, treatment: Treatment, clock: Callable[[], datetime]) -> int:
    """Make the reports of one chain, period and moment whose turn it is, and publish them; gives how many.

    One that treatment refuses is tried again like one that it could not take, and holds up no other.
    """
    token = uuid4()
    with engine.begin() as connection:
        connection.execute(ENTER)
        rows = claim(connection, CONSUMER, token, clock())
    left = list(rows)
    try:
        with held(engine, token, clock):
            for row, outcome in zip(rows, made_of(engine, rows), strict=True):
                if is_taken(treatment, row, outcome):
                    with engine.begin() as connection:
                        told(connection, row.report_id, token)
                    left.remove(row)
    except Exception as error:
        log.warning("reports_postponed", reports=len(left), error=described(error))
        with engine.begin() as connection:
            postpone(connection, left, token, clock())
        if not isinstance(error, TreatmentAway):
            raise
    else:
        if left:
            with engine.begin() as connection:
                postpone(connection, left, token, clock())
    return len(rows) - len(left)


def is_taken(treatment: Treatment, row: Wanted, made: Made) -> bool:
    """Raises TreatmentAway."""
    try:
        tell(treatment, row, made)
    except TreatmentRefused as error:
        log.warning("report_refused", report_id=row.report_id, attempts=row.attempts, error=str(error))
        return False
    return True


def tell(treatment: Treatment, row: Wanted, made: Made) -> None:
    if isinstance(made, Pair):
        treatment.publish_report(row.chain_id, row.report_id, made.others, made.own)
    else:
        log.warning("report_not_made", report_id=row.report_id, cause=made)
        treatment.fail_report(row.chain_id, row.report_id, made)


def made_of(engine: Engine, rows: Sequence[Wanted]) -> Sequence[Made]:
    """What was asked for, in its order, from one moment of the database; what was tried too often is given up."""
    hopeful = [row for row in rows if row.attempts <= MOST_ATTEMPTS]
    found: dict[UUID, Made] = {}
    if hopeful:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
            connection.execute(ENTER)
            known = knowledge(connection, hopeful[0])
        # Outside the transaction: for a large chain this takes longer than one may be idle.
        found = {row.report_id: each for row, each in zip(hopeful, reports(known, hopeful), strict=True)}
    return [found.get(row.report_id, "gave_up") for row in rows]


def knowledge(connection: Connection, row: Wanted) -> Knowledge | Cause:
    """What the reports of a chain, period and moment are made of, or why there are none."""
    chain_id, name, at = row.chain_id, row.period, row.as_of_at
    try:
        period = period_known(connection, chain_id, name, at)
    except NoPeriod:
        return "no_period"
    if period.starts_at >= at:
        return "not_begun"
    return read(connection, Window(chain_id, period, as_of(connection, chain_id, at)))


def reports(known: Knowledge | Cause, rows: Sequence[Wanted]) -> Sequence[Made]:
    if not isinstance(known, Knowledge):
        return [known for _ in rows]
    pairs = pairs_of(known, is_closed=False)
    return [pairs.get(row.scope, "unknown_scope") for row in rows]


def pairs_of(
    known: Knowledge, *, is_closed: bool, kept_back: AbstractSet[Yearly] = frozenset()
) -> Mapping[Scope, Pair]:
    """All reports of the period; `is_closed` when they are those with which it is closed, which tell not what is
    `kept_back`.
    """
    whole = kept_reports(known, scopes(known))
    others = leaving(whole, works_at(known), is_closed=is_closed, kept_back=kept_back)
    return {
        full.scope: Pair(left, own(full, left) if full.scope.kind == "therapist" else None)
        for full, left in zip(whole, others, strict=True)
    }


def works_at(known: Knowledge) -> dict[UUID, frozenset[UUID]]:
    """The clinics of each therapist: of the rota, and wherever anything is counted as theirs."""
    found = {therapist: {shift.clinic_id for shift in rota} for therapist, rota in known.calendar.rotas.items()}
    for rows in counted(known):
        for therapist, some in rows.by_therapist.items():
            found.setdefault(therapist, set()).update(row.clinic_id for row in some)
    return {therapist: frozenset(clinics) for therapist, clinics in found.items()}


def counted(known: Knowledge) -> Iterator[Sorted[Any]]:
    yield from (known.visits, known.capacity, known.sessions, known.loops, known.overrides, known.ratings)
    yield from (known.treated, known.marked, known.episodes, known.outcomes, known.corrections, known.confirmed)
    yield from (known.resolved, known.asked, known.alerts)
