"""Red flags that nobody has acknowledged: what whoever treats the client has to see before anything is released."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.treatment.alerts.decider import ALERT
from shared.aliases import followers_of
from shared.decider import fold
from shared.event_store import Transaction

UNSEEN = text("""
    SELECT id FROM alerts
    WHERE chain_id = :chain_id AND recorded_client_id = ANY(:ids) AND kind = 'red_flag'
      AND status IN ('raised', 'escalated')
    ORDER BY id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """An alert about red flags that waits, since when, and the flags."""

    alert_id: UUID
    raised_at: datetime
    red_flags: tuple[str, ...]


def flagged(tx: Transaction, person: UUID) -> tuple[Flagged, ...]:
    """All of the person, in the order of ids."""
    values = {"chain_id": tx.chain_id, "ids": followers_of(tx.connection, person)}
    ids = tx.connection.execute(UNSEEN, values).scalars().all()
    histories = tx.load_all([f"alert-{each}" for each in ids]) if ids else {}
    raised = [fold(ALERT, history).raised for history in histories.values()]
    return tuple(
        Flagged(alert_id=each.alert_id, raised_at=each.happened_at, red_flags=each.red_flags) for each in raised if each
    )
