"""One turn of closing periods: plan what has ended, see what is known, make reports from one reading, publish, close.

Every step is committed before the next one, so whoever goes on after a worker that died repeats at most a batch of it.
What is published or closed twice is so once, as treatment decides it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine, text

from shared.faults import described
from shared.feed import FeedUnavailable
from shared.reports.document import Report
from shared.reports.ids import closing_report_id_of
from workers.messages.treatment import NotTaken, Treatment, TreatmentAway, TreatmentRefused
from workers.reports import moments
from workers.reports.caseload import DEFINITIONS, kept_reports, scopes
from workers.reports.cohorts import cohorts
from workers.reports.due import clock, drafts, planning, quarters, rows
from workers.reports.due.rows import Due, LeaseLost
from workers.reports.holding import held
from workers.reports.knowledge import Knowledge, read
from workers.reports.known.rules import chains
from workers.reports.making import Pair, works_at
from workers.reports.once import ends_a_quarter
from workers.reports.suppression import Decided, decided, left, own

ENTER = text("SELECT enter_views()")
BATCH = 25
"""So many reports are kept, or published, before others may see it."""

Heads: TypeAlias = Callable[[], Mapping[str, Mapping[int, int]]]
"""Where each partition of each log ends now, by the service's name. Raises FeedUnavailable."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing takes; `stop` says that the turn is over."""

    engine: Engine
    treatment: Treatment
    heads: Heads
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    token: UUID = field(default_factory=uuid4)


def close_due(closing: Closing) -> int:
    """Close what is due, one period after the other; gives how many were closed."""
    plan(closing)
    learn(closing)
    tell(closing)
    closed = 0
    while not closing.stop():
        with closing.engine.begin() as connection:
            due = rows.claim(connection, closing.token, closing.clock())
        if due is None:
            break
        closed += work_on(closing, due)
    return closed


def plan(closing: Closing) -> None:
    """A row for each period that has ended; a chain whose rules cannot be followed keeps no other waiting."""
    with closing.engine.begin() as connection:
        connection.execute(ENTER)
        clock.put_right(connection, closing.clock())
        last = rows.last_planned(connection)
        all_known = chains(connection)
    for known in all_known:
        try:
            ended = list(planning.planned(known, last.get(known.chain_id, {}), closing.clock()))
        except Exception as error:
            log.error("periods_not_planned", chain_id=known.chain_id, error=described(error))  # noqa: TRY400 - see `described`
            continue
        with closing.engine.begin() as connection:
            for each in ended:
                rows.plan(connection, known.chain_id, each)


def learn(closing: Closing) -> None:
    """A moment, of a period or of a report that was asked for, is known once the logs are read past it."""
    now = closing.clock()
    with closing.engine.begin() as connection:
        is_asked = moments.passed(connection, now)
    if is_asked:
        try:
            heads = closing.heads()
        except FeedUnavailable as error:
            log.warning("log_heads_unknown", error=str(error))
            return
        with closing.engine.begin() as connection:
            moments.mark(connection, heads, now)
    with closing.engine.begin() as connection:
        connection.execute(ENTER)
        rows.fix(connection, now)


def tell(closing: Closing) -> None:
    """Treatment shows how it is coming along; what it did not hear it hears later, and what it refuses never again."""
    with closing.engine.begin() as connection:
        news = rows.untold(connection)
    for due in news:
        heard = rows.told
        try:
            closing.treatment.tell_progress(due.chain_id, due.period, due.as_of_at, reports=due.reports, made=due.made)
        except TreatmentAway as error:
            log.warning("report_progress_untold", error=str(error))
            return
        except TreatmentRefused as error:
            log.warning("report_progress_refused", period_id=due.id, error=str(error))
            heard = rows.refused
        with closing.engine.begin() as connection:
            heard(connection, due)


def work_on(closing: Closing, due: Due) -> bool:
    """Go on with a period; gives whether it is closed now."""
    try:
        with held(closing.engine, closing.token, closing.clock):
            is_closed = make(closing, due) and publish(closing, due)
        if not is_closed:
            give_back(closing, due)
    except LeaseLost:
        return False
    except Exception as error:
        log.warning("report_period_postponed", period=due.period.name, error=described(error))
        with closing.engine.begin() as connection:
            rows.postpone(connection, due, closing.token, closing.clock())
        if not isinstance(error, NotTaken):
            raise
        return False
    return is_closed


def give_back(closing: Closing, due: Due) -> None:
    with closing.engine.begin() as connection:
        rows.give_back(connection, due, closing.token, closing.clock())


def make(closing: Closing, due: Due) -> bool:
    """Make what is missing, in batches from one reading; gives whether all are there.

    The first batch is made also when the turn was over while the chain was read: the next turn reads it again. What
    was made by other definitions is made again, unless it is decided what of it may leave: then it is all there.
    """
    with closing.engine.begin() as connection:
        there = drafts.kept(connection, due) if due.decided or due.definitions == DEFINITIONS else frozenset()
    if due.decided or len(there) == due.reports:
        return True
    known = knowledge(closing.engine, due)
    wanted = scopes(known)
    missing = [scope for scope in wanted if scope not in there]
    with closing.engine.begin() as connection:
        now = closing.clock()
        rows.counted(connection, due, closing.token, now, reports=len(wanted), definitions=DEFINITIONS)
    where = works_at(known)
    for number, batch in enumerate(drafts.in_batches(missing, BATCH)):
        if number and closing.stop():
            return False
        made = kept_reports(known, batch)
        with closing.engine.begin() as connection:
            for report in made:
                counted = cohorts(known, report.scope) if ends_a_quarter(due.period) else None
                drafts.keep(connection, due, report, where.get(report.scope.id, frozenset()), counted)
            rows.kept(connection, due, closing.token, closing.clock())
        tell(closing)
    return True


def knowledge(engine: Engine, due: Due) -> Knowledge:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        connection.execute(ENTER)
        return read(connection, due.window)


def publish(closing: Closing, due: Due) -> bool:
    """Publish all that treatment does not have, and have the period closed; gives whether it is.

    At least a batch, for the same reason.
    """
    if not due.decided:
        decide(closing, due)
    while True:
        with closing.engine.begin() as connection:
            rows.keep_lease(connection, due, closing.token, closing.clock())
            batch = drafts.unpublished(connection, due, BATCH)
            there = len(drafts.kept(connection, due))
        if not batch:
            closing.treatment.close_period(due.chain_id, due.period, due.window.as_of, there)
            with closing.engine.begin() as connection:
                rows.close(connection, due)
            return True
        for pair in batch:
            scope = pair.others.scope
            report_id = closing_report_id_of(due.chain_id, scope.kind, scope.id, due.period.name, due.as_of_at)
            closing.treatment.publish_report(due.chain_id, report_id, pair.others, pair.own, for_closing=True)
        with closing.engine.begin() as connection:
            drafts.published(connection, due, batch)
        if closing.stop():
            return False


def decide(closing: Closing, due: Due) -> None:
    """What may leave is decided for all at once, and kept before anybody is told: whoever goes on decides nothing."""
    with closing.engine.begin() as connection:
        reports, works = drafts.slim_ones(connection, due)
        back = quarters.kept_back(connection, due)
    found = decided(reports, works, is_closed=True, kept_back=back)
    with closing.engine.begin() as connection:
        drafts.let_leave(connection, due, partial(as_decided, found))
        rows.decided(connection, due, closing.token, closing.clock())
        quarters.tell(connection, due, found)


def as_decided(found: Decided, report: Report) -> Pair:
    others = left(report, found)
    return Pair(others, own(report, others) if report.scope.kind == "therapist" else None)
