"""What treatment's events say to reports of sessions: when they were, whose, signed when, and what was done in them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from shared.events import treatment_sessions as t
from workers.reports.facts.model import Fact, Revision, Told

IDS: Mapping[type, tuple[str, str]] = {
    t.MuscleTested: ("test", "test_id"),
    t.MuscleRetested: ("retest", "test_id"),
    t.ReleaseApplied: ("release", "release_id"),
    t.ActivationPerformed: ("activation", "activation_id"),
    t.PainScored: ("pain", "score_id"),
    t.BodyChartMarked: ("mark", "mark_id"),
    t.BodyworkGiven: ("bodywork", "bodywork_id"),
}
"""The entries that reports count: what the table calls them, and the field that holds their id."""

COLUMNS = ("sequence", "loop_id", "target", "side", "region", "response", "rater", "blinded", "value", "happened_at")
"""The columns that have the name and the values of an entry's fields."""


def step(name: str, event: Any, **values: Any) -> dict[str, Any]:
    return {"session_id": event.session_id, "client_id": event.client_id, "step": name} | values


def started(event: t.SessionStarted) -> Iterable[Fact]:
    names = ("episode_id", "appointment_id", "therapist_id", "clinic_id")
    values = {name: getattr(event, name) for name in names}
    yield Fact("session_steps", step("started", event, **values), event.started_at)


def linked(event: t.SessionLinked) -> Iterable[Fact]:
    values = {"episode_id": event.episode_id, "appointment_id": event.appointment_id}
    yield Fact("session_steps", step("linked", event, **values))


def signed(event: t.SessionSigned) -> Iterable[Fact]:
    yield Fact("session_steps", step("signed", event), event.signed_at)


def added(event: t.AddendumAppended) -> Iterable[Fact]:
    yield Fact("session_steps", step("addendum", event), event.happened_at)


def entered(event: Any) -> Iterable[Fact]:
    kind, id_field = IDS[type(event)]
    values = {name: getattr(event, name) for name in COLUMNS if hasattr(event, name) and name != "happened_at"}
    values |= {"session_id": event.session_id, "entry_id": getattr(event, id_field), "kind": kind, "in_error": False}
    if hasattr(event, "provocation"):
        values["provoked"] = event.provocation is not None
    if isinstance(event, t.PainScored):
        values["taken"] = event.when
    if isinstance(event, t.ReleaseApplied):
        values["overridden"] = bool(event.overridden)
    yield Fact("entries", values, event.happened_at)


def revised(event: t.EntryRevised | t.AmendmentMade) -> Iterable[Revision]:
    if values := changed(event.changes):
        yield Revision(event.session_id, event.entry_id, values)


def changed(changes: Mapping[str, t.Value]) -> dict[str, Any]:
    """The columns of what a revision changes, by the fields of the entry."""
    values: dict[str, Any] = {name: value for name, value in changes.items() if name in COLUMNS}
    if "when" in changes:
        values["taken"] = changes["when"]
    if "provocation" in changes:
        values["provoked"] = changes["provocation"] is not None
    return values


def never_was(event: t.EnteredInError) -> Iterable[Fact | Revision]:
    if event.entry_id is None:
        yield Fact("session_steps", step("in_error", event), event.signed_at)
    else:
        yield in_error(event.session_id, event.entry_id)


def in_error(session_id: UUID, entry_id: UUID) -> Revision:
    return Revision(session_id, entry_id, {"in_error": True})


TOLD: Mapping[type, Told] = dict.fromkeys(IDS, entered) | {
    t.SessionStarted: started,
    t.SessionLinked: linked,
    t.SessionSigned: signed,
    t.AddendumAppended: added,
    t.EntryRevised: revised,
    t.AmendmentMade: revised,
    t.EnteredInError: never_was,
}
