"""Reports that are published as the workers publish them, of the last month that is over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.minting import mint_service_token
from shared.reports.document import Kind, Report, Scope, finished, packed
from shared.reports.periods import months_until
from tests.support.api import Api, Chain
from tests.support.reports import invented_report
from workers.reports.window import period_of

BERLIN = ZoneInfo("Europe/Berlin")
REPORTS = "/v1/caseload-reports"


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
    whole = report_about(chain.id, kind, scope_id, period, as_of_at, more)
    others = finished(replace(whole, series=replace(whole.series, trajectories=(), dumbbells=())))
    own = whole if kind == "therapist" else None
    sent = {"document": packed(others)} | ({"own": packed(own)} if own else {})
    about = {"chain_id": str(chain.id), "report_id": asked["id"]}
    publisher(chain).post("/internal/v1/caseload-reports", about | sent, 200)
    return Published(asked["id"], others, own)
