"""A client's history over HTTP: entered, told anew, lifted, withdrawn, read as of a moment; nothing in plain text."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged
from tests.support.api import Api
from tests.support.treatment import Therapist, Treatment

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FALL: dict[str, Any] = {
    "kind": "accident",
    "target": "hip_joint",
    "side": "left",
    "onset": {"precision": "month", "year": 2019, "month": 11},
    "story": "Fell from a ladder.\nCould not walk for two weeks.",
}
CRACKED: dict[str, Any] = {"provider_kind": "chiropractor", "result": "temporary", "note": "Better for two days"}
WOUND: dict[str, Any] = {
    "scope": "local",
    "cause": "open_wound",
    "region": "thigh",
    "side": "left",
    "starts_on": "2026-03-01",
}
FORM: dict[str, Any] = {
    "scope": "treatment",
    "text_hash": "a7" * 32,
    "locale": "de",
    "method": "paper",
    "given_by": "client",
    "given_at": "2026-03-02T08:00:00Z",
}


@pytest.fixture
def anna(treatment: Treatment) -> Therapist:
    treatment.set_clock(NOW)
    return treatment.therapist()


@pytest.fixture
def client_id(treatment: Treatment, anna: Therapist) -> UUID:
    """A client who has a visit with Anna in an hour."""
    return treatment.visit(therapist_id=anna.therapist_id, starts_at=NOW + timedelta(hours=1)).client_id


@pytest.fixture
def history(client_id: UUID) -> str:
    return f"/v1/clients/{client_id}/history"


@pytest.fixture
def api(anna: Therapist) -> Api:
    return anna.api


def test_an_injury_is_kept_as_it_was_told(api: Api, anna: Therapist, history: str, client_id: UUID) -> None:
    injury = api.post(f"{history}/injuries", FALL)
    told = {name: injury[name] for name in ("kind", "target", "side", "story", "region", "target_name")}
    assert told == {name: FALL[name] for name in ("kind", "target", "side", "story")} | {
        "region": None,
        "target_name": "hip joint",
    }
    assert injury["onset"] == {"precision": "month", "year": 2019, "month": 11, "day": None, "age": None}
    assert (injury["client_id"], injury["version"], injury["in_error"]) == (str(client_id), 1, False)
    assert (injury["written_by"], injury["catalogue"]) == (str(anna.staff_id), 1)
    [read] = api.get(history)["injuries"]
    assert read | {"written_at": None} == injury | {"written_at": None}


def test_all_that_a_client_brings_along_is_one_answer(api: Api, history: str, client_id: UUID) -> None:
    injury = api.post(f"{history}/injuries", FALL)
    attempt = api.post(f"{history}/attempts", CRACKED | {"injury_id": injury["id"]})
    wound = api.post(f"{history}/contraindications", WOUND)
    consent = api.post(f"{history}/consents", FORM)
    found = api.get(history)
    lists = ("injuries", "attempts", "contraindications", "consents", "withdrawals")
    assert {name: [each["id"] for each in found[name]] for name in lists} == {
        "injuries": [injury["id"]],
        "attempts": [attempt["id"]],
        "contraindications": [wound["id"]],
        "consents": [consent["id"]],
        "withdrawals": [],
    }
    assert (found["client_id"], found["agreed"]) == (str(client_id), ["treatment"])


def test_an_entry_is_told_anew_by_whoever_has_seen_it_as_it_is(api: Api, history: str) -> None:
    injury = api.post(f"{history}/injuries", FALL)
    place = f"{history}/injuries/{injury['id']}"
    assert api.problem("PATCH", place, 428, {"side": "right"})["code"] == "if_match_required"
    anew = api.patch(place, {"onset": {"precision": "age", "age": 33}}, If_Match='"1"')
    assert (anew["version"], anew["story"], anew["onset"]["age"]) == (2, FALL["story"], 33)
    api.patch(place, {"side": "right"}, 412, If_Match='"1"')
    assert api.patch(place, {"kind": "accident"}, If_Match='"2"')["version"] == 2


def test_two_people_who_write_at_different_entries_do_not_meet(api: Api, history: str) -> None:
    injury, wound = api.post(f"{history}/injuries", FALL), api.post(f"{history}/contraindications", WOUND)
    api.patch(f"{history}/contraindications/{wound['id']}", {"basis": "Seen"}, If_Match='"2"')
    api.patch(f"{history}/injuries/{injury['id']}", {"side": "right"}, If_Match='"1"')


def test_a_contraindication_is_lifted_once(api: Api, history: str) -> None:
    wound = api.post(f"{history}/contraindications", WOUND)
    lift = f"{history}/contraindications/{wound['id']}/lift"
    assert api.post(lift, {"lifted_on": "2026-02-28"}, 409, If_Match='"1"')["code"] == "lifted_before_it_began"
    lifted = api.post(lift, {"lifted_on": "2026-03-02", "reason": "Healed"}, 200, If_Match='"1"')
    assert (lifted["lifted_on"], lifted["lift_reason"], lifted["version"]) == ("2026-03-02", "Healed", 2)
    assert api.post(lift, {"lifted_on": "2026-03-02"}, 409, If_Match="*")["code"] == "contraindication_lifted"


def test_what_was_wrong_stays_to_be_seen_as_such(api: Api, history: str) -> None:
    injury = api.post(f"{history}/injuries", FALL)
    error = f"{history}/entries/{injury['id']}/entered-in-error"
    assert api.post(error, {"reason": "Another client's"}, 200, If_Match='"1"')["in_error"] is True
    [found] = api.get(history)["injuries"]
    assert (found["in_error"], found["error_reason"], found["story"]) == (True, "Another client's", FALL["story"])
    assert api.post(error, {"reason": "x"}, 409, If_Match="*")["code"] == "entry_in_error"


def test_a_consent_counts_until_it_is_withdrawn(api: Api, history: str) -> None:
    api.post(f"{history}/consents", FORM)
    api.post(f"{history}/consents", FORM | {"scope": "case_study"})
    api.post(f"{history}/consents/withdraw", {"scope": "case_study", "effective_at": "2026-03-02T08:30:00Z"})
    assert api.get(history)["agreed"] == ["treatment"]
    assert api.get(f"{history}?happened_by=2026-03-02T08:15:00Z")["agreed"] == ["treatment", "case_study"]
    assert api.get(f"{history}?happened_by=2026-03-02T07:00:00Z")["agreed"] == []


def test_the_history_is_read_as_it_was_known_and_as_it_had_happened(
    api: Api, history: str, treatment: Treatment
) -> None:
    injury = api.post(f"{history}/injuries", FALL)
    [(position, recorded_at)] = rows(treatment, "position, recorded_at")
    api.patch(f"{history}/injuries/{injury['id']}", {"side": "right"}, If_Match='"1"')
    api.post(f"{history}/contraindications", WOUND)
    for as_of in (position, recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z")):
        then = api.get(f"{history}?as_of={as_of}")
        assert [each["side"] for each in then["injuries"]] == ["left"]
        assert then["contraindications"] == []
    assert api.get(f"{history}?as_of={position - 1}")["injuries"] == []
    by_then = api.get(f"{history}?happened_by=2026-02-01T00:00:00Z")
    assert [each["side"] for each in by_then["injuries"]] == ["right"]
    assert by_then["contraindications"] == []
    assert api.get(f"{history}?happened_by=2019-10-31T12:00:00Z")["injuries"] == []
    for nothing in ("as_of=yesterday", "as_of=-1", "as_of=2026-03-01", "happened_by=5"):
        api.get(f"{history}?{nothing}", 422)


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("injuries", FALL | {"target": "third_arm"}, "target"),
        ("injuries", FALL | {"side": None}, "side"),
        ("injuries", FALL | {"side": "midline"}, "side"),
        ("injuries", FALL | {"region": "moon"}, "region"),
        ("injuries", FALL | {"onset": {"precision": "month", "year": 2019}}, "onset"),
        ("injuries", FALL | {"onset": {"precision": "month", "year": 2026, "month": 4}}, "onset"),
        ("attempts", CRACKED | {"injury_id": str(UUID(int=1))}, "injury_id"),
        ("contraindications", WOUND | {"region": None, "side": None}, "region"),
        ("contraindications", WOUND | {"scope": "absolute"}, "scope"),
        ("contraindications", WOUND | {"ends_on": "2026-02-01"}, "ends_on"),
        ("consents", FORM | {"given_at": "2026-03-02T10:00:00Z"}, "given_at"),
        ("consents", FORM | {"text_hash": "a7"}, "text_hash"),
        ("consents", FORM | {"locale": "klingon"}, "locale"),
    ],
)
def test_what_cannot_be_is_refused_by_name(api: Api, history: str, path: str, body: Any, wrong: str) -> None:
    assert set(api.post(f"{history}/{path}", body, 422)["fields"]) == {wrong}


def test_the_same_entry_sent_twice_is_one(api: Api, history: str) -> None:
    first, second = (api.post(f"{history}/injuries", FALL, Idempotency_Key="fall") for _ in range(2))
    assert first == second
    assert len(api.get(history)["injuries"]) == 1


def test_nobody_finds_an_entry_under_another_client(treatment: Treatment, anna: Therapist, history: str) -> None:
    api = anna.api
    injury = api.post(f"{history}/injuries", FALL)
    visit = treatment.visit(therapist_id=anna.therapist_id, starts_at=NOW + timedelta(hours=3))
    other = f"/v1/clients/{visit.client_id}/history"
    api.patch(f"{other}/injuries/{injury['id']}", {"side": "right"}, 404, If_Match="*")
    api.post(f"{other}/entries/{injury['id']}/entered-in-error", {"reason": "x"}, 404, If_Match="*")
    api.patch(f"{history}/attempts/{injury['id']}", {"result": "none"}, 404, If_Match="*")
    assert api.get(other)["injuries"] == []


def test_own_words_are_sealed_in_the_log(api: Api, history: str, treatment: Treatment) -> None:
    injury = api.post(f"{history}/injuries", FALL | {"story": "CANARY one"})
    api.post(f"{history}/attempts", CRACKED | {"note": "CANARY two"})
    wound = api.post(f"{history}/contraindications", WOUND | {"basis": "CANARY three"})
    reason = {"lifted_on": "2026-03-02", "reason": "CANARY four"}
    api.post(f"{history}/contraindications/{wound['id']}/lift", reason, 200, If_Match="*")
    withdrawal = {"scope": "messaging", "effective_at": "2026-03-02T08:30:00Z", "reason": "CANARY five"}
    api.post(f"{history}/consents/withdraw", withdrawal)
    api.post(f"{history}/entries/{injury['id']}/entered-in-error", {"reason": "CANARY six"}, 200, If_Match="*")
    stored = rows(treatment, "data::text")
    assert len(stored) == 6
    assert not [data for (data,) in stored if "CANARY" in data]


def test_the_whole_history_is_read_by_as_many_queries_as_one_entry(
    api: Api, history: str, treatment: Treatment
) -> None:
    api.post(f"{history}/injuries", FALL)
    api.get(history)
    one = queries(treatment, lambda: api.get(history))
    for _ in range(5):
        api.post(f"{history}/attempts", CRACKED)
    assert queries(treatment, lambda: api.get(history)) == one


def queries(treatment: Treatment, work: Callable[[], Any]) -> int:
    """How many statements the work sends to the database."""
    found: list[str] = []

    def note(*arguments: Any) -> None:
        found.append(arguments[2])

    engine = treatment.database.engine
    event.listen(engine, "before_cursor_execute", note)
    work()
    event.remove(engine, "before_cursor_execute", note)
    return len(found)


def rows(treatment: Treatment, columns: str) -> list[Any]:
    """What the log holds of clients' histories."""
    with treatment.database.reading(treatment.chain_id) as connection:
        sql = text(f"SELECT {columns} FROM events WHERE stream LIKE 'history-%' ORDER BY position")
        return list(connection.execute(sql))


