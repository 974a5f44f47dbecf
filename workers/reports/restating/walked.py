"""How far the way of each report was walked, and the lines that were found on it: the next look goes on from there.

What was told once stays in the lines. It is no read model: a rebuild of the facts leaves it as it is, and without it a
way is walked from its closing again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports.document import AsOf, Scope
from shared.reports.ids import closing_report_id_of
from shared.reports.restatement import Line, from_bytes, in_bytes
from workers.reports.caseload import DEFINITIONS
from workers.reports.window import Window

OF_MOMENT = text("""
    SELECT scope_kind, scope_id, scheduling, treatment, arrived, lines FROM restated_ways
    WHERE chain_id = :chain_id AND period = :period AND known_at = :known_at AND definitions = :definitions
    ORDER BY scope_kind, scope_id
""")
# Whoever looked at an earlier moment and comes later does not put a way back.
KEEP = text("""
    INSERT INTO restated_ways AS way (report_id, chain_id, period, ends_at, known_at, definitions, scope_kind, scope_id,
      scheduling, treatment, arrived, lines)
    VALUES (:report_id, :chain_id, :period, :ends_at, :known_at, :definitions, :kind, :scope_id,
      :scheduling, :treatment, :arrived, :lines)
    ON CONFLICT (report_id) DO UPDATE SET definitions = excluded.definitions, scheduling = excluded.scheduling,
      treatment = excluded.treatment, arrived = excluded.arrived, lines = excluded.lines
    WHERE way.definitions <> excluded.definitions
      OR way.scheduling <= excluded.scheduling AND way.treatment <= excluded.treatment
""")
FORGET = text("DELETE FROM restated_ways WHERE report_id = :report_id")
FORGET_OLD = text("DELETE FROM restated_ways WHERE ends_at <= :until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A way up to a position of each log: the lines on it, and what the report's numbers were there, as a hash."""

    scheduling: int
    treatment: int
    arrived: str
    lines: tuple[Line, ...]


def report_of(window: Window, scope: Scope) -> UUID:
    """That with which the period was closed; its way is also that of a report made by hand as of the same moment."""
    return closing_report_id_of(window.chain_id, scope.kind, scope.id, window.period.name, window.as_of.at)


def walked(connection: Connection, window: Window) -> Mapping[Scope, Walked]:
    """The ways of the reports of a chain, period and moment, by the definitions of today."""
    return {
        Scope(kind=row.scope_kind, id=row.scope_id): Walked(
            scheduling=row.scheduling, treatment=row.treatment, arrived=row.arrived, lines=from_bytes(row.lines)
        )
        for row in connection.execute(OF_MOMENT, moment(window) | {"definitions": DEFINITIONS})
    }


def keep(connection: Connection, window: Window, ways: Mapping[Scope, Walked]) -> None:
    about = moment(window) | {"ends_at": window.ends_at, "definitions": DEFINITIONS}
    rows = [
        about
        | {"report_id": report_of(window, scope), "kind": scope.kind, "scope_id": scope.id}
        | {"scheduling": way.scheduling, "treatment": way.treatment, "arrived": way.arrived}
        | {"lines": in_bytes(way.lines)}
        for scope, way in sorted(ways.items(), key=lambda item: (item[0].kind, item[0].id))
    ]
    if rows:
        connection.execute(KEEP, rows)


def moment(window: Window) -> dict[str, object]:
    return {"chain_id": window.chain_id, "period": window.period.name, "known_at": window.as_of.at}


def forget(connection: Connection, window: Window, scope: Scope) -> None:
    """It is walked from the closing the next time."""
    connection.execute(FORGET, {"report_id": report_of(window, scope)})


def forget_old(connection: Connection, until: datetime) -> None:
    """Of periods that ended by then nobody goes on."""
    connection.execute(FORGET_OLD, {"until": until})


def places(ways: Mapping[Scope, Walked], later: AsOf) -> Mapping[tuple[int, int], Collection[Scope]]:
    """Where ways end that lead on to `later`, in both logs, and whose; most end at one place."""
    found: dict[tuple[int, int], list[Scope]] = {}
    for scope, way in ways.items():
        if way.scheduling <= later.scheduling and way.treatment <= later.treatment:
            found.setdefault((way.scheduling, way.treatment), []).append(scope)
    return found
