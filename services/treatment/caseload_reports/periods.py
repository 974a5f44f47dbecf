"""A period of a chain is closed once, when all of its reports are published, and stays as it was closed."""

from typing import Any
from uuid import UUID

from shared.decider import Decider
from shared.events.treatment_reports import ReportPeriodClosed
from shared.reports.ids import period_id_of


def stream_of(chain_id: UUID, period: str) -> str:
    return f"report_period-{period_id_of(chain_id, period)}"


def decide(command: ReportPeriodClosed, closed: ReportPeriodClosed | None) -> list[Any]:
    return [command] if closed is None else []


PERIOD: Decider[ReportPeriodClosed | None, ReportPeriodClosed] = Decider(None, decide, lambda _, event: event)
