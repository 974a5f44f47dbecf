"""A client's care over weeks through the API: episodes, patterns and homework, as of any moment, for whom it concerns."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.access_log import accesses_of
from shared.events import treatment_sessions as t
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged
from shared.ids import new_id
from tests.support.api import Api
from tests.support.log import WHO
from tests.support.treatment import Therapist, Treatment
from tests.unit.treatment.builders import GLUTE, OTHER, PSOAS, loop, muscle_test, released, retested, session

pytestmark = pytest.mark.one_database

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
BEGAN = NOW - 60 * DAY
ANY = {"If_Match": "*"}
MEMBERS = [
    {"target": PSOAS[0], "side": PSOAS[1], "role": "overactive"},
    {"target": GLUTE[0], "side": GLUTE[1], "role": "inhibited"},
]


@dataclass
class Care:
    """One client and the therapist who treats them; `goes_on` is a day on which they come."""

    treatment: Treatment
    therapist: Therapist
    client_id: UUID = field(default_factory=new_id)
    visit_id: UUID | None = None

    @property
    def api(self) -> Api:
        return self.therapist.api

    def goes_on(self, days: float) -> datetime:
        """So many days after the beginning: there is a visit now, which opens the record."""
        at = BEGAN + timedelta(days=days)
        self.treatment.set_clock(at)
        start = at - timedelta(minutes=50)
        visit = self.treatment.visit(
            client_id=self.client_id, therapist_id=self.therapist.therapist_id, starts_at=start
        )
        self.visit_id = visit.appointment_id
        return at

    def charted(self, *drafts: Any, at: datetime, client_id: UUID | None = None, episode_id: Any = None) -> Any:
        """A session of these entries, begun half an hour before."""
        began, whose = at - timedelta(minutes=30), client_id or self.client_id
        made = session(*drafts, at=began, client_id=whose)
        started = t.SessionStarted(
            session_id=made.session_id,
            client_id=whose,
            episode_id=episode_id and UUID(episode_id),
            appointment_id=None,
            clinic_id=new_id(),
            therapist_id=self.therapist.therapist_id,
            room_id=None,
            started_at=began,
            approximate=False,
            time_zone="Europe/Berlin",
            catalogue=1,
        )
        self.record(made.session_id, started, *made.entries)
        return made

    def record(self, session_id: UUID, *events: Any) -> None:
        def work(transaction: Any) -> None:
            stream = f"session-{session_id}"
            transaction.append(stream, len(transaction.load(stream)), events)

        self.treatment.database.command(self.treatment.chain_id, WHO, work)

    def scored(self, made: Any, value: int, when: t.When = "before") -> None:
        score = t.PainScored(
            session_id=made.session_id,
            client_id=self.client_id,
            score_id=new_id(),
            sequence=100,
            scale="nrs",
            value=value,
            when=when,
            source="client",
            target=None,
            side=None,
            catalogue=1,
            note=None,
            happened_at=made.entries[0].happened_at,
            approximate=False,
        )
        self.record(made.session_id, score)

    def episode(self, **given: Any) -> Any:
        body = {"client_id": str(self.client_id), "target": GLUTE[0], "side": "left", "opened_from": "visit"}
        return self.api.post("/v1/episodes", body | {"appointment_id": str(self.visit_id)} | given)

    def pattern(self, **given: Any) -> Any:
        return self.api.post("/v1/patterns", {"client_id": str(self.client_id), "members": MEMBERS} | given)

    def say(self, pattern: Any, what: str, expect: int = 200, **body: Any) -> Any:
        return self.api.post(f"/v1/patterns/{pattern['id']}/{what}", body, expect)

    def suggested(self, made: Any) -> list[Any]:
        found: list[Any] = self.api.get(f"/v1/sessions/{made.session_id}/proposals")["items"]
        return found

    def position(self) -> int:
        with self.treatment.database.reading(self.treatment.chain_id) as connection:
            return int(connection.execute(text("SELECT max(position) FROM events")).scalar_one())


@pytest.fixture
def care(treatment: Treatment) -> Care:
    care = Care(treatment, treatment.therapist())
    care.treatment.client(care.client_id)
    return care


def test_an_episode_goes_from_its_opening_to_its_discharge(care: Care) -> None:
    care.goes_on(0)
    episode = care.episode(complaint="Downstairs it hurts\nmost of all.")
    path = f"/v1/episodes/{episode['id']}"
    assert episode["lead_therapist_id"] == str(care.therapist.therapist_id)
    assert (episode["status"], episode["baseline"], episode["access"]["basis"]) == ("active", None, "visit")
    scores = {"nrs_now": 4, "nrs_worst": 8, "nrs_average": 6}
    assert care.api.put(f"{path}/baseline", scores)["baseline"]["counts"]
    goal = care.api.post(f"{path}/goals", {"activity": "Run", "score": 3})["goals"][0]
    scored = care.api.post(f"{path}/goals/{goal['id']}/scores", {"score": 7})
    assert [each["score"] for each in scored["goals"][0]["scores"]] == [3, 7]
    assert care.api.put(f"{path}/next-visit", {"on": "2031-01-01"})["next_visit_on"] == "2031-01-01"
    assert care.api.put(f"{path}/next-visit", {"on": None})["next_visit_on"] is None
    other = str(new_id())
    moved = care.api.post(f"{path}/transfer", {"reason": "moves", "clinic_id": other}, 200, **ANY)
    assert moved["clinic_id"] == other
    held = care.api.post(f"{path}/hold", {"until": "2031-01-01"}, 200, **ANY)
    assert (held["status"], held["held_until"]) == ("held", "2031-01-01")
    assert care.api.post(f"{path}/resume", {}, 200, **ANY)["status"] == "active"
    done = care.api.post(f"{path}/discharge", {"outcome": "goal_met", "planned": True}, 200, **ANY)
    assert done["discharged"]["outcome"] == "goal_met"
    refused = care.api.problem("POST", f"{path}/goals", 409, {"activity": "Swim", "score": 1})
    assert refused["code"] == "episode_closed"
    assert care.api.post(f"{path}/reopen", {}, 200, **ANY)["status"] == "active"
    shown = care.api.call("GET", path, 200)
    assert (shown.get_json()["version"], shown.headers["ETag"]) == (11, '"11"')
    assert care.api.problem("POST", f"{path}/hold", 412, {}, If_Match='"3"')["code"] == "version_mismatch"


def test_an_episode_needs_a_target_and_somebody_who_leads_it(care: Care) -> None:
    care.goes_on(0)
    body = {"client_id": str(care.client_id), "target": GLUTE[0], "side": "left", "opened_from": "none"}
    faults = care.api.problem("POST", "/v1/episodes", 422, body)["fields"]
    assert set(faults) == {"lead_therapist_id", "clinic_id"}
    lead = {"lead_therapist_id": str(new_id()), "clinic_id": str(new_id())}
    assert care.api.post("/v1/episodes", body | lead)["appointment_id"] is None
    for wrong in ({"target": "no_such_muscle"}, {"side": "midline"}):
        assert "target" in care.api.problem("POST", "/v1/episodes", 422, body | lead | wrong)["fields"]
    foreign = care.treatment.visit()
    visit = {"opened_from": "visit", "appointment_id": str(foreign.appointment_id)}
    assert "appointment_id" in care.api.problem("POST", "/v1/episodes", 422, body | visit)["fields"]


def test_a_baseline_is_from_before_the_first_treatment(care: Care) -> None:
    at = care.goes_on(0)
    episode = care.episode()
    path = f"/v1/episodes/{episode['id']}"
    scores = {"nrs_now": 4, "nrs_worst": 8, "nrs_average": 6}
    before = (at - timedelta(hours=1)).isoformat()
    care.api.put(f"{path}/baseline", scores | {"happened_at": (at - 8 * DAY).isoformat()})
    made = care.charted(*loop(), at=at, episode_id=episode["id"])
    assert care.api.get(path)["baseline"]["counts"] is False
    assert care.api.problem("PUT", f"{path}/baseline", 409, scores, **ANY)["code"] == "baseline_too_late"
    old = scores | {"happened_at": (at - 8 * DAY).isoformat()}
    assert care.api.problem("PUT", f"{path}/baseline", 409, old, **ANY)["code"] == "baseline_too_old"
    assert care.api.put(f"{path}/baseline", scores | {"happened_at": before})["baseline"]["counts"]
    error: dict[str, Any] = {
        "client_id": care.client_id,
        "reason": "another client",
        "signed_by": new_id(),
        "signed_at": at,
    }
    care.record(made.session_id, t.EnteredInError(session_id=made.session_id, entry_id=None, **error))
    assert care.api.put(f"{path}/baseline", scores)["baseline"]["counts"]


def test_a_pattern_is_found_corrected_held_and_resolved_by_what_sessions_show(care: Care) -> None:
    at = care.goes_on(0)
    episode = care.episode()
    scores = {"nrs_now": 6, "nrs_worst": 8, "nrs_average": 6, "happened_at": (at - timedelta(hours=1)).isoformat()}
    care.api.put(f"/v1/episodes/{episode['id']}/baseline", scores)
    made = care.charted(*loop(), at=at, episode_id=episode["id"])
    [found] = care.suggested(made)
    assert (found["change"], [each["role"] for each in found["members"]]) == (
        "hypothesise",
        ["overactive", "inhibited"],
    )
    pattern = care.pattern(episode_id=episode["id"], session_id=str(made.session_id))
    confirming, correcting = care.suggested(made)
    failed, held = confirming["test_ids"]
    care.say(pattern, "confirm", session_id=str(made.session_id), failed_test_id=failed, held_test_id=held)
    shown = care.say(pattern, "correct", session_id=str(made.session_id), loop_id=correcting["loop_id"])
    assert shown["state"] == "corrected"
    assert not care.suggested(made)
    position = care.position()
    assert not care.api.get(f"/v1/clients/{care.client_id}/plan")["items"]

    for day, value in ((7, 5), (36, 3)):
        at = care.goes_on(day)
        [due] = care.api.get(f"/v1/clients/{care.client_id}/plan")["items"]
        assert (due["kind"], due["places"][0]["target_name"]) == ("cold_retest", "gluteus maximus")
        made = care.charted(retested(GLUTE, "holds"), at=at, episode_id=episode["id"])
        care.scored(made, value)
        hold = care.suggested(made)[0]
        held = care.say(pattern, "hold", session_id=str(made.session_id), test_id=hold["test_ids"][0])
        assert held["state"] == "holding"
    assert [each["change"] for each in care.suggested(made)] == ["resolve"]
    assert care.say(pattern, "resolve", session_id=str(made.session_id))["state"] == "resolved"

    path = f"/v1/patterns/{pattern['id']}"
    assert care.api.get(path)["hold_count"] == 2
    assert care.api.get(f"{path}?as_of={position}")["state"] == "corrected"
    assert care.api.get(f"{path}?as_of=2099-01-01T00:00:00Z")["state"] == "resolved"
    care.api.get(f"{path}?as_of=2020-01-01T00:00:00Z", 404)
    assert care.api.get(f"{path}?happened_by={BEGAN + 8 * DAY:%Y-%m-%dT%H:%M:%SZ}")["state"] == "holding"
    listed = f"/v1/patterns?client_id={care.client_id}"
    assert [each["state"] for each in care.api.get(f"{listed}&state=resolved")["items"]] == ["resolved"]
    assert not care.api.get(f"{listed}&state=corrected")["items"]
    assert [each["state"] for each in care.api.get(f"{listed}&as_of={position}")["items"]] == ["corrected"]
    assert not care.api.get(f"{listed}&as_of=1")["items"]


def test_a_chain_may_ask_for_less_and_what_was_asked_for_stays_in_the_event(care: Care) -> None:
    at = care.goes_on(0)
    pattern = care.pattern()
    made = care.charted(*loop(), at=at)
    failed, held = (str(each.test_id) for each in made.tests())
    care.say(pattern, "confirm", session_id=str(made.session_id), failed_test_id=failed, held_test_id=held)
    care.say(pattern, "correct", session_id=str(made.session_id), loop_id=str(made.entries[0].loop_id))
    at = care.goes_on(0.5)
    made = care.charted(retested(GLUTE, "holds"), at=at)
    care.scored(made, 1)
    [test] = made.tests()
    body = {"session_id": str(made.session_id), "test_id": str(test.test_id)}
    assert care.api.problem("POST", f"/v1/patterns/{pattern['id']}/hold", 409, body)["code"] == "too_soon"
    manager, path = care.treatment.caller("manager"), "/v1/pattern-thresholds"
    asked = manager.get(path)
    assert (asked["holds"], asked["version"]) == (2, 0)
    wanted = {name: value for name, value in asked.items() if name != "version"}
    few = wanted | {"hours_to_hold": 6, "holds": 1, "span_days": 0}
    assert manager.put(path, few)["version"] == 1
    assert manager.put(path, few)["version"] == 1
    assert care.api.problem("PUT", path, 403, few)["code"] == "not_allowed"
    assert [each["change"] for each in care.suggested(made)] == ["hold", "resolve"]
    care.api.post(f"/v1/patterns/{pattern['id']}/hold", body, 200)
    care.say(pattern, "resolve", session_id=str(made.session_id))
    manager.put(path, wanted)
    with care.treatment.database.reading(care.treatment.chain_id) as connection:
        rows = text("SELECT data FROM events WHERE name = 'treatment.pattern_resolved.v1'")
        assert connection.execute(rows).scalar_one()["thresholds"]["span_days"] == 0


def test_a_change_that_the_session_does_not_show_is_refused(care: Care) -> None:
    at = care.goes_on(0)
    pattern = care.pattern()
    made = care.charted(muscle_test(GLUTE, "fails"), released(OTHER), retested(GLUTE, "holds"), at=at)
    failed, held = (str(each.test_id) for each in made.tests())
    body = {"session_id": str(made.session_id), "failed_test_id": failed, "held_test_id": held}
    assert care.say(pattern, "confirm", 409, **body)["code"] == "not_confirmed"
    assert care.say(pattern, "hold", 409, session_id=str(made.session_id), test_id=held)["code"] == "pattern_state"
    assert care.api.get(f"/v1/patterns/{pattern['id']}")["version"] == 1
    injury = {"client_id": str(care.client_id), "members": MEMBERS, "origin_injury_id": str(new_id())}
    assert "origin_injury_id" in care.api.problem("POST", "/v1/patterns", 422, injury)["fields"]
    for members in (MEMBERS[:1] * 2, [MEMBERS[0], MEMBERS[1] | {"target": "no_such_muscle"}]):
        wrong = {"client_id": str(care.client_id), "members": members}
        assert care.api.call("POST", "/v1/patterns", None, wrong).status_code in {409, 422}


def test_a_refusal_that_tells_of_a_record_is_a_look_at_it(care: Care) -> None:
    care.goes_on(0)
    episode = care.episode()

    def looks() -> list[tuple[str, str]]:
        with care.treatment.database.reading(care.treatment.chain_id) as connection:
            found = accesses_of(connection, [care.client_id], most=100)
        return [(each.purpose, each.operation) for each in found]

    before = looks()
    path = f"/v1/episodes/{episode['id']}/resume"
    assert care.api.problem("POST", path, 409, {}, **ANY)["code"] == "episode_not_held"
    assert looks() == [("treatment", "POST /v1/episodes/<uuid:episode_id>/resume"), *before]
    care.treatment.therapist().api.problem("POST", path, 403, {}, **ANY)
    assert len(looks()) == len(before) + 1


def test_nobody_else_s_session_episode_or_pattern_is_taken_for_evidence(care: Care) -> None:
    at = care.goes_on(0)
    pattern, stranger = care.pattern(), Care(care.treatment, care.therapist)
    care.treatment.client(stranger.client_id)
    stranger.goes_on(0)
    theirs = stranger.charted(*loop(), at=at)
    failed, held = (str(each.test_id) for each in theirs.tests())
    for session_id in (theirs.session_id, new_id()):
        body = {"session_id": str(session_id), "failed_test_id": failed, "held_test_id": held}
        assert "session_id" in care.say(pattern, "confirm", 422, **body)["fields"]
    other = stranger.pattern()
    assert care.say(pattern, "subordinate", 409, primary_pattern_id=other["id"])["code"] == "no_such_primary"
    episode = stranger.episode()
    assert "episode_id" in care.say(pattern, "close", 422, episode_id=episode["id"])["fields"]


def test_a_merge_brings_patterns_together_and_never_a_circle(care: Care) -> None:
    care.goes_on(0)
    first = care.pattern()
    person = care.treatment.client()
    care.treatment.tell(ClientsMerged(client_id=care.client_id, into_id=person), stream=f"merging-{care.client_id}")
    second = care.pattern(client_id=str(person))
    for client_id in (care.client_id, person):
        found = care.api.get(f"/v1/patterns?client_id={client_id}&limit=1")
        rest = care.api.get(f"/v1/patterns?client_id={client_id}&cursor={found['next']}")
        assert [each["id"] for each in (*found["items"], *rest["items"])] == [first["id"], second["id"]]
    hung = care.say(first, "subordinate", primary_pattern_id=second["id"])
    assert (hung["state"], hung["primary_pattern_id"]) == ("secondary", second["id"])
    assert care.say(second, "subordinate", 409, primary_pattern_id=first["id"])["code"] == "circular_patterns"
    care.treatment.tell(ClientsUnmerged(client_id=care.client_id, from_id=person), stream=f"merging-{care.client_id}")
    assert care.say(first, "subordinate", 409, primary_pattern_id=second["id"])["code"] == "no_such_primary"
    assert [each["id"] for each in care.api.get(f"/v1/patterns?client_id={care.client_id}")["items"]] == [first["id"]]


def test_what_hangs_under_a_corrected_pattern_is_cleared_with_it(care: Care) -> None:
    at = care.goes_on(0)
    primary = care.pattern()
    second = care.pattern(members=[MEMBERS[0], {"target": OTHER[0], "side": OTHER[1], "role": "inhibited"}])
    care.say(second, "subordinate", primary_pattern_id=primary["id"])
    made = care.charted(*loop(), at=at)
    failed, held = (str(each.test_id) for each in made.tests())
    shown: dict[str, Any] = {"session_id": str(made.session_id)}
    care.say(primary, "confirm", **shown, failed_test_id=failed, held_test_id=held)
    care.say(primary, "correct", **shown, loop_id=str(made.entries[0].loop_id))
    at = care.goes_on(3)
    made = care.charted(retested(OTHER, "holds"), at=at)
    clear = next(each for each in care.suggested(made) if each["pattern_id"] == second["id"])
    assert clear["change"] == "clear"
    cleared = care.say(second, "clear", session_id=str(made.session_id), test_id=clear["test_ids"][0])
    assert (cleared["state"], cleared["primary_pattern_id"]) == ("holding", None)


def test_what_was_corrected_in_somebody_else_clears_nothing_after_an_unmerge(care: Care) -> None:
    at = care.goes_on(0)
    second = care.pattern(members=[MEMBERS[0], {"target": OTHER[0], "side": OTHER[1], "role": "inhibited"}])
    person = care.treatment.client()
    care.treatment.tell(ClientsMerged(client_id=care.client_id, into_id=person), stream=f"merging-{care.client_id}")
    primary = care.pattern(client_id=str(person))
    care.say(second, "subordinate", primary_pattern_id=primary["id"])
    made = care.charted(*loop(), at=at)
    failed, held = (str(each.test_id) for each in made.tests())
    shown: dict[str, Any] = {"session_id": str(made.session_id)}
    care.say(primary, "confirm", **shown, failed_test_id=failed, held_test_id=held)
    care.say(primary, "correct", **shown, loop_id=str(made.entries[0].loop_id))
    care.treatment.tell(ClientsUnmerged(client_id=care.client_id, from_id=person), stream=f"merging-{care.client_id}")
    at = care.goes_on(3)
    made = care.charted(retested(OTHER, "holds"), at=at)
    body = {"session_id": str(made.session_id), "test_id": str(next(iter(made.tests())).test_id)}
    assert care.say(second, "clear", 409, **body)["code"] == "primary_not_corrected"


def test_a_pattern_is_closed_with_its_episode_and_taken_back_with_a_reason(care: Care) -> None:
    care.goes_on(0)
    episode = care.episode()
    pattern = care.pattern(episode_id=episode["id"])
    body = {"episode_id": episode["id"]}
    assert care.say(pattern, "close", 409, **body)["code"] == "episode_goes_on"
    care.api.post(f"/v1/episodes/{episode['id']}/discharge", {"outcome": "lost", "planned": False}, 200, **ANY)
    assert care.say(pattern, "close", **body)["state"] == "unverified"
    assert care.say(pattern, "entered-in-error", reason="Charted twice")["state"] == "entered_in_error"


def test_homework_is_assigned_revised_reported_and_stopped(care: Care) -> None:
    at = care.goes_on(0)
    pattern = care.pattern()
    pair = {
        "release": {"target": PSOAS[0], "side": "left", "seconds": 60, "technique": "ball"},
        "activate": {"target": GLUTE[0], "side": "left", "reps": 8},
    }
    content = {"pairs": [pair], "per_day": 2, "until": f"{at + 14 * DAY:%Y-%m-%d}", "instructions": "Slowly"}
    about = {"client_id": str(care.client_id), "pattern_id": pattern["id"], "starts_on": f"{at:%Y-%m-%d}"}
    given = care.api.post("/v1/homework", content | about)
    path = f"/v1/homework/{given['id']}"
    assert (given["warnings"], given["pairs"][0]["release"]["technique"]) == ([], "ball")
    assert care.api.put(path, content | {"pairs": [pair] * 4})["warnings"] == ["many_pairs"]
    report = {"on": f"{at:%Y-%m-%d}", "done": "some", "difficulty": 3}
    care.api.post(f"{path}/reports", report)
    assert care.api.post(f"{path}/reports", report | {"done": "all"})["reports"][0]["done"] == "all"
    outside = report | {"on": f"{at - 2 * DAY:%Y-%m-%d}"}
    assert care.api.problem("POST", f"{path}/reports", 409, outside)["code"] == "homework_days"
    assert care.api.post(f"{path}/stop", {}, 200, **ANY)["stopped"]
    listed = f"/v1/homework?client_id={care.client_id}&pattern_id={pattern['id']}"
    assert [each["id"] for each in care.api.get(listed)["items"]] == [given["id"]]
    assert not care.api.get(f"{listed}&stopped=false")["items"]
    wrong = content | about | {"pairs": [pair | {"release": {"target": "no_such_muscle", "side": "left"}}]}
    assert "pairs" in care.api.problem("POST", "/v1/homework", 422, wrong)["fields"]
    assert (
        "pattern_id"
        in care.api.problem("POST", "/v1/homework", 422, content | about | {"pattern_id": str(new_id())})["fields"]
    )


def test_nobody_sees_or_changes_it_without_a_basis(care: Care, new_treatment: Any) -> None:
    at = care.goes_on(0)
    episode, pattern = care.episode(), care.pattern()
    made = care.charted(*loop(), at=at)
    paths = [
        f"/v1/episodes?client_id={care.client_id}",
        f"/v1/episodes/{episode['id']}",
        f"/v1/patterns?client_id={care.client_id}",
        f"/v1/patterns/{pattern['id']}",
        f"/v1/homework?client_id={care.client_id}",
        f"/v1/sessions/{made.session_id}/proposals",
        f"/v1/clients/{care.client_id}/plan",
    ]
    strangers = [care.treatment.therapist().api, care.treatment.caller("manager"), care.treatment.caller("chain_admin")]
    for path in paths:
        care.api.get(path)
        for stranger in strangers:
            assert stranger.problem("GET", path, 403)["code"] == "no_basis"
        assert care.treatment.caller("front_desk").problem("GET", path, 403)["code"] == "not_allowed"
        new_treatment().therapist().api.get(path, 404)
    body = {"reason": "x"}
    assert (
        strangers[0].problem("POST", f"/v1/patterns/{pattern['id']}/entered-in-error", 403, body)["code"] == "no_basis"
    )
    assert care.api.get(f"/v1/patterns/{pattern['id']}")["version"] == 1
