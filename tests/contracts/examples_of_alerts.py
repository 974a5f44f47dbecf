"""One example of every event about alerts, and of the words that clients read; the same rules hold."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.events import treatment_alerts as a


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-a000-{number:012x}")


ALERT, CLIENT, EPISODE, CHECK_IN, THERAPIST, CLINIC, CHAIN = map(an_id, range(1, 8))
AT = datetime(2026, 3, 9, 18, 5, tzinfo=UTC)
OF_ALERT: dict[str, Any] = {"alert_id": ALERT, "client_id": CLIENT}

FILLED = (
    a.AlertRaised(
        **OF_ALERT,
        episode_id=EPISODE,
        check_in_id=CHECK_IN,
        rules=("red_flag",),
        level="emergency",
        red_flags=("saddle_numbness", "fever"),
        score=8,
        before=(4, 3, 3),
        therapist_id=THERAPIST,
        clinic_id=CLINIC,
        escalate_at=AT + timedelta(minutes=30),
        happened_at=AT,
    ),
    a.AlertAcknowledged(**OF_ALERT, action="called", note="Is on the way to hospital", happened_at=AT),
    a.AlertEscalated(
        **OF_ALERT,
        level="emergency",
        clinic_id=CLINIC,
        step=1,
        to="managers",
        happened_at=AT + timedelta(minutes=30),
    ),
    a.AlertClosed(**OF_ALERT, outcome="referred", reason="Seen in hospital the same night", happened_at=AT),
    a.SafetyTextApproved(
        chain_id=CHAIN,
        locale="de",
        emergency="Rufen Sie jetzt 112 an.",
        same_day="Lassen Sie sich heute noch von einer Ärztin oder einem Arzt ansehen.",
        approved_at=AT,
    ),
    a.SafetyTextWithdrawn(chain_id=CHAIN, locale="de", withdrawn_at=AT),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    a.AlertRaised: {"episode_id": None},
    a.AlertAcknowledged: {"note": None},
    a.AlertClosed: {"reason": None},
}
