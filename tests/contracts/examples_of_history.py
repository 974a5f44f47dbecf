"""One example of every event about a client's history; the same rules as for all examples."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from shared.events import treatment_history as h


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-a000-{number:012x}")


CLIENT, INJURY, ATTEMPT, CONTRAINDICATION, CONSENT, WITHDRAWAL = map(an_id, range(1, 7))
AT = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
PLACE: dict[str, Any] = {
    "client_id": CLIENT,
    "target": "gluteus_medius",
    "region": "hip",
    "side": "left",
    "catalogue": 1,
}
INJURED: dict[str, Any] = PLACE | {
    "injury_id": INJURY,
    "kind": "accident",
    "onset": h.Recalled(precision="month", year=2019, month=11),
    "story": "Fell from a ladder",
}
TRIED: dict[str, Any] = PLACE | {
    "attempt_id": ATTEMPT,
    "injury_id": INJURY,
    "provider_kind": "chiropractor",
    "started": h.Recalled(precision="day", year=2020, month=2, day=29),
    "ended": h.Recalled(precision="age", age=40),
    "result": "temporary",
    "note": "Better for two days each time",
}
NOTED: dict[str, Any] = PLACE | {
    "contraindication_id": CONTRAINDICATION,
    "scope": "local",
    "cause": "recent_surgery",
    "starts_on": date(2026, 2, 1),
    "ends_on": date(2026, 5, 1),
    "basis": "Letter of the surgeon",
}

FILLED = (
    h.InjuryRecorded(**INJURED),
    h.InjuryRevised(**INJURED),
    h.PriorAttemptRecorded(**TRIED),
    h.PriorAttemptRevised(**TRIED),
    h.ContraindicationNoted(**NOTED),
    h.ContraindicationRevised(**NOTED),
    h.ContraindicationLifted(
        client_id=CLIENT,
        contraindication_id=CONTRAINDICATION,
        lifted_on=date(2026, 4, 1),
        reason="Healed",
    ),
    h.ConsentGiven(
        client_id=CLIENT,
        consent_id=CONSENT,
        scope="sensitive_area",
        text_hash="a7" * 32,
        locale="de",
        method="device",
        given_by="guardian",
        given_at=AT,
    ),
    h.ConsentWithdrawn(
        client_id=CLIENT, withdrawal_id=WITHDRAWAL, scope="sensitive_area", effective_at=AT, reason="Rather not"
    ),
    h.HistoryEnteredInError(client_id=CLIENT, entry_id=INJURY, reason="Another client's"),
)

NO_PLACE: dict[str, Any] = {"target": None, "region": None, "side": None}
ABSENT: Mapping[type, Mapping[str, Any]] = {
    h.InjuryRecorded: NO_PLACE | {"onset": None, "story": None},
    h.InjuryRevised: NO_PLACE | {"onset": None, "story": None},
    **{
        each: NO_PLACE | dict.fromkeys(("injury_id", "started", "ended", "result", "note"))
        for each in (h.PriorAttemptRecorded, h.PriorAttemptRevised)
    },
    h.ContraindicationNoted: NO_PLACE | {"ends_on": None, "basis": None},
    h.ContraindicationRevised: NO_PLACE | {"ends_on": None, "basis": None},
    h.ContraindicationLifted: {"reason": None},
    h.ConsentWithdrawn: {"reason": None},
}
