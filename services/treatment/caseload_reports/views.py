"""The read model of caseload reports: what was asked for, and what became of it."""

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import treatment_reports as r
from shared.writing import change, put


def caseload_reports(connection: Connection, entry: Happened) -> None:
    version = entry.version
    match entry.event:
        case r.CaseloadReportAsked() as asked:
            put(
                connection,
                "caseload_reports",
                ("id",),
                id=asked.report_id,
                chain_id=entry.chain_id,
                version=version,
                status="asked",
                scope_kind=asked.scope_kind,
                scope_id=asked.scope_id,
                period=asked.period,
                as_of_at=asked.as_of_at,
                asked_at=asked.asked_at,
                cause=None,
            )
        case r.CaseloadReportPublished() as published:
            names = ("scheduling", "treatment", "definitions", "hash", "own_hash", "published_at")
            values = {name: getattr(published, name) for name in names}
            key = {"id": published.report_id}
            change(connection, "caseload_reports", key, status="published", cause=None, version=version, **values)
        case r.CaseloadReportFailed(report_id=report_id, cause=cause):
            change(connection, "caseload_reports", {"id": report_id}, status="failed", cause=cause, version=version)
        case _:
            pass


VIEWS = (caseload_reports,)
