"""Entries of sessions and whole sessions, with every field filled that the test is not about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.treatment.patterns.evidence import Entry, Place, Session
from shared.events import treatment_patterns as p, treatment_sessions as t
from shared.ids import new_id

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
LAST = FIRST + 4000 * DAY
CLIENT = new_id()
PSOAS: Place = ("psoas_major", "left")
GLUTE: Place = ("gluteus_maximus", "left")
OTHER: Place = ("quadratus_lumborum", "left")
PLACES = (PSOAS, GLUTE, OTHER, ("psoas_major", "right"), ("gluteus_maximus", "right"))
MEMBERS = (
    p.Member(target=PSOAS[0], side=PSOAS[1], role="overactive"),
    p.Member(target=GLUTE[0], side=GLUTE[1], role="inhibited"),
)
TOUCH = t.Provocation(type="therapy_localisation", target=PSOAS[0], side=PSOAS[1])


def muscle_test(place: Place, response: t.Response, **more: Any) -> dict[str, Any]:
    """A draft of a test: what sequence, session and moment it has is said by the session it is put into."""
    fields = {"test_id": new_id(), "response": response, "provocation": None, "cold": None}
    nothing = dict.fromkeys(("grade", "position", "quality", "rater", "blinded"))
    return {"kind": t.MuscleTested, "target": place[0], "side": place[1]} | nothing | fields | more


def retested(place: Place, response: t.Response, of_test_id: UUID | None = None, **more: Any) -> dict[str, Any]:
    again = {"kind": t.MuscleRetested, "of_test_id": of_test_id or new_id()}
    return muscle_test(place, response, **more) | again


def released(place: Place, **more: Any) -> dict[str, Any]:
    nothing = {"technique": None, "seconds": None, "overridden": (), "override": None}
    fields = {"kind": t.ReleaseApplied, "release_id": new_id(), "target": place[0], "side": place[1]}
    return fields | nothing | more


def activated(place: Place, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("exercise", "reps", "seconds"))
    fields = {"kind": t.ActivationPerformed, "activation_id": new_id(), "target": place[0], "side": place[1]}
    return fields | nothing | more


def session(
    *drafts: dict[str, Any], at: datetime = FIRST, episode_id: UUID | None = None, client_id: UUID = CLIENT
) -> Session:
    """One minute apart, in their order; `cold` as the session would have computed it."""
    session_id = new_id()
    entries: list[Entry] = []
    for number, draft in enumerate(drafts, 1):
        place = {"session_id": session_id, "client_id": client_id, "sequence": number, "catalogue": 1, "note": None}
        when = {"happened_at": at + timedelta(minutes=number), "approximate": False}
        fields = {"loop_id": None} | place | when | {name: value for name, value in draft.items() if name != "kind"}
        if "cold" in fields and fields["cold"] is None:
            fields["cold"] = all(isinstance(each, t.MuscleTested | t.MuscleRetested) for each in entries)
        entries.append(draft["kind"](**fields))
    return Session(session_id=session_id, episode_id=episode_id, entries=tuple(entries))


def loop(place_released: Place = PSOAS, place_tested: Place = GLUTE) -> Sequence[dict[str, Any]]:
    """Test, release, activation and retest that holds, as one loop."""
    loop_id = new_id()
    first = muscle_test(place_tested, "fails", loop_id=loop_id)
    return (
        first,
        released(place_released, loop_id=loop_id),
        activated(place_tested, loop_id=loop_id),
        retested(place_tested, "holds", of_test_id=first["test_id"], loop_id=loop_id),
    )


def hypothesised(**changes: Any) -> p.PatternHypothesised:
    fields: dict[str, Any] = {
        "pattern_id": new_id(),
        "client_id": CLIENT,
        "episode_id": None,
        "session_id": None,
        "origin_injury_id": None,
        "members": MEMBERS,
        "catalogue": 1,
        "happened_at": FIRST,
    }
    return p.PatternHypothesised(**fields | changes)
