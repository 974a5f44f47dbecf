"""One example of every event about check-ins; the same rules hold."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.events import treatment_check_ins as c


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-b000-{number:012x}")


CHAIN, OFFERING, OTHER_OFFERING, CLIENT, EPISODE, SESSION, CHECK_IN = map(an_id, range(1, 8))
AT = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
IDS: dict[str, Any] = {"check_in_id": CHECK_IN, "client_id": CLIENT}
SAID: dict[str, Any] = {
    "score": 4,
    "places": ("knee-left", "lower_back"),
    "homework": "some",
    "note": "Worse on the stairs",
    "red_flags": ("night_pain",),
    "after_session": True,
    "source": "client",
}
RULES = c.CheckInRules(days=(1, 4), weekly=False, after_discharge=(60,), time="19:30", nudge_hours=(24,))

FILLED = (
    c.CheckInRulesSet(
        chain_id=CHAIN,
        rules=RULES,
        offerings=(
            c.OfferingRules(offering_id=OFFERING, rules=c.CheckInRules()),
            c.OfferingRules(offering_id=OTHER_OFFERING, rules=None),
        ),
    ),
    c.CheckInPlanned(
        **IDS,
        episode_id=EPISODE,
        session_id=SESSION,
        step="day_1",
        counted_from=date(2026, 3, 2),
        due_on=date(2026, 3, 3),
        due_time="18:00",
        time_zone="Europe/Berlin",
        nudge_hours=(24, 72),
        planned_at=AT - timedelta(days=1),
    ),
    c.CheckInOpened(**IDS, opened_at=AT, good_until=AT + timedelta(days=7)),
    c.CheckInSent(**IDS, ordinal=1, channel="email", sent_at=AT),
    c.CheckInUndeliverable(**IDS, ordinal=1, cause="blocked", noticed_at=AT),
    c.CheckInAnswered(**IDS, **SAID, answered_at=AT),
    c.CheckInCorrected(**IDS, **SAID, corrected_at=AT),
    c.CheckInCancelled(**IDS, cause="replaced", cancelled_at=AT),
    c.CheckInsStopped(client_id=CLIENT, source="client", stopped_at=AT),
    c.CheckInsResumed(client_id=CLIENT, by="therapist", resumed_at=AT),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    c.CheckInRulesSet: {"rules": None},
    c.CheckInPlanned: {"episode_id": None, "session_id": None},
    c.CheckInAnswered: {"homework": None, "note": None},
    c.CheckInCorrected: {"homework": None, "note": None},
}
