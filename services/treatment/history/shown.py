"""Entries of a history as its API shows them."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from services.treatment.history.reading import Read, Written
from services.treatment.history.state import Entry, History, id_of
from shared.catalogue.targets import CATALOGUE
from shared.columns import fields_of
from shared.events import treatment_history as h

LISTS: dict[str, tuple[type, ...]] = {
    "injuries": (h.InjuryRecorded, h.InjuryRevised),
    "attempts": (h.PriorAttemptRecorded, h.PriorAttemptRevised),
    "contraindications": (h.ContraindicationNoted, h.ContraindicationRevised),
    "consents": (h.ConsentGiven,),
    "withdrawals": (h.ConsentWithdrawn,),
}
"""Where in the answer an entry stands, by what tells of it."""


def shown(client_id: UUID, read: Read, now: datetime) -> dict[str, Any]:
    """All of a history, each kind of entry in the order in which it was entered, and what is agreed to at `now`."""
    lists = {
        name: [
            show(entry, read.written[entry_id])
            for entry_id, entry in read.history.entries.items()
            if isinstance(entry.told, classes)
        ]
        for name, classes in LISTS.items()
    }
    return lists | {"client_id": client_id, "agreed": agreed(read.history, now)}


def agreed(history: History, now: datetime) -> list[h.ConsentScope]:
    scopes: tuple[h.ConsentScope, ...] = get_args(h.ConsentScope)
    return [scope for scope in scopes if history.consent(scope, now) is not None]


def show(entry: Entry, written: Written) -> dict[str, Any]:
    about = {
        "id": id_of(entry.told),
        "version": entry.version,
        "written_at": written.at,
        "written_by": written.by,
        "in_error": entry.in_error is not None,
        "error_reason": entry.in_error and entry.in_error.reason,
        "lifted_on": entry.lifted and entry.lifted.lifted_on,
        "lift_reason": entry.lifted and entry.lifted.reason,
    }
    told = fields_of(entry.told)
    return told | about | {"target_name": name_of_target(told.get("target"), told.get("catalogue"))}


def name_of_target(target: str | None, version: int | None) -> str | None:
    return None if target is None else CATALOGUE.find(target, version).name
