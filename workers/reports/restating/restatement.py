"""The restatements of a closed period: from the facts alone, with the formulas of the reports themselves.

Everybody is read as of now, and as of where the report was told last, at first its closing. Between the two only those
are looked at closely of whom anything counts differently, event by event where it changes what is counted of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from shared.reports.document import AsOf, Metric, Scope, finished
from shared.reports.restatement import Line, Restatement, by_code, hash_of_numbers, numbers
from workers.reports.caseload import DEFINITIONS, metrics, overdue, scopes
from workers.reports.knowledge import Knowledge, read
from workers.reports.restating.lines import Step, lines
from workers.reports.restating.walked import Walked, places
from workers.reports.restating.way import Turn, way
from workers.reports.suppression import COMPARED
from workers.reports.window import Window

NOTHING: Mapping[Scope, Walked] = {}
log = structlog.get_logger()


class Unexplained(Exception):
    """The events between two moments do not add up to the difference of the reports: a fault of ours."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What led from one place to now: the numbers of reports there, what changed since, and the lines until there."""

    before: Mapping[Scope, Sequence[Metric]]
    turns: Iterator[Turn]
    told: Mapping[Scope, Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Looked:
    """All that restatements are made of; `after` is what is known `later`, but as if no time had passed."""

    window: Window
    later: AsOf
    after: Knowledge
    stretches: Sequence[Stretch]


@dataclass(frozen=True, slots=True)
class Found:
    """A restatement, also one without a line, and the way on which it was found."""

    restatement: Restatement
    way: Walked


def look(
    connection: Connection,
    window: Window,
    later: AsOf,
    wanted: Collection[Scope] | None = None,
    kept: Mapping[Scope, Walked] = NOTHING,
) -> Looked:
    """Read what the reports `wanted`, or all that were closed as of `window`, after its period, differ by.

    The connection has entered the read models. Ways that are `kept` are gone on with, if the facts still lead to where
    they ended; all others begin at the closing.
    """
    after = read(connection, replace(window, as_of=replace(later, at=window.as_of.at)))
    ways = {scope: each for scope, each in kept.items() if wanted is None or scope in wanted}
    stretches: list[Stretch] = []
    for (scheduling, treatment), there in places(ways, later).items():
        place = replace(window, as_of=replace(window.as_of, scheduling=scheduling, treatment=treatment))
        stretches += gone_on(connection, place, after, {scope: ways[scope] for scope in there})
    done = {scope for stretch in stretches for scope in stretch.before}
    if wanted is None or not done.issuperset(wanted):
        before = read(connection, window)
        left = [each for each in scopes(before) if each not in done and (wanted is None or each in wanted)]
        first = {scope: of_scope(before, scope) for scope in left}
        stretches.append(Stretch(first, way(connection, before, after), dict.fromkeys(left, ())))
    return Looked(window, later, after, stretches)


def gone_on(connection: Connection, place: Window, after: Knowledge, ways: Mapping[Scope, Walked]) -> Iterator[Stretch]:
    """From where these ways ended; none where the facts say other numbers there than they did."""
    before = after if place == after.window else read(connection, place)
    found = {scope: of_scope(before, scope) for scope in ways}
    first = {scope: said for scope, said in found.items() if hash_of_numbers(said) == ways[scope].arrived}
    if len(first) < len(ways):
        log.warning("restatements_begin_anew", period=place.period.name, reports=len(ways) - len(first))
    if first:
        turns = iter(()) if before is after else way(connection, before, after)
        yield Stretch(first, turns, {scope: ways[scope].lines for scope in first})


def restatements(looked: Looked) -> Mapping[Scope, Found]:
    """By scope. Raises Unexplained."""
    found: dict[Scope, Found] = {}
    for stretch in looked.stretches:
        found |= explained(looked, stretch)
    return found


def explained(looked: Looked, stretch: Stretch) -> Iterator[tuple[Scope, Found]]:
    """What was told until the stretch, then its events, then that time has passed."""
    last = dict(stretch.before)
    steps: dict[Scope, list[Step]] = {scope: [] for scope in last}
    for turn in stretch.turns:
        for scope in filter(turn.concerns, steps):
            last[scope] = of_scope(turn.after, scope)
            steps[scope].append(Step(turn.event, last[scope]))
    now = replace(looked.after, window=replace(looked.window, as_of=looked.later))
    for scope, taken in steps.items():
        must_be(last[scope], of_scope(looked.after, scope))
        so_far = lines(stretch.before[scope], taken, stretch.told[scope])
        by_now = lines(last[scope], [Step(None, of_scope(now, scope))], so_far)
        yield scope, Found(restated(looked.window, looked.later, scope, by_now), arrived(looked, last[scope], so_far))


def arrived(looked: Looked, there: Sequence[Metric], so_far: tuple[Line, ...]) -> Walked:
    return Walked(
        scheduling=looked.later.scheduling,
        treatment=looked.later.treatment,
        arrived=hash_of_numbers(there),
        lines=so_far,
    )


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
