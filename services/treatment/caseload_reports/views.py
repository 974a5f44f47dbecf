"""The read models of caseload reports: what was asked for and became of it, rules, and closed periods."""

from sqlalchemy import Connection

from shared.columns import as_json, fields_of
from shared.event_store import Happened
from shared.events import treatment_reports as r
from shared.reports.ids import period_id_of
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
                for_closing=asked.for_closing,
                cause=None,
                closed=False,
                restatement_asked_at=None,
            )
        case r.CaseloadReportPublished() as published:
            names = ("scheduling", "treatment", "definitions", "hash", "own_hash", "published_at")
            values = {name: getattr(published, name) for name in names}
            key = {"id": published.report_id}
            change(connection, "caseload_reports", key, status="published", cause=None, version=version, **values)
        case r.CaseloadReportFailed(report_id=report_id, cause=cause):
            change(connection, "caseload_reports", {"id": report_id}, status="failed", cause=cause, version=version)
        case r.CaseloadRestatementAsked(report_id=report_id, asked_at=asked_at):
            change(connection, "caseload_reports", {"id": report_id}, restatement_asked_at=asked_at, version=version)
        case r.CaseloadReportRestated() as restated:
            put(
                connection,
                "caseload_restatements",
                ("report_id",),
                chain_id=entry.chain_id,
                **fields_of(restated),
            )
            change(connection, "caseload_reports", {"id": restated.report_id}, version=version)
        case _:
            pass


def report_periods(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case r.ReportRulesSet() as rules:
            content = as_json(rules)
            put(
                connection,
                "report_rules",
                ("chain_id",),
                chain_id=entry.chain_id,
                version=entry.version,
                content=content,
            )
        case r.ReportPeriodClosed() as closed:
            period_id = period_id_of(entry.chain_id, closed.period)
            put(connection, "report_periods", ("id",), id=period_id, chain_id=entry.chain_id, **fields_of(closed))
            key = {"chain_id": entry.chain_id, "period": closed.period, "as_of_at": closed.as_of_at}
            change(connection, "caseload_reports", key | {"for_closing": True}, closed=True)
        case _:
            pass


VIEWS = (caseload_reports, report_periods)
