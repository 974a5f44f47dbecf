"""Entries of one client's history with every field filled; a test gives what it is about."""

from dataclasses import fields
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any
from uuid import UUID

from services.treatment.history.decider import HISTORY, HistoryCommand
from services.treatment.history.state import History
from shared.events import treatment_history as h


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-b000-{number:012x}")


CLIENT, INJURY, ATTEMPT, CONTRAINDICATION, CONSENT, WITHDRAWAL = map(an_id, range(1, 7))
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HIP: dict[str, Any] = {"target": "hip_joint", "region": None, "side": "left", "catalogue": 1}


def injury(**given: Any) -> h.InjuryRecorded:
    filled: dict[str, Any] = {"kind": "injury", "onset": None, "story": "Fell"} | HIP
    return h.InjuryRecorded(**{"client_id": CLIENT, "injury_id": INJURY} | filled | given)


def injury_revised(**given: Any) -> h.InjuryRevised:
    told = injury(**given)
    return h.InjuryRevised(**{each.name: getattr(told, each.name) for each in fields(told)})


def noted(number: int = 4, **given: Any) -> h.ContraindicationNoted:
    filled: dict[str, Any] = {
        "scope": "local",
        "cause": "open_wound",
        "starts_on": date(2026, 3, 1),
        "ends_on": None,
        "basis": "Seen",
    } | HIP
    return h.ContraindicationNoted(**{"client_id": CLIENT, "contraindication_id": an_id(number)} | filled | given)


def given(number: int = 5, **said: Any) -> h.ConsentGiven:
    filled: dict[str, Any] = {
        "scope": "treatment",
        "text_hash": "a7" * 32,
        "locale": "en",
        "method": "paper",
        "given_by": "client",
        "given_at": AT,
    }
    return h.ConsentGiven(**{"client_id": CLIENT, "consent_id": an_id(number)} | filled | said)


def withdrawn(number: int = 6, **said: Any) -> h.ConsentWithdrawn:
    filled: dict[str, Any] = {"scope": "treatment", "effective_at": AT, "reason": None}
    return h.ConsentWithdrawn(**{"client_id": CLIENT, "withdrawal_id": an_id(number)} | filled | said)


def in_error(entry_id: UUID) -> h.HistoryEnteredInError:
    return h.HistoryEnteredInError(client_id=CLIENT, entry_id=entry_id, reason="Another client's")


def lifted(on: date, number: int = 4) -> h.ContraindicationLifted:
    return h.ContraindicationLifted(client_id=CLIENT, contraindication_id=an_id(number), lifted_on=on, reason=None)


def history(*events: Any) -> History:
    return reduce(HISTORY.evolve, events, HISTORY.initial)


def decided(command: HistoryCommand, *events: Any) -> list[Any]:
    """What the decider makes of a command after these events."""
    return HISTORY.decide(command, history(*events))
