"""Reports that are published as the workers publish them, of the last month that is over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.treatment.caseload_reports.periods import stream_of
from shared.event_store import Metadata
from shared.events.treatment_reports import ReportPeriodClosed
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.reports.document import Kind, Metric, Report, Scope, finished, packed
from shared.reports.ids import closing_report_id_of
from shared.reports.periods import months_until
from shared.reports.restatement import ELAPSED, Cause, Change, Line, Restatement, change, numbers, rounded
from tests.support.api import Api, Chain
from tests.support.reports import invented_report
from workers.reports.window import period_of

BERLIN = ZoneInfo("Europe/Berlin")
REPORTS = "/v1/caseload-reports"
NOTHING = Change(value=None, numerator=None, denominator=None, exclusions=())


@dataclass(frozen=True)
class Published:
    """A report with its id: as others have it, and whole for the therapist that it is about."""

    id: str
    others: Report
    own: Report | None


def last_month(now: datetime) -> str:
    return list(islice(months_until(now.astimezone(BERLIN).date()), 2))[1]


def report_about(chain_id: UUID, kind: Kind, scope_id: UUID, period: str, as_of_at: datetime, more: int = 0) -> Report:
    """An invented one, with so many more visits."""
    made = with_visits(invented_report(), more)
    known = replace(made.as_of, at=as_of_at)
    scope, when = Scope(kind=kind, id=scope_id), period_of(period, "Europe/Berlin")
    return finished(replace(made, chain_id=chain_id, scope=scope, period=when, as_of=known))


def publisher(chain: Chain) -> Api:
    """The workers."""
    return Api(chain.app.test_client(), mint_service_token(chain.keys.service, subject="workers", to="treatment"))


def with_visits(report: Report, more: int) -> Report:
    metrics = (
        replace(each, value=(each.value or 0) + more) if each.code == "attended_visits" else each
        for each in report.metrics
    )
    return replace(report, metrics=tuple(metrics))


def publish(
    chain: Chain, api: Api, kind: Kind, scope_id: UUID, period: str, as_of_at: datetime, more: int = 0
) -> Published:
    """Ask for a report as somebody, unless it was, and publish an invented one; `chain` calls treatment."""
    body = {"scope": kind, "scope_id": str(scope_id), "period": period, "as_of": as_of_at.isoformat()}
    asked: Mapping[str, Any] = api.call("POST", REPORTS, None, body).json or {}
    made = invented(asked["id"], report_about(chain.id, kind, scope_id, period, as_of_at, more))
    send(chain, made)
    return made


def publish_for_closing(chain: Chain, kind: Kind, scope_id: UUID, period: str, as_of_at: datetime) -> Published:
    """As `publish`, a report with which the period closes."""
    report_id = closing_report_id_of(chain.id, kind, scope_id, period, as_of_at)
    made = invented(str(report_id), report_about(chain.id, kind, scope_id, period, as_of_at))
    send(chain, made, for_closing=True)
    return made


def invented(report_id: str, whole: Report) -> Published:
    others = finished(replace(whole, series=replace(whole.series, trajectories=(), dumbbells=())))
    return Published(report_id, others, whole if whole.scope.kind == "therapist" else None)


def send(chain: Chain, made: Published, *, for_closing: bool = False) -> None:
    sent = {"document": packed(made.others)} | ({"own": packed(made.own)} if made.own else {})
    about = {"chain_id": str(chain.id), "report_id": made.id, "for_closing": for_closing}
    publisher(chain).post("/internal/v1/caseload-reports", about | sent, 200)


def close_period(chain: Chain, made: Published, closed_at: datetime) -> None:
    """Let the period of a report be closed, as the workers do once all reports are there."""
    report = made.others
    closed = ReportPeriodClosed(
        period=report.period.name,
        starts_at=report.period.starts_at,
        ends_at=report.period.ends_at,
        time_zone=report.period.time_zone,
        as_of_at=report.as_of.at,
        scheduling=report.as_of.scheduling,
        treatment=report.as_of.treatment,
        definitions=1,
        reports=1,
        hash=report.hash,
        closed_at=closed_at,
    )
    metadata = Metadata(actor="workers", role="service", origin="reports", correlation_id="a-test")
    database = chain.app.extensions[EXTENSION].database
    database.command(chain.id, metadata, lambda tx: tx.append(stream_of(chain.id, closed.period), 0, [closed]))


def restate(chain: Chain, made: Published, known_at: datetime) -> None:
    """Say what of a report is known otherwise by then, as the workers do."""
    own = {"own": packed(restated(made.own, known_at))} if made.own else {}
    sent = {"document": packed(restated(made.others, known_at))} | own
    about = {"chain_id": str(chain.id), "report_id": made.id}
    publisher(chain).post("/internal/v1/caseload-restatements", about | sent, 200)


def restated(report: Report, known_at: datetime) -> Restatement:
    """A visit of the period was corrected to have taken place, and after three others 72 hours have passed by now."""
    corrected = Cause(
        name="scheduling.appointment_status_corrected.v1",
        event_id=new_id(),
        recorded_at=known_at,
        happened_at=known_at,
        about_at=report.period.starts_at + timedelta(hours=10),
        change=NOTHING,
    )
    elapsed = replace(corrected, name=ELAPSED, event_id=None, recorded_at=None, happened_at=None, about_at=None)
    lines = (
        line(report.metric("attended_visits"), corrected, value=1),
        line(report.metric("rebooking_rate"), elapsed, numerator=1, denominator=3),
    )
    known = replace(report.as_of, scheduling=report.as_of.scheduling + 5, at=known_at)
    about = {name: getattr(report, name) for name in ("definitions", "chain_id", "scope", "period")}
    return finished(Restatement(**about, closed=report.as_of, as_of=known, lines=lines))


def line(metric: Metric, cause: Cause, **more: float) -> Line:
    """Of a number of which there is so much more; a share is worked out again."""
    before = numbers(metric)
    after = replace(before, **{name: getattr(before, name) + n for name, n in more.items()})
    if metric.unit == "share":
        after = replace(after, value=rounded((after.numerator or 0) / (after.denominator or 1)))
    about = {name: getattr(metric, name) for name in ("code", "unit", "population", "suppressible")}
    made = replace(cause, change=change(before, after))
    return Line(**about, part=None, before=before, after=after, causes=(made,))
