"""Asking for reports: who asks for what is being made gets that, and what is to be made anew counts towards a limit."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.treatment.caseload_reports.decider import CASELOAD_REPORT, ReportCommand, stream_of
from shared.decider import handle
from shared.events.treatment_reports import ScopeKind
from shared.http.operations import Call, parts
from shared.locks import lock

JUST_NOW = timedelta(minutes=10)
"""What was known so long ago passes for what is known now, while nobody has made anything newer."""

BEING_MADE = text("""
    SELECT * FROM caseload_reports
    WHERE status = 'asked' AND scope_kind = :kind AND scope_id = :scope_id AND period = :period AND as_of_at > :since
    ORDER BY as_of_at DESC, id LIMIT 1
""")


def being_made(call: Call, kind: ScopeKind, scope_id: UUID, period: str) -> Row[Any] | None:
    """A report of what is known just now that waits to be made; two who ask at once do so one after the other."""
    lock(call.connection, ("report", [scope_id]))
    asked = {"kind": kind, "scope_id": scope_id, "period": period, "since": call.now - JUST_NOW}
    return call.connection.execute(BEING_MADE, asked).first()


def want(call: Call, report_id: UUID, command: ReportCommand) -> tuple[int, bool]:
    """Have a report or restatement made; gives the version, and whether it is not being made already.

    Raises Problem for one more than the caller or the chain may have made in an hour.
    """
    _, version = handle(call.tx, CASELOAD_REPORT, stream_of(report_id), command)
    is_new = bool(call.tx.staged)
    if is_new:
        parts().limits.admit_report(call.caller)
    return version, is_new