def test_a_record_is_closed_to_whoever_has_no_basis_for_it(treatment: Treatment, history: str) -> None:
    ben = treatment.therapist().api
    assert ben.problem("GET", history, 403)["code"] == "no_basis"
    ben.post(f"{history}/injuries", FALL, 403)
    treatment.caller("front_desk").get(history, 403)
    assert rows(treatment, "1") == []


def test_the_histories_of_who_turned_out_to_be_one_person_are_one(
    treatment: Treatment, anna: Therapist, history: str, client_id: UUID
) -> None:
    other = treatment.visit(therapist_id=anna.therapist_id, starts_at=NOW + timedelta(hours=3)).client_id
    there = f"/v1/clients/{other}/history"
    injury = anna.api.post(f"{there}/injuries", FALL)
    anna.api.post(f"{there}/consents", FORM)
    merged = ClientsMerged(client_id=other, into_id=client_id)
    treatment.tell(merged, stream=f"client-{other}")
    withdrawal = {"scope": "treatment", "effective_at": "2026-03-02T08:30:00Z"}
    anna.api.post(f"{history}/consents/withdraw", withdrawal)
    for place in (history, there):
        found = anna.api.get(place)
        assert ([each["id"] for each in found["injuries"]], found["agreed"]) == ([injury["id"]], [])
    anew = anna.api.patch(f"{history}/injuries/{injury['id']}", {"kind": "surgery"}, If_Match=f'"{injury["version"]}"')
    assert anew["client_id"] == str(other)
    treatment.tell(ClientsUnmerged(client_id=other, from_id=client_id), stream=f"client-{other}")
    assert [each["kind"] for each in anna.api.get(there)["injuries"]] == ["surgery"]
    assert anna.api.get(there)["agreed"] == ["treatment"]
    assert anna.api.get(history)["injuries"] == []
