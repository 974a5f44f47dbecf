"""What a session consists of: entries of several kinds, each with its id and its place in the order of the session."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar, get_type_hints
from uuid import UUID

import msgspec

from shared.events.treatment_sessions import (
    ActivationPerformed,
    AdverseReactionRecorded,
    BodyChartMarked,
    BodyworkGiven,
    MovementReassessed,
    MuscleRetested,
    MuscleTested,
    NoteWritten,
    PainScored,
    ReleaseApplied,
    Value,
)

Test: TypeAlias = MuscleTested | MuscleRetested
Intervention: TypeAlias = ReleaseApplied | ActivationPerformed
Finding: TypeAlias = PainScored | BodyChartMarked | MovementReassessed
Entry: TypeAlias = Test | Intervention | Finding | BodyworkGiven | NoteWritten | AdverseReactionRecorded
Some = TypeVar("Some", bound=Entry)

IDS: Mapping[type, str] = {
    MuscleTested: "test_id",
    MuscleRetested: "test_id",
    ReleaseApplied: "release_id",
    ActivationPerformed: "activation_id",
    PainScored: "score_id",
    BodyChartMarked: "mark_id",
    MovementReassessed: "reassessment_id",
    BodyworkGiven: "bodywork_id",
    NoteWritten: "note_id",
    AdverseReactionRecorded: "reaction_id",
}
"""The classes of entries, each with the field that holds its id."""

HINTS: Mapping[type, Mapping[str, Any]] = {kind: get_type_hints(kind) for kind in IDS}
WORDS = "note"
"""The field that holds an entry's own words, but for a note itself."""

FIXED = frozenset({"session_id", "client_id", "of_test_id", "cold", "overridden", "override", "scale", "source"})
"""What no revision changes, beside the entry's id and its own words."""


def id_of(entry: Entry) -> UUID:
    """The id that whoever charted it has given it."""
    entry_id: UUID = getattr(entry, IDS[type(entry)])
    return entry_id


def words_of(kind: type) -> str:
    """The field of a kind of entries that holds somebody's own words."""
    return "body" if kind is NoteWritten else WORDS


def revisable(kind: type) -> frozenset[str]:
    """The fields of a kind of entries that a revision may change."""
    return frozenset(HINTS[kind]) - FIXED - {IDS[kind], words_of(kind)}


def revised(entry: Some, changes: Mapping[str, Value], *, rewritten: bool, words: str | None) -> Some:
    """The entry with other values, given as JSON has them; raises msgspec.ValidationError for what does not fit."""
    hints = HINTS[type(entry)]
    values = {name: msgspec.convert(value, hints[name]) for name, value in changes.items()}
    if rewritten:
        values[words_of(type(entry))] = words if words is not None or not isinstance(entry, NoteWritten) else ""
    return replace(entry, **values)


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries in the order in which they were done."""
    return tuple(sorted(entries, key=lambda entry: entry.sequence))


def as_cold_as_known(ordered: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries in their order, each test cold when no release and no activation stands before it."""
    is_cold = True
    seen: list[Entry] = []
    for entry in ordered:
        is_cold = is_cold and not isinstance(entry, Intervention)
        seen.append(replace(entry, cold=is_cold) if isinstance(entry, Test) else entry)
    return tuple(seen)
