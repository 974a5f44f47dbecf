"""Clients who ask for their record to be put right: taken by a desk that reads nothing, answered once, and disagreed with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event as listening

from shared.ids import new_id
from tests.integration.test_sessions_api import TEST, Room, locked, room
from tests.support.api import Api

__all__ = ["room"]
pytestmark = pytest.mark.one_database

WISH = {"wish": "It was the other knee", "way": "letter"}
TODAY = datetime.now(UTC).date()


def desk(room: Room, *clinics: UUID) -> Api:
    return room.treatment.caller("front_desk", clinics=clinics or (room.clinic_id,))


def of_client(room: Room) -> str:
    return f"/v1/clients/{room.client_id}/amendment-requests"


def taken(room: Room, **fields: Any) -> Any:
    return desk(room).post(of_client(room), WISH | fields)


def session_id(room: Room) -> str:
    return room.session.rsplit("/", 1)[1]


def say(room: Room, request: Any, what: str, body: Any, status: int = 200) -> Any:
    return room.api.post(f"/v1/amendment-requests/{request['id']}/{what}", body, status)


def amended(room: Room) -> str:
    """A locked session's entry is put right; the id of what did."""
    entry = locked(room)["entries"][0]["id"]
    change = {"entry_id": entry, "type": "test", "values": {"side": "left"}}
    answer = room.chart("amendments", {"changes": [change], "reason": "the client said so"})
    amendment: str = answer["amendments"][0]["amendment_id"]
    return amendment


def test_a_desk_takes_a_request_without_reading_a_word_of_the_record(room: Room) -> None:
    request = taken(room, requested_on=f"{TODAY - timedelta(days=2)}", session_id=session_id(room))
    assert (request["status"], request["overdue"]) == ("open", False)
    assert date.fromisoformat(request["due_on"]) == TODAY + timedelta(days=28)
    assert "wish" not in request
    assert desk(room).problem("GET", of_client(room), 403)
    assert desk(room).problem("POST", f"/v1/amendment-requests/{request['id']}/accept", 403, {})
    [item] = room.api.get(of_client(room))["items"]
    assert (item["wish"], item["way"], item["session_id"]) == (WISH["wish"], "letter", session_id(room))


def test_a_request_is_taken_of_a_client_of_one_s_clinics_about_a_session_of_theirs(room: Room) -> None:
    assert desk(room, new_id()).problem("POST", of_client(room), 403, WISH)["code"] == "not_allowed"
    assert desk(room).problem("POST", f"/v1/clients/{new_id()}/amendment-requests", 404, WISH)
    other = WISH | {"session_id": str(new_id())}
    assert desk(room).problem("POST", of_client(room), 422, other)["fields"].keys() == {"session_id"}
    ahead = WISH | {"requested_on": f"{TODAY + timedelta(days=3)}"}
    assert desk(room).problem("POST", of_client(room), 409, ahead)["code"] == "in_the_future"


def test_what_was_put_right_in_a_locked_session_answers_a_request_and_is_shown_with_it(room: Room) -> None:
    amendment = amended(room)
    request = taken(room, session_id=session_id(room))
    for changed in ([], [str(new_id())], [amendment, str(new_id())]):
        assert say(room, request, "accept", {"put_right_by": changed}, 422)["fields"].keys() == {"put_right_by"}
    accepted = say(room, request, "accept", {"put_right_by": [amendment]})
    assert (accepted["status"], accepted["put_right_by"]) == ("accepted", [amendment])
    [shown] = room.read()["amendment_requests"]
    assert (shown["id"], shown["status"], shown["wish"]) == (request["id"], "accepted", WISH["wish"])
    assert say(room, request, "accept", {"put_right_by": [amendment]}, 409)["code"] == "request_answered"
    assert say(room, request, "decline", {"reason": "no"}, 409)["code"] == "request_answered"
    assert say(room, request, "statements", {"statement": "x", "way": "phone"}, 409)["code"] == "not_declined"
    assert room.read()["status"] == "locked"


