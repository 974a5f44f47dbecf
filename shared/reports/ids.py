"""The same question is the same report, and the same period the same closing, whoever names it."""

from datetime import UTC, datetime
from uuid import UUID, uuid5


def report_id_of(chain_id: UUID, scope_kind: str, scope_id: UUID, period: str, as_of_at: datetime) -> UUID:
    """The report of a scope on a period, as of a moment."""
    moment = as_of_at.astimezone(UTC).isoformat()
    return uuid5(chain_id, f"caseload report {scope_kind} {scope_id} {period} {moment}")


def closing_report_id_of(chain_id: UUID, scope_kind: str, scope_id: UUID, period: str, as_of_at: datetime) -> UUID:
    """The report of a scope with which a period closes as of a moment, which is none that anybody asks for."""
    moment = as_of_at.astimezone(UTC).isoformat()
    return uuid5(chain_id, f"closing report {scope_kind} {scope_id} {period} {moment}")


def period_id_of(chain_id: UUID, period: str) -> UUID:
    return uuid5(chain_id, f"report period {period}")
