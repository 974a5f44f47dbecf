"""The API of report periods: which are closed, and how those that are being closed are coming along."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.treatment.caseload_reports.schemas import ReportPeriodSchema, ReportPeriodsQuery
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, page_of, read_cursor

blueprint = Operations("report periods", __name__, url_prefix="/v1/report-periods")

# Nothing is told any more of a period once it is closed.
LISTED = text("""
    SELECT * FROM (
      SELECT id, period, starts_at, ends_at, time_zone, as_of_at, reports, reports AS made,
             scheduling, treatment, definitions, hash, closed_at
      FROM report_periods
      UNION ALL
      SELECT id, period, starts_at, ends_at, time_zone, as_of_at, reports, made, NULL, NULL, NULL, NULL, NULL
      FROM report_progress AS told WHERE NOT EXISTS (SELECT FROM report_periods AS closed WHERE closed.id = told.id)
    ) AS either
    WHERE CAST(:before AS uuid) IS NULL OR (ends_at, id) < (:before_at, :before)
    ORDER BY ends_at DESC, id DESC LIMIT :most
""")


@blueprint.query("", page_of(ReportPeriodSchema), query=ReportPeriodsQuery)
def list_report_periods(call: Call, query: dict[str, Any]) -> Answer:
    """The chain's periods, the newest first."""
    before = read_cursor(query["cursor"], tuple[datetime, UUID])
    values = {"before_at": before and before[0], "before": before and before[1], "most": query["limit"] + 1}
    found = page(call.connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.ends_at, row.id))
    return Answer(found | {"items": [as_shown(row, call.now) for row in found["items"]]})


def as_shown(row: Row[Any], now: datetime) -> dict[str, Any]:
    """`waiting` until the moment at which it closes, then `making` until all reports are there."""
    open_now = "waiting" if now < row.as_of_at else "making"
    return row._asdict() | {"status": open_now if row.closed_at is None else "closed"}
