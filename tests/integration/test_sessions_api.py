"""Sessions over HTTP: charted on a tablet, late and in batches, signed, locked, and read as they were at any moment."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event as listening, text

from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged
from shared.events.treatment_history import ContraindicationNoted
from shared.ids import new_id
from tests.contracts.examples import EXAMPLES
from tests.support.api import Api
from tests.support.log import WHO
from tests.support.treatment import Therapist, Treatment

pytestmark = pytest.mark.one_database

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(hours=1)
BEGAN = NOW - timedelta(minutes=40)
TEST = {"target": "gluteus_maximus", "side": "right", "response": "fails"}
RELEASE = {"target": "psoas_major", "side": "right", "technique": "sustained-pressure", "seconds": 60}
ACTIVATION = {"target": "gluteus_maximus", "side": "right", "exercise": "bridge", "reps": 8}
FREE = {"target": "soleus", "side": "right", "technique": "sustained-pressure", "seconds": 60}
LEAVES = {"leaves": ["pain_before", "pain_after"]}


@dataclass(frozen=True)
class Room:
    """A therapist with a client who has a visit today, and the session that was started with them."""

    treatment: Treatment
    therapist: Therapist
    client_id: UUID
    clinic_id: UUID
    appointment_id: UUID
    session: str

    @property
    def api(self) -> Api:
        return self.therapist.api

    def chart(self, path: str, body: Any, status: int = 201) -> Any:
        return self.api.post(f"{self.session}/{path}", body, status)

    def read(self, query: str = "") -> Any:
        return self.api.get(self.session + query)

    def colleague(self, **visit: Any) -> Api:
        """Another therapist, who has a visit of the same client today."""
        other = self.treatment.therapist()
        self.treatment.visit(client_id=self.client_id, therapist_id=other.therapist_id, starts_at=SOON, **visit)
        return other.api


@pytest.fixture
def room(treatment: Treatment) -> Room:
    therapist, clinic_id = treatment.therapist(), treatment.clinic()
    visit = treatment.visit(therapist_id=therapist.therapist_id, clinic_id=clinic_id, starts_at=SOON)
    session_id = str(new_id())
    therapist.api.post("/v1/sessions", starting(visit, session_id))
    return Room(treatment, therapist, visit.client_id, clinic_id, visit.appointment_id, f"/v1/sessions/{session_id}")


def starting(visit: Any, session_id: str | None = None, **fields: Any) -> dict[str, Any]:
    names = ("client_id", "clinic_id", "appointment_id")
    body = {name: str(getattr(visit, name)) for name in names}
    return body | {"id": session_id or str(new_id()), "started_at": BEGAN.isoformat()} | fields


def at(minute: int) -> str:
    return (BEGAN + timedelta(minutes=minute)).isoformat()


def types(session: Any) -> list[str]:
    return [entry["type"] for entry in session["entries"]]


def a_loop() -> list[Any]:
    """What a tablet sends that was offline: the last thing first."""
    loop, test = str(new_id()), str(new_id())
    some: list[Any] = [
        {"type": "test", "id": test, "loop_id": loop, "happened_at": at(1), **TEST},
        {"type": "release", "id": str(new_id()), "loop_id": loop, "happened_at": at(2), **FREE},
        {"type": "activation", "id": str(new_id()), "loop_id": loop, "happened_at": at(3), **ACTIVATION},
        {"type": "retest", "id": str(new_id()), "loop_id": loop, "happened_at": at(4), "of_test_id": test, **TEST},
    ]
    return [entry | ({"response": "holds"} if entry["type"] == "retest" else {}) for entry in reversed(some)]


def locked(room: Room) -> dict[str, Any]:
    room.chart("tests", TEST)
    room.chart("sign", LEAVES, 200)
    answer: dict[str, Any] = room.chart("lock", {}, 200)
    return answer


def test_a_session_is_started_once_and_the_same_again_is_the_same(treatment: Treatment) -> None:
    therapist, clinic_id = treatment.therapist(), treatment.clinic()
    visit = treatment.visit(therapist_id=therapist.therapist_id, clinic_id=clinic_id, starts_at=SOON)
    body = starting(visit)
    started = therapist.api.post("/v1/sessions", body)
    assert (started["status"], started["time_zone"], started["entries"]) == ("open", "Europe/Berlin", [])
    assert started["therapist_id"] == str(therapist.therapist_id)
    again = therapist.api.call("POST", "/v1/sessions", 200, body).get_json()
    assert again["id"] == started["id"] == body["id"]
    other = starting(visit)
    assert therapist.api.problem("POST", "/v1/sessions", 409, other)["code"] == "visit_has_session"
    moved = body | {"started_at": at(5)}
    assert therapist.api.problem("POST", "/v1/sessions", 409, moved)["code"] == "session_exists"


def test_a_session_belongs_to_a_known_clinic_and_to_its_own_client_s_visit(treatment: Treatment) -> None:
    therapist, clinic_id = treatment.therapist(), treatment.clinic()
    visit = treatment.visit(therapist_id=therapist.therapist_id, clinic_id=clinic_id, starts_at=SOON)
    stranger = treatment.visit(clinic_id=clinic_id, starts_at=SOON)
    for wrong in ({"clinic_id": str(new_id())}, {"appointment_id": str(stranger.appointment_id)}):
        problem = therapist.api.problem("POST", "/v1/sessions", 422, starting(visit) | wrong)
        assert list(problem["fields"]) == list(wrong)
    problem = therapist.api.problem("POST", "/v1/sessions", 422, starting(visit, episode_id=str(new_id())))
    assert list(problem["fields"]) == ["episode_id"]
    unknown = starting(visit, appointment_id=str(new_id()))
    assert therapist.api.post("/v1/sessions", unknown)["appointment_id"] == unknown["appointment_id"]


def test_a_session_begun_without_its_visit_is_linked_later(treatment: Treatment) -> None:
    therapist, clinic_id = treatment.therapist(), treatment.clinic()
    visit = treatment.visit(therapist_id=therapist.therapist_id, clinic_id=clinic_id, starts_at=SOON)
    started = therapist.api.post("/v1/sessions", starting(visit, appointment_id=None))
    link = {"appointment_id": str(visit.appointment_id), "episode_id": None}
    linked = therapist.api.post(f"/v1/sessions/{started['id']}/link", link, 200)
    assert linked["appointment_id"] == str(visit.appointment_id)


def test_every_type_of_entry_is_charted_and_read_again(room: Room) -> None:
    tested = room.chart("tests", TEST | {"grade": "4-", "note": "Slow\nto start"})["entries"][0]
    assert tested["cold"]
    assert tested["target_name"] == "gluteus maximus"
    assert tested["rater"] == str(room.therapist.therapist_id)
    touched = {"type": "therapy_localisation", "target": "psoas_major", "side": "right"}
    room.chart("tests", TEST | {"response": "holds", "provocation": touched})
    room.chart("releases", FREE)
    room.chart("activations", ACTIVATION)
    retest = room.chart("retests", TEST | {"response": "holds", "of_test_id": tested["id"]})["entries"][0]
    assert not retest["cold"]
    room.chart("pain-scores", {"value": 6, "when": "before", "source": "client"})
    room.chart("marks", {"view": "anterior", "region": "knee", "side": "left", "point": {"x": 430, "y": 700}})
    room.chart("movements", {"movement": "squat", "side": "midline", "before": "painful", "after": "easy"})
    room.chart("bodywork", {"region": "hip", "side": "right", "minutes": 10})
    room.chart("notes", {"section": "plan", "body": "Come back\nin a week"})
    room.chart("adverse-reactions", {"kind": "dizziness", "severity": "mild"})
    session = room.read()
    assert types(session) == [
        "test",
        "test",
        "release",
        "activation",
        "retest",
        "pain_score",
        "mark",
        "movement",
        "bodywork",
        "note",
        "adverse_reaction",
    ]
    assert session["entries"][0]["note"] == "Slow\nto start"
    assert session["entries"][1]["provocation"] == touched
    assert session["entries"][6]["point"] == {"x": 430, "y": 700}
    assert session["access"]["basis"] == "visit"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tests", TEST | {"target": "no_such_muscle"}, "target"),
        ("tests", TEST | {"side": "midline"}, "side"),
        ("tests", {"target": "soleus", "response": "fails"}, "side"),
        ("tests", TEST | {"cold": True}, "cold"),
        ("tests", TEST | {"provocation": {"type": "load", "side": "left"}}, "provocation"),
        ("tests", TEST | {"quality": "She said so"}, "quality"),
        ("tests", TEST | {"quality": "slow\n"}, "quality"),
        ("pain-scores", {"value": 11, "when": "now", "source": "client"}, "value"),
        ("pain-scores", {"value": 5.5, "when": "now", "source": "client"}, "value"),
        ("marks", {"view": "anterior", "region": "moon", "side": "left"}, "region"),
        ("movements", {"movement": "soleus", "side": "left"}, "movement"),
        ("entries", {"entries": []}, "entries"),
        ("entries", {"entries": [{"type": "poem"}]}, "entries"),
        ("entries", {"entries": [{"type": "test", **TEST}, {"type": "test", **TEST, "side": "midline"}]}, "entries"),
    ],
)
def test_what_cannot_be_said_is_named(room: Room, path: str, body: Any, field: str) -> None:
    problem = room.api.problem("POST", f"{room.session}/{path}", 422, body)
    assert list(problem["fields"]) == [field]


def test_a_batch_is_put_in_its_order_and_may_be_sent_again(room: Room) -> None:
    loop = a_loop()
    room.chart("entries", {"entries": loop})
    room.chart("entries", {"entries": loop})
    session = room.read()
    assert types(session) == ["test", "release", "activation", "retest"]
    assert [entry["cold"] for entry in session["entries"] if "cold" in entry] == [True, False]
    other = loop[3] | {"side": "left"}
    assert room.api.problem("POST", f"{room.session}/entries", 409, {"entries": [other]})["code"] == "entry_exists"


def test_a_batch_is_charted_all_or_none(room: Room) -> None:
    some = [{"type": "test", **TEST}, {"type": "retest", **TEST, "of_test_id": str(new_id())}]
    assert room.api.problem("POST", f"{room.session}/entries", 409, {"entries": some})["code"] == "test_unknown"
    assert room.read()["entries"] == []


def test_word_that_comes_late_makes_a_test_warm_and_the_past_stays_as_it_was(room: Room) -> None:
    room.chart("tests", TEST | {"happened_at": at(10)})
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    room.chart("releases", FREE | {"happened_at": at(5)})
    assert [entry.get("cold") for entry in room.read()["entries"]] == [None, False]
    assert [entry["cold"] for entry in room.read(f"?as_of={before}")["entries"]] == [True]
    by = at(6).replace("+00:00", "Z")
    assert types(room.read(f"?happened_by={by}")) == ["release"]
    room.api.get(f"{room.session}?happened_by=2020-01-01T00:00:00Z", 404)


def test_a_cold_retest_names_a_test_of_a_session_before(room: Room) -> None:
    first = room.chart("tests", TEST)["entries"][0]["id"]
    later = str(new_id())
    body = {"id": later, "client_id": str(room.client_id), "clinic_id": str(room.clinic_id)}
    room.api.post("/v1/sessions", body)
    retest = TEST | {"response": "holds", "of_test_id": first}
    charted = room.api.post(f"/v1/sessions/{later}/retests", retest)
    assert charted["entries"][0]["cold"]
    wrong = retest | {"side": "left"}
    assert room.api.problem("POST", f"/v1/sessions/{later}/retests", 409, wrong)["code"] == "another_target"
    room.api.post(f"/v1/sessions/{later}/releases", FREE)
    problem = room.api.problem("POST", f"/v1/sessions/{later}/retests", 409, retest)
    assert problem["code"] == "retest_not_cold"


def note_contraindication(room: Room) -> UUID:
    noted = ContraindicationNoted(
        contraindication_id=new_id(),
        client_id=room.client_id,
        scope="local",
        cause="open_wound",
        target="soleus",
        region=None,
        side="right",
        catalogue=1,
        starts_on=date(2020, 1, 1),
        ends_on=None,
        basis=None,
    )
    room.treatment.database.command(
        room.treatment.chain_id, WHO, lambda tx: tx.append(f"history-{room.client_id}", 0, [noted])
    )
    return noted.contraindication_id


def test_a_release_that_something_stands_in_the_way_of_needs_a_reason(room: Room) -> None:
    contraindication = note_contraindication(room)
    problem = room.api.problem("POST", f"{room.session}/releases", 409, FREE)
    assert problem["code"] == "release_guarded"
    assert [guard["id"] for guard in problem["guards"]] == [str(contraindication)]
    left = room.chart("releases", FREE | {"side": "left", "override": "not needed"})["entries"][0]
    assert (left["overridden"], left["override"]) == ([], None)
    right = room.chart("releases", FREE | {"override": "It has healed"})["entries"][0]
    assert right["override"] == "It has healed"
    assert [guard["kind"] for guard in right["overridden"]] == ["contraindication"]
    change = {"entry_id": left["id"], "type": "release", "values": {"side": "right"}}
    problem = room.api.problem("POST", f"{room.session}/revisions", 409, {"changes": [change]})
    assert problem["code"] == "release_guarded"


def test_all_that_is_missing_is_said_in_one_answer_and_may_be_left_by_name(room: Room) -> None:
    room.chart("tests", TEST | {"rater": None})
    release = room.chart("releases", {"target": "soleus", "side": "right"})["entries"][0]["id"]
    problem = room.api.problem("POST", f"{room.session}/sign", 409, {})
    codes = [each["code"] for each in problem["missing"]]
    assert codes == ["rater", "technique", "seconds", "pain_before", "pain_after"]
    tested = room.read()["entries"][0]["id"]
    changes = [
        {"entry_id": tested, "type": "test", "values": {"rater": str(room.therapist.therapist_id)}},
        {"entry_id": release, "type": "release", "values": {"technique": "pin-and-stretch", "seconds": 45}},
    ]
    room.chart("revisions", {"changes": changes})
    signed = room.chart("sign", LEAVES, 200)
    assert signed["status"] == "signed"
    assert [each["code"] for each in signed["signature"]["leaves"]] == ["pain_before", "pain_after"]


@pytest.mark.parametrize("values", [{"happened_at": None}, {"sequence": None}, {"value": 11}, {"side": None}, {}])
def test_an_entry_is_not_revised_into_what_could_not_be_charted(room: Room, values: dict[str, Any]) -> None:
    tested = room.chart("tests", TEST)["entries"][0]["id"]
    change = {"entry_id": tested, "type": "test", "values": values}
    problem = room.api.problem("POST", f"{room.session}/revisions", 422, {"changes": [change]})
    assert list(problem["fields"]) == ["changes"]
    good = change | {"values": {"side": "left"}}
    twice = room.api.problem("POST", f"{room.session}/revisions", 422, {"changes": [good, good]})
    assert list(twice["fields"]) == ["changes"]


def test_a_signature_holds_and_covers_everything_until_something_is_charted(room: Room) -> None:
    room.chart("tests", TEST)
    signed = room.chart("sign", LEAVES, 200)["signature"]
    read = room.read()["signature"]
    assert read == signed | {"holds": True}
    room.chart("notes", {"section": "free", "body": "One more thing"})
    assert (room.read()["status"], room.read()["signature"]) == ("open", None)
    assert room.api.problem("POST", f"{room.session}/lock", 409, {})["code"] == "not_signed"
    again = room.chart("sign", LEAVES, 200)["signature"]
    assert again["content_hash"] != signed["content_hash"]


def test_a_signature_outlives_the_words_that_it_covers(room: Room) -> None:
    room.chart("tests", TEST | {"note": "Afraid of stairs"})
    room.chart("sign", LEAVES, 200)
    room.chart("lock", {}, 200)
    erased = EXAMPLES["scheduling.client_erased.v1"]
    fields = {name: getattr(erased, name) for name in erased.__dataclass_fields__}
    ids = {"client_id": room.client_id, "client_ids": (room.client_id,), "classes": ("contact", "clinical")}
    room.treatment.tell(ClientErased(**fields | ids), stream=f"erasure-{room.client_id}")
    room.api.get(room.session, 410)
    with room.treatment.database.reading(room.treatment.chain_id) as connection:
        row = text("SELECT data FROM events WHERE name = 'treatment.session_signed.v1'")
        signed = connection.execute(row).scalar_one()
        hashes = text(
            "SELECT encode(sha256(string_agg(hash, ''::bytea ORDER BY version)), 'hex') FROM events"
            " WHERE stream = :stream AND version <= :covers"
        )
        stream = f"session-{room.session.rsplit('/', 1)[1]}"
        found = connection.execute(hashes, {"stream": stream, "covers": signed["covers"]}).scalar_one()
    assert found == signed["content_hash"]


def test_after_the_lock_there_are_additions_alone(room: Room) -> None:
    session = locked(room)
    tested = session["entries"][0]["id"]
    assert session["locked_at"]
    amendment = {
        "id": str(new_id()),
        "reason": "Sides mixed up",
        "changes": [{"entry_id": tested, "type": "test", "values": {"side": "left"}}],
    }
    amended = room.chart("amendments", amendment)
    assert amended["entries"][0]["side"] == "left"
    assert [(each["reason"], each["fields"]) for each in amended["amendments"]] == [("Sides mixed up", ["side"])]
    assert room.chart("amendments", amendment)["version"] == amended["version"]
    room.chart("addenda", {"body": "Felt well the day after"})
    assert room.colleague().call("POST", f"{room.session}/countersign", 200).get_json()["countersignatures"]
    withdrawn = room.chart("entered-in-error", {"entry_ids": [tested], "reason": "Another client's"})
    assert (withdrawn["entries"], withdrawn["in_error"][0]["entry_id"]) == ([], tested)
    assert withdrawn["signature"]["content_hash"] == session["signature"]["content_hash"]
    assert room.read()["signature"]["holds"]


def test_nobody_writes_into_somebody_else_s_session_and_restricted_words_are_for_its_therapist(room: Room) -> None:
    room.chart("notes", {"section": "subjective", "body": "Told in confidence", "restricted": True})
    colleague = room.colleague()
    problem = colleague.problem("POST", f"{room.session}/tests", 403, TEST)
    assert problem["code"] == "not_allowed"
    (note,) = colleague.get(room.session)["entries"]
    assert (note["body"], note["withheld"]) == (None, True)
    assert room.read()["entries"][0]["body"] == "Told in confidence"
    room.treatment.therapist().api.get(room.session, 403)
    room.treatment.caller("manager").get(room.session, 403)
    room.treatment.caller("front_desk").get(room.session, 403)
    room.api.get(f"/v1/sessions/{new_id()}", 404)


def test_who_covers_at_the_clinic_of_a_session_writes_into_it(room: Room) -> None:
    treatment, elsewhere = room.treatment, room.treatment.clinic()
    for clinic_id, status in ((elsewhere, 403), (room.clinic_id, 201)):
        covering = treatment.therapist()
        treatment.visit(client_id=room.client_id, clinic_id=clinic_id, starts_at=NOW)
        covering.api.post("/v1/covers", {"clinic_id": str(clinic_id)})
        charted = covering.api.post(f"{room.session}/tests", TEST, status)
        assert status == 403 or charted["entries"][0]["rater"] == str(covering.therapist_id)


def test_two_devices_chart_at_once_without_a_version_and_one_that_sends_it_is_heeded(room: Room) -> None:
    version = room.read()["version"]
    room.chart("tests", TEST)
    room.chart("tests", TEST | {"side": "left"})
    stale = room.api.call("POST", f"{room.session}/tests", None, TEST, If_Match=f'"{version}"')
    assert stale.status_code == 412
    assert len(room.read()["entries"]) == 2


def test_a_client_s_sessions_are_listed_latest_first_under_whatever_id_they_were_started(room: Room) -> None:
    older = room.treatment.client()
    room.treatment.tell(ClientsMerged(client_id=room.client_id, into_id=older), stream=f"client-{room.client_id}")
    second = {"id": str(new_id()), "client_id": str(older), "clinic_id": str(room.clinic_id)}
    room.api.post("/v1/sessions", second)
    path = f"/v1/clients/{older}/sessions"
    assert [each["id"] for each in room.api.get(path)["items"]] == [second["id"], room.session.rsplit("/", 1)[1]]
    first = room.api.get(f"{path}?limit=1")
    rest = room.api.get(f"{path}?limit=1&cursor={first['next']}")
    assert [each["id"] for each in (*first["items"], *rest["items"])] == [
        second["id"],
        room.session.rsplit("/", 1)[1],
    ]
    assert rest["next"] is None


def test_however_much_there_is_the_number_of_queries_is_the_same(room: Room) -> None:
    path = f"/v1/clients/{room.client_id}/sessions"

    def queries() -> int:
        asked: list[str] = []

        def ask(*given: Any) -> None:
            asked.append(given[2])

        engine = room.treatment.database.engine
        listening.listen(engine, "before_cursor_execute", ask)
        room.api.get(path)
        listening.remove(engine, "before_cursor_execute", ask)
        return len(asked)

    room.chart("tests", TEST | {"note": "x"})
    queries()  # from here on the key of the chain is at hand
    few = queries()
    for _ in range(3):
        body = {"id": str(new_id()), "client_id": str(room.client_id), "clinic_id": str(room.clinic_id)}
        started = room.api.post("/v1/sessions", body)["id"]
        some = [{"type": "test", "note": "x", **TEST} for _ in range(10)]
        room.api.post(f"/v1/sessions/{started}/entries", {"entries": some})
    assert queries() == few


def test_no_write_of_the_api_changes_a_locked_session_but_what_adds_to_it(room: Room) -> None:
    """Those that name a session are sent what they take of an open one; all others are asked about it all the same."""
    session = locked(room)
    tested = session["entries"][0]["id"]
    change = {"changes": [{"entry_id": tested, "type": "test", "values": {"side": "left"}}]}
    bodies: dict[str, Any] = {
        "link": {"appointment_id": None, "episode_id": None},
        "entries": {"entries": a_loop()},
        "tests": TEST,
        "retests": TEST | {"of_test_id": tested},
        "releases": FREE,
        "activations": ACTIVATION,
        "pain-scores": {"value": 3, "when": "after", "source": "client"},
        "marks": {"view": "anterior", "region": "knee", "side": "left"},
        "movements": {"movement": "squat", "side": "midline"},
        "bodywork": {"region": "hip"},
        "notes": {"section": "plan", "body": "x"},
        "adverse-reactions": {"kind": "nausea", "severity": "mild"},
        "revisions": change,
        "sign": LEAVES,
        "lock": {},
    }
    additions = {"addenda", "amendments", "entered-in-error", "countersign"}
    document: Any = room.api.get("/openapi.json")
    every = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method in {"post", "put", "patch", "delete"}
    }
    writes = {(method, path) for method, path in every if "{session_id}" in path}
    assert {path.rsplit("/", 1)[1] for _, path in writes} == bodies.keys() | additions
    for method, path in sorted(writes):
        last = path.rsplit("/", 1)[1]
        if last in additions:
            continue
        answer = room.api.call(method, path.replace("{session_id}", room.session.rsplit("/", 1)[1]), None, bodies[last])
        assert answer.status_code in ({200} if last in {"sign", "lock"} else {409}), last
        assert answer.status_code == 200 or answer.get_json()["code"] == "session_locked"
        assert room.read()["version"] == session["version"]
    for method, path in sorted(every - writes):
        room.api.call(method, re.sub(r"{\w+}", session["id"], path), None, {"session_id": session["id"]}, If_Match="*")
    assert room.read()["version"] == session["version"]
