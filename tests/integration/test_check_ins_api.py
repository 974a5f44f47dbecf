"""Check-ins over HTTP: planned with what they follow, opened for the workers, answered once, and read at any moment."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from services.treatment.asked_links import TARGETS
from services.treatment.check_ins import answering
from services.treatment.check_ins.asking import target_of_check_in
from services.treatment.check_ins.commands import Said
from services.treatment.check_ins.loading import stream_of
from services.treatment.links import Target
from shared.decider import Refused
from shared.event_store import Transaction
from shared.events import name_of
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged
from shared.ids import new_id
from shared.minting import mint_service_token
from tests.contracts.examples import EXAMPLES
from tests.support.checking_in import Care, a_care
from tests.support.log import WHO
from tests.support.messages import due
from tests.support.providers import served
from tests.support.treatment import Treatment
from workers.messages.treatment import Treatment as Reached

pytestmark = pytest.mark.one_database

LADDER = [("day_1", "2026-06-02"), ("day_3", "2026-06-04"), ("day_7", "2026-06-08")]


@pytest.fixture
def care(treatment: Treatment) -> Care:
    return a_care(treatment)


def first(care: Care) -> str:
    check_in_id: str = care.check_ins("&status=planned")[0]["id"]
    return check_in_id


def answer(care: Care, check_in_id: str, score: int, status: int = 200, **more: Any) -> Any:
    return care.api.post(f"/v1/check-ins/{check_in_id}/answer", {"score": score, **more}, status)


def test_signing_a_session_plans_the_days_after_it_and_signing_it_again_changes_nothing(care: Care) -> None:
    session = care.treated(care.open_episode())
    assert care.planned() == LADDER
    care.sign(session)
    care.api.post(f"/v1/sessions/{session}/tests", {"target": "soleus", "side": "left", "response": "holds"})
    care.sign(session)
    assert care.planned() == LADDER


def test_a_newer_session_takes_the_place_of_what_was_still_to_be_asked(care: Care) -> None:
    episode = care.open_episode()
    care.treated(episode)
    care.on(2).treated(episode)
    assert care.planned() == [("day_1", "2026-06-04"), ("day_3", "2026-06-06"), ("day_7", "2026-06-10")]
    causes = {each["cancelled"]["cause"] for each in care.check_ins("&status=cancelled")}
    assert causes == {"replaced"}


def test_a_session_that_is_signed_late_asks_only_what_is_ahead_and_nothing_after_a_newer_one(care: Care) -> None:
    episode = care.open_episode()
    late = care.start(episode)
    care.on(4).sign(late)
    assert care.planned() == [("day_7", "2026-06-08")]
    older = care.on(5).start(episode)
    care.on(6).treated(episode)
    planned = care.planned()
    care.sign(older)
    assert care.planned() == planned


def test_weekly_questions_follow_each_other_until_the_discharge_which_asks_again_much_later(care: Care) -> None:
    episode = care.open_episode()
    care.treated(episode)
    for day in (1, 3, 7, 14):
        care.on(day + 0.2)
        assert "link" in care.ask(next(each["id"] for each in care.check_ins() if each["status"] == "planned"))
    care.on(15)
    assert care.planned() == [("weekly", "2026-06-22")]
    assert [status for _, status in care.statuses()].count("open") == 1
    care.api.post(f"/v1/episodes/{episode}/discharge", {"outcome": "goal_met", "planned": True}, 200, If_Match="*")
    after = [("after_30", "2026-07-16"), ("after_90", "2026-09-14"), ("after_180", "2026-12-13")]
    assert care.planned() == after
    assert "open" not in {status for _, status in care.statuses()}
    care.api.post(f"/v1/episodes/{episode}/reopen", {}, 200, If_Match="*")
    assert care.planned() == []


def test_a_session_without_an_episode_is_followed_for_a_week(care: Care) -> None:
    care.treated()
    assert care.planned() == LADDER
    care.on(7.2).ask(care.check_ins()[-1]["id"])
    assert care.planned() == []


def test_a_session_that_was_entered_in_error_is_followed_by_nothing(care: Care) -> None:
    session = care.treated(care.open_episode())
    care.api.post(f"/v1/sessions/{session}/lock", {}, 200)
    care.api.post(f"/v1/sessions/{session}/entered-in-error", {"entry_ids": [], "reason": "Another client"})
    assert care.planned() == []


def test_a_chain_asks_as_it_says_and_not_at_all_after_visits_of_some_offerings(care: Care) -> None:
    manager = care.treatment.caller("chain_admin")
    rules = {"days": [2], "weekly": False, "after_discharge": [], "time": "19:30", "nudge_hours": [48]}
    none = [{"offering_id": str(care.offering_id), "rules": None}]
    before = manager.get("/v1/check-in-rules")
    assert before["rules"]["days"] == [1, 3, 7]
    try:
        manager.call("PUT", "/v1/check-in-rules", 200, {"rules": rules, "offerings": none}, If_Match="*")
        episode = care.open_episode()
        care.treated(episode)
        assert care.planned() == []
        manager.call("PUT", "/v1/check-in-rules", 200, {"rules": rules, "offerings": []}, If_Match="*")
        care.on(1).treated(episode)
        [planned] = care.check_ins()
        assert (planned["step"], planned["due_time"], planned["nudge_hours"]) == ("day_2", "19:30", [48])
    finally:
        kept = {name: before[name] for name in ("rules", "offerings")}
        manager.call("PUT", "/v1/check-in-rules", 200, kept, If_Match="*")


def test_rules_are_changed_by_who_has_read_them(care: Care) -> None:
    manager = care.treatment.caller("chain_admin")
    manager.problem("PUT", "/v1/check-in-rules", 412, {"rules": None, "offerings": []}, If_Match='"900"')
    manager.problem("PUT", "/v1/check-in-rules", 422, {"rules": {"days": [3, 1]}, "offerings": []}, If_Match="*")


def test_a_link_opens_the_question_and_closes_the_one_before(care: Care) -> None:
    care.treated(care.open_episode())
    one, two = [each["id"] for each in care.check_ins()[:2]]
    care.on(1.2)
    opened = care.ask(one)
    assert "/c/" in opened["link"]
    assert opened["good_until"] == "2026-06-09T16:48:00+00:00"
    assert care.ask(one)["link"] != opened["link"], "every message carries its own"
    care.on(3.2)
    assert "link" in care.ask(two)
    assert care.statuses()[:2] == [("day_1", "cancelled"), ("day_3", "open")]
    assert care.ask(one)["stop"] == "replaced"


def test_an_answer_is_given_once_corrected_for_a_day_and_stands_then(care: Care) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    assert answer(care, check_in, 4, 409)["code"] == "check_in_not_open"
    care.on(1.2).ask(check_in)
    told = answer(care, check_in, 6, places=["knee-left"], red_flags=["fever"], note="On the stairs")
    assert told["answer"]["after_session"] is True
    assert answer(care, check_in, 6, places=["knee-left"], red_flags=["fever"], note="On the stairs") == told
    changed = answer(care, check_in, 2)["answer"]
    assert (changed["score"], changed["first_score"], changed["note"]) == (2, 6, None)
    assert care.ask(check_in)["stop"] == "answered"
    care.on(2.3)
    assert answer(care, check_in, 3, 409)["code"] == "answer_stands"
    assert answer(care, check_in, 2)["answer"]["score"] == 2
    care.api.problem("POST", f"/v1/check-ins/{check_in}/answer", 422, {"score": 11})
    care.api.problem("POST", f"/v1/check-ins/{check_in}/answer", 422, {"score": 1, "places": ["genital-left"]})


def test_a_red_flag_and_a_worse_score_raise_an_alert_each_once(care: Care) -> None:
    care.treated(care.open_episode())
    first_one, _, last = [each["id"] for each in care.check_ins()]
    care.on(1.2).ask(first_one)
    answer(care, first_one, 3, red_flags=["fever"])
    answer(care, first_one, 3, red_flags=["fever"])
    assert alerts_of(care) == [("red_flag", "same_day")]
    care.on(7.2).ask(last)
    answer(care, last, 9)
    assert alerts_of(care) == [("red_flag", "same_day"), ("worsening", "worsening")]


def alerts_of(care: Care) -> list[tuple[str, str]]:
    sql = text("SELECT kind, level FROM alerts WHERE recorded_client_id = :client_id ORDER BY raised_at")
    with care.treatment.database.reading(care.treatment.chain_id) as connection:
        return [(row.kind, row.level) for row in connection.execute(sql, {"client_id": care.client_id})]


def test_answers_stand_on_the_timeline_beside_what_was_scored_in_sessions(care: Care) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    care.on(1.2).ask(check_in)
    answer(care, check_in, 5)
    answer(care, check_in, 4)
    points = care.api.get(f"/v1/clients/{care.client_id}/timeline")["items"]
    assert [(each["what"], each["value"]) for each in points if each["kind"] == "pain"] == [("check_in", 4)]


def test_what_is_not_answered_in_time_is_over(care: Care) -> None:
    care.treated()
    check_in = care.check_ins()[-1]["id"]
    care.on(7.2).ask(check_in)
    care.on(14.2)
    assert care.statuses()[-1] == ("day_7", "expired")
    assert answer(care, check_in, 4, 409)["code"] == "check_in_not_open"
    assert care.ask(check_in)["stop"] == "expired"


def test_who_wants_no_questions_is_asked_none_until_they_say_otherwise(care: Care) -> None:
    episode = care.open_episode()
    care.treated(episode)
    body = {"client_id": str(care.client_id)}
    assert care.api.post("/v1/check-ins/stop", body, 200)["stopped"] is True
    assert care.planned() == []
    care.on(2).treated(episode)
    assert care.planned() == []
    assert care.api.post("/v1/check-ins/resume", body, 200)["stopped"] is False
    assert care.planned() == LADDER[1:]


def test_outcomes_of_messages_are_noted_once_and_a_failed_one_is_no_silence(care: Care) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    care.on(1.2).ask(check_in)
    for _ in range(2):
        care.told(check_in, ordinal=0, outcome="sent", channel="sms")
        care.told(check_in, ordinal=0, outcome="undeliverable", cause="bounced")
    shown = care.api.get(f"/v1/check-ins/{check_in}")
    assert [(each["ordinal"], each["channel"]) for each in shown["sent"]] == [(0, "sms")]
    assert [each["cause"] for each in shown["undeliverable"]] == ["bounced"]


def test_who_could_not_be_reached_is_asked_by_telephone_and_again_next_week(care: Care) -> None:
    care.treated(care.open_episode())
    ids = [each["id"] for each in care.check_ins()]
    for day, check_in in zip((1.2, 3.2, 7.2), ids, strict=True):
        care.on(day).told(check_in, ordinal=0, outcome="undeliverable", cause="no_consent")
    assert care.statuses() == [
        ("day_1", "cancelled"),
        ("day_3", "cancelled"),
        ("day_7", "planned"),
        ("weekly", "planned"),
    ]
    told = answer(care, ids[2], 5)
    assert (told["status"], told["answer"]["source"]) == ("answered", "therapist")
    assert care.planned() == [("weekly", "2026-06-15")]
    ahead = care.check_ins("&status=planned")[0]["id"]
    assert answer(care, ahead, 5, 409)["code"] == "check_in_not_open", "its day has not come"


def test_a_question_that_always_fails_keeps_no_other_back(care: Care, monkeypatch: pytest.MonkeyPatch) -> None:
    care.treated(care.open_episode())
    broken, fine = [each["id"] for each in care.check_ins()[:2]]

    def fails(tx: Transaction, check_in_id: UUID, now: datetime) -> Target:
        if check_in_id == UUID(broken):
            raise LookupError(check_in_id)
        return target_of_check_in(tx, check_in_id, now)

    monkeypatch.setitem(TARGETS, "check_in", fails)
    chain = str(care.treatment.chain_id)
    items = [{"chain_id": chain, "purpose": "check_in", "about": each} for each in (broken, fine)]
    token = mint_service_token(care.treatment.keys.service, subject="workers", to="treatment")
    with capture_logs() as logs:
        given = care.treatment.app.test_client().post(
            "/internal/v1/links", json={"items": items}, headers={"Authorization": f"Bearer {token}"}
        )
    assert given.json is not None
    assert [(each["about"], "link" in each) for each in given.json["items"]] == [(fine, True)]
    assert [(each["event"], each["about"]) for each in logs] == [("not_decided_for_workers", broken)]


def test_senders_understand_what_treatment_answers(care: Care) -> None:
    care.treated(care.open_episode())
    one, other = [UUID(each["id"]) for each in care.check_ins()[:2]]
    care.on(1.2)
    rows = [due(kind="check_in", about=each, chain_id=care.treatment.chain_id) for each in (one, new_id())]
    token = partial(mint_service_token, care.treatment.keys.service, subject="workers", to="treatment")
    with served(care.treatment.app) as url:
        treatment = Reached(url, token)
        given = treatment.links([(row, None) for row in rows])
        about = {"chain_id": str(care.treatment.chain_id), "check_in_id": str(one), "at": care.now.isoformat()}
        treatment.tell_outcomes([about | {"ordinal": 0, "outcome": "sent", "channel": "email"}])
        treatment.close()
    assert "/c/" in (given[one].link or "")
    assert given[one].good_until == care.now + timedelta(days=7)
    assert given[rows[1].about].stop == "unknown"
    assert other not in given
    assert [each["ordinal"] for each in care.api.get(f"/v1/check-ins/{one}")["sent"]] == [0]


def test_check_ins_are_shown_as_they_were_at_any_moment(care: Care) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    care.on(1.2).ask(check_in)
    answer(care, check_in, 5)
    before = (care.now - timedelta(hours=6)).isoformat().replace("+00:00", "Z")
    path = f"/v1/check-ins/{check_in}"
    assert care.api.get(f"{path}?happened_by={before}")["status"] == "planned"
    assert care.api.get(path)["status"] == "answered"
    care.api.problem("GET", f"{path}?as_of=1", 404)
    found = care.api.get(f"/v1/check-ins?client_id={care.client_id}&limit=2")
    more = care.api.get(f"/v1/check-ins?client_id={care.client_id}&limit=2&cursor={found['next']}")
    assert [each["step"] for each in found["items"] + more["items"]] == ["day_1", "day_3", "day_7"]


def test_clients_who_were_merged_have_one_ladder_and_part_with_their_own(care: Care) -> None:
    care.treated(care.open_episode())
    other = a_care(care.treatment)
    other.treated(other.open_episode())
    own = first(care)
    merged = ClientsMerged(client_id=other.client_id, into_id=care.client_id)
    care.treatment.tell(merged, stream=f"client-{other.client_id}")
    care.on(1.2).ask(own)
    assert [status for _, status in care.statuses()].count("cancelled") == 1, "two due on one day are one question"
    apart = ClientsUnmerged(client_id=other.client_id, from_id=care.client_id)
    care.treatment.tell(apart, stream=f"client-{other.client_id}")
    assert care.statuses() == [("day_1", "open"), ("day_3", "planned"), ("day_7", "planned")]


def test_who_was_erased_is_asked_nothing(care: Care) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    ids = {"client_id": care.client_id, "client_ids": (care.client_id,), "classes": ("contact", "clinical")}
    care.treatment.tell(replace(EXAMPLES["scheduling.client_erased.v1"], **ids), stream=f"erasure-{care.client_id}")
    assert care.ask(check_in)["stop"] == "erased"


@pytest.mark.parametrize("scores", [[4] * 6, [4, 7] * 3], ids=["the-same", "two-devices"])
def test_who_taps_at_the_same_time_gives_one_answer(care: Care, scores: list[int]) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    care.on(1.2).ask(check_in)
    give = partial(at_once, care, check_in)
    with ThreadPoolExecutor(len(scores)) as pool:
        list(pool.map(give, scores))
    names = names_of(care)
    assert names.count("treatment.check_in_answered.v1") == 1
    assert ("treatment.check_in_corrected.v1" in names) == (len(set(scores)) > 1)


def test_an_answer_that_races_its_expiry_is_there_once_or_not_at_all(care: Care) -> None:
    care.treated(care.open_episode())
    check_in = first(care)
    until = datetime.fromisoformat(care.on(1.2).ask(check_in)["good_until"])
    moments = [until - timedelta(seconds=1), until] * 3
    with ThreadPoolExecutor(len(moments)) as pool:
        given = list(pool.map(lambda now: at_once(care, check_in, 4, now), moments))
    assert given[0] == given[2] == given[4] == "answered"
    assert set(given) <= {"answered", "check_in_not_open"}
    assert [name for name in names_of(care) if "answered" in name or "corrected" in name] == [
        "treatment.check_in_answered.v1"
    ]


def test_an_answer_that_races_the_next_question_or_a_stop_is_either_there_or_refused(care: Care) -> None:
    care.treated(care.open_episode())
    one, two = [each["id"] for each in care.check_ins()[:2]]
    care.on(1.2).ask(one)
    care.on(3.2)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(at_once, care, one, 3) for _ in range(2)]
        opening = pool.submit(care.ask, two)
        stopping = pool.submit(stop_at_once, care)
        given = {each.result() for each in answers}
        opening.result()
        stopping.result()
    shown = care.api.get(f"/v1/check-ins/{one}")
    assert given == ({"answered"} if shown["answer"] else {"check_in_not_open"})
    assert names_of(care).count("treatment.check_in_answered.v1") == (1 if shown["answer"] else 0)
    assert "open" not in {status for _, status in care.statuses()}


def at_once(care: Care, check_in_id: str, score: int, now: datetime | None = None) -> str:
    """Answer over a connection of its own; gives what came of it."""

    def work(tx: Any) -> None:
        answering.answer(tx, UUID(check_in_id), Said(score), now or care.now, "client")

    try:
        care.treatment.database.command(care.treatment.chain_id, WHO, work)
    except Refused as refused:
        return refused.code
    return "answered"


def stop_at_once(care: Care) -> None:
    def work(tx: Any) -> None:
        answering.stop(tx, care.client_id, care.now, "client")

    care.treatment.database.command(care.treatment.chain_id, WHO, work)


def names_of(care: Care) -> list[str]:
    """The events of the client's check-ins, in their order."""

    def work(tx: Any) -> list[str]:
        return [name_of(type(each.event)) for each in tx.load(stream_of(care.client_id))]

    return care.treatment.database.command(care.treatment.chain_id, WHO, work)
