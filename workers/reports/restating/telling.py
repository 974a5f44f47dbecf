"""Restatements are made from one moment of the facts and told to treatment, which keeps them: when asked, and daily.

Of a closed period only those reports are told of that differ otherwise than was told last. What was found is kept
before it is told, so whoever comes after a worker that died goes on from there, and nothing that was told is lost.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine, text

from shared.faults import described
from shared.reports.document import AsOf, Scope
from shared.reports.restatement import Restatement, hash_of_lines, operational
from workers.messages.treatment import NotTaken, Treatment, TreatmentRefused
from workers.reports.caseload import DEFINITIONS
from workers.reports.holding import held
from workers.reports.knowledge import as_of
from workers.reports.restating import walked, work
from workers.reports.restating.restatement import look, restatements
from workers.reports.restating.walked import report_of
from workers.reports.window import Window

ENTER = text("SELECT enter_views()")
log = structlog.get_logger()


def restate_wanted(engine: Engine, treatment: Treatment, clock: Callable[[], datetime]) -> int:
    """Tell those that were asked for, of one chain, period and moment; gives how many.

    One that treatment refuses is tried again later, and holds up no other.
    """
    token, now = uuid4(), clock()
    with engine.begin() as connection:
        rows = work.claim(connection, token, now)
    if not rows:
        return 0
    left = list(rows)
    try:
        with held(engine, token, clock):
            found = made(engine, rows[0].window, now, frozenset(row.scope for row in rows))[1]
            for row in rows:
                if row.scope not in found or row.definitions != DEFINITIONS:
                    log.warning("restatement_not_made", report_id=row.report_id, definitions=row.definitions)
                elif not is_taken(engine, treatment, row.report_id, found[row.scope]):
                    continue
                with engine.begin() as connection:
                    work.done(connection, row.report_id, token)
                left.remove(row)
    except Exception as error:
        log.warning("restatements_postponed", reports=len(left), error=described(error))
        with engine.begin() as connection:
            work.postpone(connection, left, token, clock())
        if not isinstance(error, NotTaken):
            raise
    else:
        if left:
            with engine.begin() as connection:
                work.postpone(connection, left, token, clock())
    return len(rows) - len(left)


def restate_closed(engine: Engine, treatment: Treatment, clock: Callable[[], datetime]) -> bool:
    """Look at one closed period, of which something may have been recorded since; gives whether there was one.

    A report whose restatement treatment refuses holds up no other, and is looked at again tomorrow.
    """
    token, now = uuid4(), clock()
    with engine.begin() as connection:
        period = work.follow(connection, token, now)
    if period is None:
        return False
    try:
        with held(engine, token, clock):
            known, found = made(engine, period.window, now, None, period)
            all_taken = tell_changed(engine, treatment, period.window, found)
        with engine.begin() as connection:
            if all_taken:
                work.looked(connection, period, known, token, now)
            else:
                work.postpone_period(connection, period, token, now + work.EVERY)
    except Exception as error:
        log.warning("restatements_postponed", period=period.window.period.name, error=described(error))
        with engine.begin() as connection:
            work.postpone_period(connection, period, token, clock() + work.pause(period.attempts))
        if not isinstance(error, NotTaken):
            raise
    return True


def made(
    engine: Engine,
    window: Window,
    now: datetime,
    wanted: Collection[Scope] | None,
    period: work.Followed | None = None,
) -> tuple[AsOf, Mapping[Scope, Restatement]]:
    """What is known now, and how reports differ from it; nothing where nothing came since the `period` was seen."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        connection.execute(ENTER)
        known = as_of(connection, window.chain_id, now)
        if period is not None and period.seen == (known.scheduling, known.treatment):
            return known, {}
        ways = walked.walked(connection, window)
        if period is not None and period.reports == len(ways):
            wanted = ways
        looked = look(connection, window, known, wanted, ways)
    # Outside the transaction: of a large chain this takes longer than one may be idle.
    found = restatements(looked)
    with engine.begin() as connection:
        walked.keep(connection, window, {scope: each.way for scope, each in found.items()})
    return known, {scope: each.restatement for scope, each in found.items()}


def tell_changed(engine: Engine, treatment: Treatment, window: Window, found: Mapping[Scope, Restatement]) -> bool:
    """Tell those whose lines are not those that treatment has; one without any is not told of at first.

    Gives whether treatment took them all. Raises TreatmentAway.
    """
    ids = {scope: report_of(window, scope) for scope in found}
    with engine.connect() as connection:
        told = work.told_of(connection, list(ids.values()))
    all_taken = True
    for scope, restatement in found.items():
        last = told.get(ids[scope], hash_of_lines(replace(restatement, lines=())))
        if hash_of_lines(restatement) != last:
            all_taken &= is_taken(engine, treatment, ids[scope], restatement)
    return all_taken


def is_taken(engine: Engine, treatment: Treatment, report_id: UUID, restatement: Restatement) -> bool:
    """Its way is walked anew where treatment refuses what was found on it. Raises TreatmentAway."""
    try:
        tell(engine, treatment, report_id, restatement)
    except TreatmentRefused as error:
        log.warning("restatement_refused", report_id=report_id, error=str(error))
        with engine.begin() as connection:
            window = Window(restatement.chain_id, restatement.period, restatement.closed)
            walked.forget(connection, window, restatement.scope)
        return False
    return True


def tell(engine: Engine, treatment: Treatment, report_id: UUID, restatement: Restatement) -> None:
    """Raises TreatmentAway, or TreatmentRefused."""
    own = restatement if restatement.scope.kind == "therapist" else None
    treatment.publish_restatement(restatement.chain_id, report_id, operational(restatement), own)
    with engine.begin() as connection:
        work.told(connection, report_id, hash_of_lines(restatement))
