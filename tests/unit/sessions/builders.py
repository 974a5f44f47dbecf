"""Builders of sessions; a test names only what it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

from services.treatment.sessions.decider import SESSION, Command
from services.treatment.sessions.decisions.charting import Chart, Draft
from services.treatment.sessions.decisions.signing import LEAVABLE, Lock, Sign
from services.treatment.sessions.decisions.starting import Start
from services.treatment.sessions.entries import Entry
from services.treatment.sessions.state import Session
from shared.events.treatment_sessions import (
    ActivationPerformed,
    MuscleRetested,
    MuscleTested,
    NoteWritten,
    PainScored,
    ReleaseApplied,
    SessionStarted,
)
from shared.ids import new_id

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=1)
SESSION_ID, CLIENT, THERAPIST, COLLEAGUE = (UUID(int=number) for number in range(1, 5))

STARTED = SessionStarted(
    session_id=SESSION_ID,
    client_id=CLIENT,
    episode_id=None,
    appointment_id=None,
    clinic_id=UUID(int=5),
    therapist_id=THERAPIST,
    room_id=None,
    started_at=BEGAN,
    approximate=False,
    time_zone="Europe/Berlin",
    catalogue=1,
)
ANY: dict[str, Any] = {
    "session_id": SESSION_ID,
    "client_id": CLIENT,
    "sequence": 0,
    "note": None,
    "happened_at": BEGAN,
    "approximate": False,
}
OF_TESTS: dict[str, Any] = ANY | {
    "loop_id": None,
    "target": "gluteus_maximus",
    "side": "right",
    "response": "fails",
    "cold": False,
    "catalogue": 1,
    "grade": None,
    "provocation": None,
    "position": None,
    "quality": None,
    "rater": THERAPIST,
    "blinded": None,
}
OF_RELEASES: dict[str, Any] = ANY | {
    "loop_id": None,
    "target": "psoas_major",
    "side": "right",
    "catalogue": 1,
    "technique": "sustained-pressure",
    "seconds": 60,
    "overridden": (),
    "override": None,
}
OF_ACTIVATIONS: dict[str, Any] = ANY | {
    "loop_id": None,
    "target": "gluteus_maximus",
    "side": "right",
    "catalogue": 1,
    "exercise": "bridge",
    "reps": 8,
    "seconds": None,
}
OF_SCORES: dict[str, Any] = ANY | {
    "scale": "nrs",
    "value": 5,
    "when": "before",
    "source": "client",
    "target": None,
    "side": None,
    "catalogue": 1,
}


def a_test(**values: Any) -> MuscleTested:
    return MuscleTested(**{"test_id": new_id()} | OF_TESTS | values)


def a_retest(of: MuscleTested | MuscleRetested, **values: Any) -> MuscleRetested:
    same = {"target": of.target, "side": of.side, "of_test_id": of.test_id}
    return MuscleRetested(**{"test_id": new_id()} | OF_TESTS | same | values)


def a_release(**values: Any) -> ReleaseApplied:
    return ReleaseApplied(**{"release_id": new_id()} | OF_RELEASES | values)


def an_activation(**values: Any) -> ActivationPerformed:
    return ActivationPerformed(**{"activation_id": new_id()} | OF_ACTIVATIONS | values)


def a_score(**values: Any) -> PainScored:
    return PainScored(**{"score_id": new_id()} | OF_SCORES | values)


def a_note(**values: Any) -> NoteWritten:
    words = {"section": "subjective", "body": "The knee hurts", "restricted": False}
    mine = {name: value for name, value in ANY.items() if name != "note"} | words
    return NoteWritten(**{"note_id": new_id()} | mine | values)


def draft(entry: Entry) -> Draft:
    """The entry with a place in the order when it has one."""
    return Draft(entry, has_sequence=entry.sequence > 0)


def charting(*entries: Entry, **facts: Any) -> Chart:
    return Chart(tuple(map(draft, entries)), NOW, **facts)


def after(commands: Iterable[Command], session: Session = SESSION.initial) -> Session:
    """The session after commands that are all accepted."""
    for command in commands:
        session = reduce(SESSION.evolve, SESSION.decide(command, session), session)
    return session


def begun(*entries: Entry) -> Session:
    """A session with these entries."""
    return after([Start(STARTED, NOW), *([charting(*entries)] if entries else [])])


def signing(by: UUID = THERAPIST) -> Sign:
    return Sign(by, "therapist", NOW, "5f" * 32, LEAVABLE)


def locked(*entries: Entry) -> Session:
    """A session that was signed and locked with these entries."""
    return after([signing(), Lock(THERAPIST, NOW)], begun(*(entries or (a_test(),))))


def numbered(entries: Sequence[Entry]) -> list[Entry]:
    return [replace(entry, sequence=number) for number, entry in enumerate(entries, 1)]
