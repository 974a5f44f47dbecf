"""By which id the closing of a period is known: in treatment's log, and in letters about it."""

from uuid import UUID, uuid5


def period_id_of(chain_id: UUID, period: str) -> UUID:
    """Of a month, 2026-10, or a week, 2026-W41; the same for the same chain."""
    return uuid5(chain_id, f"report period {period}")
