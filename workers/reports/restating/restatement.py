"""The restatements of a closed period: from the facts alone, with the formulas of the reports themselves.

Everybody is read twice, as of the closing and as of now. Between the two only those are looked at closely of whom
anything counts differently, event by event where it changes what is counted of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, text

from shared.reports.document import AsOf, Metric, Scope, finished
from shared.reports.restatement import Line, Restatement, by_code, numbers
from workers.reports.caseload import DEFINITIONS, metrics, overdue, scopes
from workers.reports.knowledge import Knowledge, read
from workers.reports.restating.lines import Step, lines
from workers.reports.restating.way import way
from workers.reports.suppression import COMPARED
from workers.reports.window import Window

PATIENCE = text("SELECT set_config('idle_in_transaction_session_timeout', '600s', true)")
"""Between its statements a path is walked, of a large chain for minutes; it holds nothing that others wait for."""


class Unexplained(Exception):
    """The events between two moments do not add up to the difference of the reports: a fault of ours."""


def restatements(
    connection: Connection, window: Window, later: AsOf, wanted: Collection[Scope] | None = None
) -> Mapping[Scope, Restatement]:
    """By scope of the reports that were closed as of `window`, after its period: those `wanted`, or all.

    Also those without a line. The connection has entered the read models. Raises Unexplained.
    """
    connection.execute(PATIENCE)
    before = read(connection, window)
    after = read(connection, replace(window, as_of=replace(later, at=window.as_of.at)))
    chosen = [scope for scope in scopes(before) if wanted is None or scope in wanted]
    first = {scope: of_scope(before, scope) for scope in chosen}
    last = dict(first)
    steps: dict[Scope, list[Step]] = {scope: [] for scope in chosen}
    for turn in way(connection, before, after):
        for scope in filter(turn.concerns, chosen):
            last[scope] = of_scope(turn.after, scope)
            steps[scope].append(Step(turn.event, last[scope]))
    now = replace(after, window=replace(window, as_of=later))
    for scope in chosen:
        must_be(last[scope], of_scope(after, scope))
        steps[scope].append(Step(None, of_scope(now, scope)))
    return {scope: restated(window, later, scope, lines(first[scope], steps[scope])) for scope in chosen}


def of_scope(known: Knowledge, scope: Scope) -> Sequence[Metric]:
    """Without what is made of all responders of the chain: its changes would tell of clients of others."""
    return [each for each in metrics(known, scope, overdue(known, scope)) if each.code not in COMPARED]


def must_be(one: Sequence[Metric], other: Sequence[Metric]) -> None:
    """Raises Unexplained where documents would write two numbers differently."""
    said = [{code: numbers(metric) for code, metric in by_code(each).items()} for each in (one, other)]
    if said[0] != said[1]:
        raise Unexplained([code for code in said[0] if said[0][code] != said[1][code]])


def restated(window: Window, later: AsOf, scope: Scope, found: tuple[Line, ...]) -> Restatement:
    return finished(
        Restatement(
            definitions=DEFINITIONS,
            chain_id=window.chain_id,
            scope=scope,
            period=window.period,
            closed=window.as_of,
            as_of=later,
            lines=found,
        )
    )
