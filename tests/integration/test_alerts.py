"""Alerts from an answer to what came of it: raised in its transaction, seen by whom they concern, escalated once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import text

from services.treatment.alerts import due
from services.treatment.alerts.due import OpenAlerts, escalate
from shared.access_log import accesses_of
from shared.event_store import Transaction
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged
from shared.events.treatment_alerts import AlertEscalated
from shared.ids import new_id
from shared.locks import lock
from shared.minting import mint_service_token
from tests.contracts.examples import EXAMPLES
from tests.support.alerts import DAY, MONDAY, Asked
from tests.support.api import Api
from tests.support.log import WHO, booked
from tests.support.processes import wait_until
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

HALF_AN_HOUR = timedelta(minutes=30)


def test_an_answer_that_is_no_worse_raises_nothing_and_a_worse_one_does(asked: Asked) -> None:
    asked.answer(5)
    asked.answer(7, sore=True)
    assert asked.open() == []
    check_in_id = asked.answer(6)
    [alert] = asked.open()
    assert (alert["kind"], alert["level"], alert["status"]) == ("worsening", "worsening", "raised")
    assert alert["check_in_id"] == str(check_in_id)
    assert alert["lead_therapist_id"] == str(asked.therapist.therapist_id)
    assert datetime.fromisoformat(alert["escalate_at"]) == datetime(2026, 6, 2, 16, 0, tzinfo=UTC)
    shown = asked.therapist.api.get(f"/v1/alerts/{alert['id']}/answer")
    assert (shown["rules"], shown["score"], shown["before"]) == (["worse_step"], 6, [3])


def test_the_same_answer_twice_raises_one_alert_and_flags_one_of_their_own(asked: Asked) -> None:
    check_in_id = asked.answer(9, "fever", "calf_swelling")
    asked.answer(9, "fever", "calf_swelling", check_in_id=check_in_id)
    flagged, worse = sorted(asked.open(), key=lambda each: str(each["kind"]))
    assert (flagged["kind"], flagged["level"], worse["kind"]) == ("red_flag", "same_day", "worsening")
    assert datetime.fromisoformat(flagged["escalate_at"]) == MONDAY + HALF_AN_HOUR
    assert [len(asked.events(each["id"])) for each in (flagged, worse)] == [1, 1]


def test_a_correction_takes_back_scores_that_nobody_has_acknowledged_and_never_flags(asked: Asked) -> None:
    check_in_id = asked.answer(9, "fever")
    asked.answer(3, check_in_id=check_in_id)
    [left] = asked.open()
    assert left["kind"] == "red_flag"
    taken_back = asked.therapist.api.get(f"/v1/alerts/{uuid5(check_in_id, 'worsening')}")
    assert (taken_back["status"], taken_back["outcome"]) == ("closed", "corrected")
    asked.answer(9, check_in_id=check_in_id)
    assert len(asked.open()) == 2


def test_it_is_acknowledged_and_closed_by_its_therapist_with_what_came_of_it(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    api = asked.therapist.api
    [alert] = asked.open()
    path = f"/v1/alerts/{alert['id']}"
    assert api.problem("POST", f"{path}/close", 409, {"outcome": "cleared"})["code"] == "alert_not_acknowledged"
    seen = api.post(f"{path}/acknowledge", {"action": "called", "note": "Sleeps again"}, 200)
    assert (seen["status"], seen["version"]) == ("acknowledged", 2)
    again = api.problem("POST", f"{path}/acknowledge", 409, {"action": "called"})
    assert again["code"] == "alert_acknowledged"
    assert api.problem("POST", f"{path}/close", 409, {"outcome": "no_action"})["code"] == "reason_missing"
    api.post(f"{path}/close", {"outcome": "corrected"}, 422)
    api.call("POST", f"{path}/close", 412, {"outcome": "cleared"}, If_Match='"1"')
    closed = api.post(f"{path}/close", {"outcome": "referred", "reason": "Seen by her doctor"}, 200)
    assert (closed["status"], closed["outcome"]) == ("closed", "referred")
    assert asked.open() == []
    assert [each["id"] for each in api.get("/v1/alerts?open=false")["items"]] == [alert["id"]]
    shown = api.get(f"{path}/answer")
    assert (shown["action"], shown["note"], shown["reason"]) == ("called", "Sleeps again", "Seen by her doctor")
    assert [each["status"] for each in shown["changes"]] == ["raised", "acknowledged", "closed"]


def test_it_reads_as_it_was_at_any_moment(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    api = asked.therapist.api
    [alert] = asked.open()
    before = asked.position()
    api.post(f"/v1/alerts/{alert['id']}/acknowledge", {"action": "called"}, 200)
    path = f"/v1/alerts/{alert['id']}/answer"
    assert api.get(f"{path}?as_of={before}")["status"] == "raised"
    assert api.get(f"{path}?happened_by={MONDAY.isoformat().replace('+00:00', 'Z')}")["status"] == "raised"
    api.get(f"{path}?as_of={before - 1}", 404)
    [of_client] = api.get(f"/v1/clients/{asked.client_id}/alerts")["items"]
    assert of_client["status"] == "acknowledged"
    [point] = [each for each in api.get(f"/v1/clients/{asked.client_id}/timeline")["items"] if each["kind"] == "alert"]
    assert (point["what"], point["about_id"]) == ("same_day", alert["id"])


def test_an_alert_opens_the_record_to_who_leads_until_it_is_closed(asked: Asked) -> None:
    asked.answer(4, "night_pain", at=MONDAY + 8 * DAY)
    asked.treatment.set_clock(MONDAY + 9 * DAY)
    api, colleague = asked.therapist.api, asked.treatment.therapist(asked.clinic_id)
    answer = api.call("GET", f"/v1/clients/{asked.client_id}/timeline", 200)
    assert answer.headers["Synergist-Access"].startswith("alert; ")
    [alert] = asked.open(colleague.api)
    colleague.api.get(f"/v1/alerts/{alert['id']}/answer", 403)
    asked.treatment.set_clock(MONDAY + 40 * DAY)
    api.get(f"/v1/clients/{asked.client_id}/timeline", 403)
    asked.treatment.set_clock(MONDAY + 9 * DAY)
    for what, body in (("acknowledge", {"action": "called"}), ("close", {"outcome": "cleared"})):
        colleague.api.post(f"/v1/alerts/{alert['id']}/{what}", body, 200)
    api.get(f"/v1/clients/{asked.client_id}/timeline", 403)


def test_lists_show_what_waits_and_no_word_of_the_answer(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    elsewhere = asked.treatment.therapist(new_id())
    manager = asked.treatment.caller("manager", clinics=(asked.clinic_id,))
    assert asked.open(elsewhere.api) == []
    [alert] = asked.open(manager)
    assert not {"score", "before", "red_flags", "rules", "note"} & set(alert)
    elsewhere.api.get(f"/v1/alerts/{alert['id']}", 404)
    assert manager.get("/v1/alerts?mine=true")["items"] == []
    asked.treatment.caller("front_desk").get("/v1/alerts", 403)
    with asked.treatment.database.reading(asked.treatment.chain_id) as connection:
        looks = [(each.role, each.data_class) for each in accesses_of(connection, [asked.client_id], most=10)]
    assert ("manager", "clinical") in looks


def test_whoever_leads_now_has_it_in_their_list(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    other = asked.treatment.therapist(new_id())
    body = {"reason": "moves", "lead_therapist_id": str(other.therapist_id)}
    asked.therapist.api.post(f"/v1/episodes/{asked.episode_id}/transfer", body, 200, If_Match="*")
    [alert] = other.api.get("/v1/alerts?mine=true")["items"]
    assert alert["lead_therapist_id"] == str(other.therapist_id)
    assert asked.therapist.api.get("/v1/alerts?mine=true")["items"] == []


def test_pages_hold_everything_once_and_the_latest_first(asked: Asked) -> None:
    raised = [asked.answer(9, at=MONDAY + timedelta(minutes=minute // 2)) for minute in range(5)]
    found: list[Any] = []
    cursor = ""
    while len(found) < 10:
        page = asked.therapist.api.get(f"/v1/alerts?limit=2{cursor}")
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(each["check_in_id"] for each in found) == sorted(map(str, raised))
    moments = [each["raised_at"] for each in found]
    assert moments == sorted(moments, reverse=True)


def test_a_merged_client_has_the_alerts_of_both_and_an_erased_one_has_none(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    survivor = asked.treatment.client()
    merged = ClientsMerged(client_id=asked.client_id, into_id=survivor)
    asked.treatment.tell(merged, stream=f"client-{asked.client_id}")
    [alert] = asked.open()
    assert alert["client_id"] == str(survivor)
    example = EXAMPLES["scheduling.client_erased.v1"]
    names = {name: getattr(example, name) for name in example.__dataclass_fields__}
    ids = (survivor, asked.client_id)
    erased = ClientErased(**names | {"client_ids": ids, "classes": ("clinical", "contact", "identity")})
    asked.treatment.tell(erased, stream=f"erasure-{new_id()}")
    assert asked.open() == []
    assert asked.escalated(MONDAY + 9 * DAY) == 0


def test_what_nobody_acknowledges_is_escalated_once_and_in_time(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    [alert] = asked.open()
    moment = datetime.fromisoformat(alert["escalate_at"])
    assert asked.escalated(moment - timedelta(seconds=1)) == 0
    assert [asked.escalated(moment), asked.escalated(moment)] == [1, 0]
    event = asked.events(alert["id"])[-1].event
    assert isinstance(event, AlertEscalated)
    assert (event.clinic_id, event.level, event.step) == (asked.clinic_id, "same_day", 1)
    assert asked.open()[0]["status"] == "escalated"


def test_one_that_cannot_be_escalated_keeps_no_other_back(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        asked.answer(4, "night_pain")
    broken = asked.open()[1]["id"]

    def fails(tx: Transaction, alert_id: UUID, now: datetime) -> int:
        if alert_id == UUID(broken):
            raise LookupError(alert_id)
        return escalate(tx, alert_id, now)

    monkeypatch.setattr(due, "escalate", fails)
    assert asked.escalated(MONDAY + 2 * DAY) == 2
    assert [each["id"] for each in asked.open() if each["status"] == "raised"] == [broken]


def test_the_workers_ask_for_it_by_a_route_of_their_own(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    asked.treatment.set_clock(MONDAY + 2 * DAY)
    token = mint_service_token(asked.treatment.keys.service, subject="workers", to="treatment")
    service = Api(asked.treatment.app.test_client(), token)
    assert service.post("/internal/v1/alerts/due", {}, 200)["escalated"] >= 1
    assert asked.open()[0]["status"] == "escalated"
    assert service.post("/internal/v1/alerts/due", {}, 200) == {"escalated": 0}


def test_many_ticks_at_once_escalate_each_alert_once(asked: Asked) -> None:
    """All of them have found the alerts due before any of them can lock the client."""
    for _ in range(3):
        asked.answer(4, "night_pain")
    alerts = [UUID(each["id"]) for each in asked.open()]
    database, later = asked.treatment.database, MONDAY + 2 * DAY

    def tick(alert_id: UUID) -> int:
        return database.command(asked.treatment.chain_id, WHO, lambda tx: escalate(tx, alert_id, later))

    with ThreadPoolExecutor(6) as pool, database.engine.begin() as holding:
        lock(holding, ("client", [asked.client_id]))
        running = [pool.submit(tick, alert_id) for _ in range(2) for alert_id in alerts]
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        wait_until(lambda: holding.execute(waiting).scalar_one() >= len(running), 30, "all of them to wait")
        holding.rollback()
        assert sum(each.result() for each in running) == len(alerts)
    told = [entry.event for alert_id in alerts for entry in asked.events(alert_id)]
    assert sum(isinstance(event, AlertEscalated) for event in told) == len(alerts)


def test_whoever_dies_in_between_leaves_it_to_the_next(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    [alert] = asked.open()
    database, later = asked.treatment.database, MONDAY + 2 * DAY

    def dies(tx: Transaction) -> None:
        assert escalate(tx, UUID(alert["id"]), later) == 1
        tx.commit_events()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.command(asked.treatment.chain_id, WHO, dies)
    assert asked.open()[0]["status"] == "raised"
    assert [asked.escalated(later), asked.escalated(later)] == [1, 0]


def test_how_many_are_open_is_counted_by_level(asked: Asked) -> None:
    def counted() -> float:
        samples = [each for family in OpenAlerts(asked.treatment.database.engine).collect() for each in family.samples]
        wanted = {"level": "emergency", "status": "raised"}
        return sum(each.value for each in samples if each.labels == wanted)

    before = counted()
    asked.answer(4, "chest_breath")
    assert counted() == before + 1


def test_an_episode_is_named_by_no_alert_of_somebody_else(treatment: Treatment, asked: Asked) -> None:
    asked.answer(4, "night_pain")
    other = treatment.client()
    treatment.tell(booked(client_id=other, therapist_id=asked.therapist.therapist_id, starts_at=MONDAY))
    assert asked.therapist.api.get(f"/v1/clients/{other}/alerts")["items"] == []


def test_nothing_is_released_over_a_red_flag_that_nobody_has_acknowledged_but_for_a_reason(asked: Asked) -> None:
    asked.answer(4, "night_pain", at=MONDAY)
    [alert] = asked.open()
    api = asked.therapist.api
    began = MONDAY + timedelta(minutes=10)
    body = {"client_id": str(asked.client_id), "clinic_id": str(asked.clinic_id), "started_at": began.isoformat()}
    session = f"/v1/sessions/{api.post('/v1/sessions', body)['id']}"
    release = {"target": "soleus", "side": "right", "technique": "sustained-pressure", "seconds": 60}
    refused = api.problem("POST", f"{session}/releases", 409, release)
    assert refused["code"] == "release_guarded"
    assert [(each["kind"], each["code"], each["id"]) for each in refused["guards"]] == [
        ("red_flag", "night_pain", alert["id"])
    ]
    api.post(f"{session}/releases", release | {"override": "Known, her doctor agrees"})
    api.post(f"/v1/alerts/{alert['id']}/acknowledge", {"action": "advised"}, 200)
    assert api.post(f"{session}/releases", release)["entries"][-1]["overridden"] == []


def test_a_worsening_answer_puts_the_retests_of_its_episode_first_until_the_next_session_is_signed(
    asked: Asked,
) -> None:
    api = asked.therapist.api
    visit = str(asked.visit_id)
    about = {"client_id": str(asked.client_id), "opened_from": "visit", "appointment_id": visit}
    other = api.post("/v1/episodes", about | {"target": "soleus", "side": "left"})["id"]
    members = [
        {"target": "psoas_major", "side": "left", "role": "overactive"},
        {"target": "gluteus_maximus", "side": "left", "role": "inhibited"},
    ]

    def pattern(episode_id: Any) -> Any:
        body = {"client_id": str(asked.client_id), "members": members, "episode_id": str(episode_id)}
        return api.post("/v1/patterns", body)["id"]

    elsewhere, here = pattern(other), pattern(asked.episode_id)

    def plan(query: str = "") -> list[tuple[str, bool]]:
        items = api.get(f"/v1/clients/{asked.client_id}/plan{query}")["items"]
        return [(each["pattern_id"], each["is_worse"]) for each in items]

    assert plan() == [(elsewhere, False), (here, False)]
    before = asked.position()
    asked.answer(9)
    assert plan() == [(here, True), (elsewhere, False)]
    assert plan(f"?as_of={before}") == [(elsewhere, False), (here, False)]
    known = asked.position()
    began = MONDAY + timedelta(minutes=30)
    body = {"client_id": str(asked.client_id), "clinic_id": str(asked.clinic_id), "started_at": began.isoformat()}
    session = f"/v1/sessions/{api.post('/v1/sessions', body)['id']}"
    api.post(f"{session}/tests", {"target": "soleus", "side": "left", "response": "holds"})
    assert plan()[0] == (here, True)
    api.post(f"{session}/sign", {"leaves": ["pain_before", "pain_after"]}, 200)
    assert plan() == [(elsewhere, False), (here, False)]
    assert plan(f"?as_of={known}") == [(here, True), (elsewhere, False)]


def test_an_alert_that_was_nothing_puts_no_retest_first(asked: Asked) -> None:
    members = [
        {"target": "psoas_major", "side": "left", "role": "overactive"},
        {"target": "gluteus_maximus", "side": "left", "role": "inhibited"},
    ]
    api = asked.therapist.api
    api.post("/v1/patterns", {"client_id": str(asked.client_id), "members": members})
    asked.answer(9)
    [alert] = asked.open()
    path = f"/v1/clients/{asked.client_id}/plan"
    assert [each["is_worse"] for each in api.get(path)["items"]] == [True]
    for what, body in (("acknowledge", {"action": "called"}), ("close", {"outcome": "cleared"})):
        api.post(f"/v1/alerts/{alert['id']}/{what}", body, 200)
    assert [each["is_worse"] for each in api.get(path)["items"]] == [False]