def test_an_addendum_and_an_entry_in_error_put_a_session_right_too(room: Room) -> None:
    entry = locked(room)["entries"][0]["id"]
    added = room.chart("addenda", {"body": "The client means the left side"})["addenda"][0]["addendum_id"]
    room.chart("entered-in-error", {"entry_ids": [entry], "reason": "another client's"})
    request = taken(room, session_id=session_id(room))
    assert say(room, request, "accept", {"put_right_by": [added, entry]})["put_right_by"] == [added, entry]


def test_what_is_about_no_session_is_answered_in_words(room: Room) -> None:
    request = taken(room)
    assert say(room, request, "accept", {}, 422)["fields"].keys() == {"note"}
    assert say(room, request, "accept", {"put_right_by": [str(new_id())], "note": "x"}, 422)["fields"].keys() == {
        "put_right_by"
    }
    accepted = say(room, request, "accept", {"note": "The fall was in 2019"})
    assert (accepted["status"], accepted["note"]) == ("accepted", "The fall was in 2019")
    assert room.read()["amendment_requests"] == []


def test_a_refusal_keeps_the_client_s_disagreement_and_is_shown_with_the_session(room: Room) -> None:
    request = taken(room, session_id=session_id(room))
    declined = say(room, request, "decline", {"reason": "The test was of this knee"})
    assert (declined["status"], declined["reason"]) == ("declined", "The test was of this knee")
    path = f"/v1/amendment-requests/{request['id']}/statements"
    said = {"statement": "I know which knee it was", "way": "letter"}
    assert "statement" not in desk(room).post(path, said)
    desk(room, new_id()).post(path, said, 403)
    [shown] = room.read()["amendment_requests"]
    assert [each["statement"] for each in shown["statements"]] == ["I know which knee it was"]
    [listed] = room.api.get(f"/v1/clients/{room.client_id}/sessions")["items"]
    assert listed["amendment_requests"] == [shown]


def test_what_waits_for_an_answer_is_listed_by_its_day_without_a_word_of_it(room: Room) -> None:
    old = taken(room, requested_on=f"{TODAY - timedelta(days=40)}")
    new, answered = taken(room), taken(room)
    say(room, answered, "decline", {"reason": "no"})
    manager = room.treatment.caller("manager", clinics=(room.clinic_id,))
    first = manager.get("/v1/amendment-requests?limit=1")
    rest = manager.get(f"/v1/amendment-requests?cursor={first['next']}")
    items = [*first["items"], *rest["items"]]
    assert [(each["id"], each["overdue"]) for each in items] == [(old["id"], True), (new["id"], False)]
    assert WISH["wish"] not in str(items)
    assert room.treatment.caller("manager", clinics=(new_id(),)).get("/v1/amendment-requests")["items"] == []


def test_requests_are_read_as_of_any_moment_by_the_same_number_of_queries(room: Room) -> None:
    room.chart("tests", TEST)
    asked: list[str] = []

    def ask(*given: Any) -> None:
        asked.append(given[2])

    def queries() -> int:
        asked.clear()
        room.read()
        return len(asked)

    taken(room, session_id=session_id(room))
    listening.listen(engine := room.treatment.database.engine, "before_cursor_execute", ask)
    queries()
    few = queries()
    for _ in range(4):
        say(room, taken(room, session_id=session_id(room)), "decline", {"reason": "no"})
    queries()
    assert queries() == few
    listening.remove(engine, "before_cursor_execute", ask)
    before = room.read()["amendment_requests"]
    moment = room.api.get(f"/v1/clients/{room.client_id}/record-difference?from=0&kind=amendment_request")["items"][0]
    assert len(room.read(f"?as_of={moment['position']}")["amendment_requests"]) == 1
    assert len(before) == 5
