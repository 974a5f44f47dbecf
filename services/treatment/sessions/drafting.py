"""From what was sent to entries: what is not said gets the caller, the catalogue and the moment; never a side."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.treatment.sessions.decisions.amending import Change
from services.treatment.sessions.decisions.charting import Draft
from services.treatment.sessions.entries import HINTS, IDS, Entry, id_of, revisable, revised, words_of
from services.treatment.sessions.rules import faults_of
from services.treatment.sessions.schemas import TYPES
from services.treatment.sessions.state import Session
from shared.catalogue.targets import CATALOGUE
from shared.events.treatment_sessions import SessionStarted
from shared.http.problems import BadFields
from shared.ids import new_id

Sent = tuple[str, dict[str, Any]]
"""The type of an entry, and what was sent of it."""

DECIDED: dict[str, Any] = {"cold": False, "overridden": (), "scale": "nrs", "catalogue": CATALOGUE.version}


def drafts_of(sent: Sequence[Sent], started: SessionStarted, by: UUID, now: datetime) -> tuple[Draft, ...]:
    """Raises BadFields naming everything that cannot be said: by field of one entry, or by place of several."""
    drafts = tuple(draft_of(name, fields, started, by, now) for name, fields in sent)
    faults = {str(place): found for place, draft in enumerate(drafts) if (found := faults_of(draft.entry))}
    if faults and len(sent) == 1:
        raise BadFields(**faults["0"])
    if faults:
        raise BadFields(entries=faults)
    return drafts


def draft_of(name: str, sent: dict[str, Any], started: SessionStarted, by: UUID, now: datetime) -> Draft:
    kind, _ = TYPES[name]
    values: dict[str, Any] = {field: value for field, value in DECIDED.items() if field in HINTS[kind]}
    if "rater" in HINTS[kind]:
        values["rater"] = by
    values |= {field: value for field, value in sent.items() if field != "id"}
    values |= {"session_id": started.session_id, "client_id": started.client_id, IDS[kind]: sent["id"] or new_id()}
    values |= {"sequence": sent["sequence"] or 0, "happened_at": sent["happened_at"] or now}
    entry = kind(**values)
    return Draft(entry, has_sequence=sent["sequence"] is not None, has_time=sent["happened_at"] is not None)


def changes_of(sent: Iterable[dict[str, Any]]) -> tuple[Change, ...]:
    """Changes of entries with their values as JSON has them, own words apart."""
    return tuple(change_of(each["entry_id"], each["type"], each["values"]) for each in sent)


def change_of(entry_id: UUID, name: str, values: dict[str, Any]) -> Change:
    kind, _ = TYPES[name]
    words = words_of(kind)
    return Change(
        entry_id=entry_id,
        kind=kind,
        values=msgspec.to_builtins({field: value for field, value in values.items() if field != words}),
        rewritten=words in values,
        words=values.get(words),
    )


def after_change(session: Session, change: Change) -> Entry | None:
    """The entry with its change, for what has to be known about it; None where the rules refuse the change anyway."""
    entry = session.entries.get(change.entry_id)
    if entry is None or type(entry) is not change.kind or change.values.keys() - revisable(change.kind):
        return None
    return revised(entry, change.values, rewritten=change.rewritten, words=change.words)


def must_be_usable(entries: Iterable[Entry]) -> None:
    """Raise BadFields naming what the changed entries cannot say."""
    if faults := {str(id_of(entry)): found for entry in entries if (found := faults_of(entry))}:
        raise BadFields(changes=faults)
