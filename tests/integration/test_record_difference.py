"""What was recorded of a client between two moments: added, amended or closed, whenever it had happened."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as listening, text

from services.treatment.record.changes import ADDED, AMENDED, CHANGE, CLOSED
from shared.events import (
    EVENTS,
    treatment_alerts as a,
    treatment_check_ins as c,
    treatment_episodes,
    treatment_history,
    treatment_homework,
    treatment_patterns as p,
    treatment_requests,
    treatment_sessions,
)
from shared.events.scheduling_people import ClientsMerged
from shared.http.paging import cursor_of
from tests.integration.test_sessions_api import FREE, LEAVES, TEST, Room, at, room
from tests.support.treatment import Treatment

__all__ = ["room"]
pytestmark = pytest.mark.one_database

RECORDS = (a, c, treatment_episodes, treatment_history, treatment_homework, p, treatment_requests, treatment_sessions)
OF_NO_CLIENT = {a.SafetyTextApproved, a.SafetyTextWithdrawn, c.CheckInRulesSet, p.ThresholdsSet}


def position(treatment: Treatment) -> int:
    with treatment.database.reading(treatment.chain_id) as connection:
        return int(connection.execute(text("SELECT coalesce(max(position), 0) FROM events")).scalar_one())


def difference(room: Room, since: Any, **query: Any) -> list[Any]:
    asked = {"from": since} | query
    answer = room.api.client.get(
        f"/v1/clients/{room.client_id}/record-difference",
        query_string=asked,
        headers={"Authorization": f"Bearer {room.api.token}"},
    )
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.get_json()["items"]
    return items


def told(items: list[Any]) -> list[tuple[str, str]]:
    return [(each["change"], each["what"]) for each in items]


def test_every_event_of_a_record_adds_amends_or_closes() -> None:
    modules = {module.__name__ for module in RECORDS}
    of_records = {cls for cls in EVENTS.values() if cls.__module__ in modules} - OF_NO_CLIENT
    assert set(CHANGE) == of_records
    assert len(CHANGE) == len(ADDED) + len(AMENDED) + len(CLOSED)


def test_it_tells_what_was_recorded_with_when_it_happened_and_when_word_of_it_came(room: Room) -> None:
    before = position(room.treatment)
    test = room.chart("tests", TEST | {"happened_at": at(2), "note": "hurts here"})["entries"][0]
    change = {"entry_id": test["id"], "type": "test", "values": {"side": "left"}}
    room.chart("revisions", {"changes": [change]})
    middle = position(room.treatment)
    room.chart("sign", LEAVES, 200)
    room.chart("lock", {}, 200)
    room.chart("entered-in-error", {"entry_ids": [test["id"]], "reason": "no such test"})
    items = difference(room, before, kind="session")
    assert told(items) == [
        ("added", "muscle_tested"),
        ("amended", "entry_revised"),
        ("added", "session_signed"),
        ("closed", "session_locked"),
        ("closed", "entered_in_error"),
    ]
    first, revised = items[:2]
    assert datetime.fromisoformat(first["happened_at"]) == datetime.fromisoformat(at(2))
    assert datetime.fromisoformat(first["recorded_at"]) > datetime.fromisoformat(first["happened_at"])
    assert (first["content"]["side"], revised["content"]["changes"]) == ("right", {"side": "left"})
    assert revised["happened_at"] is None
    assert told(difference(room, before, kind="session", to=middle)) == told(items)[:2]
    assert told(difference(room, middle, kind="session")) == told(items)[2:]
    assert told(difference(room, items[1]["recorded_at"], kind="session")) == told(items)[2:]
    assert told(difference(room, before, kind="session", to=items[1]["recorded_at"])) == told(items)[:2]


def test_it_names_the_words_that_were_written_and_shows_none(room: Room) -> None:
    before = position(room.treatment)
    room.chart("tests", TEST | {"note": "hurts here"})
    room.chart("notes", {"section": "free", "body": "for me alone", "restricted": True})
    tested, noted = difference(room, before)
    assert (tested["words"], noted["words"]) == (["note"], ["body"])
    assert not {"note", "body", "client_id"} & {*tested["content"], *noted["content"]}
    assert "for me alone" not in str([tested, noted])


def test_it_has_each_kind_of_the_record_under_all_ids_of_a_person(room: Room) -> None:
    before = position(room.treatment)
    room.api.post(f"/v1/clients/{room.client_id}/history/injuries", {"kind": "birth"})
    body = {"client_id": str(room.client_id), "target": "hip_joint", "side": "left", "opened_from": "transfer"}
    lead = {"lead_therapist_id": str(room.therapist.therapist_id), "clinic_id": str(room.clinic_id)}
    room.api.post("/v1/episodes", body | lead)
    assert [each["kind"] for each in difference(room, before)] == ["history", "episode"]
    assert told(difference(room, before, kind="history")) == [("added", "injury_recorded")]
    older = room.treatment.client()
    room.treatment.tell(ClientsMerged(client_id=room.client_id, into_id=older), stream=f"client-{room.client_id}")
    room.api.post("/v1/sessions", {"client_id": str(older), "clinic_id": str(room.clinic_id)})
    assert [each["kind"] for each in difference(room, before)] == ["history", "episode", "session"]


def test_it_goes_on_from_its_last_item_by_the_same_number_of_queries(room: Room) -> None:
    before = position(room.treatment)
    for _ in range(5):
        room.chart("tests", TEST)
    path = f"/v1/clients/{room.client_id}/record-difference?from={before}&limit=2"
    asked: list[str] = []

    def ask(*given: Any) -> None:
        asked.append(given[2])

    found: list[int] = []
    counts: list[int] = []
    following: str | None = ""
    engine = room.treatment.database.engine
    room.api.get(path)
    listening.listen(engine, "before_cursor_execute", ask)
    while following is not None:
        answer = room.api.get(path + (f"&cursor={following}" if following else ""))
        found += [each["position"] for each in answer["items"]]
        following = answer["next"]
        counts.append(len(asked))
        asked.clear()
    listening.remove(engine, "before_cursor_execute", ask)
    assert found == sorted(set(found))
    assert len(found) == 5
    assert len(set(counts)) == 1
    assert room.api.problem("GET", f"{path}&cursor={cursor_of(-1)}", 422)


def test_what_is_asked_for_is_said(room: Room) -> None:
    path = f"/v1/clients/{room.client_id}/record-difference"
    assert room.api.problem("GET", path, 422)["fields"].keys() == {"from"}
    assert room.api.problem("GET", f"{path}?from=yesterday", 422)["fields"].keys() == {"from"}
    late = (datetime.fromisoformat(at(0)) + timedelta(days=1)).isoformat().replace("+", "%2B")
    assert room.api.get(f"{path}?from={late}")["items"] == []
    room.chart("releases", FREE)
    assert room.api.get(f"{path}?from=0&to=0")["items"] == []
