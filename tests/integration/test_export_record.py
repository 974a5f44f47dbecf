"""The clinical record in a client's archive: all of it, page by page, for the client alone, without what is restricted."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.scheduling.export.archive import archive
from services.scheduling.export.treatment import RECORD, Treatment as Reached, TreatmentAway
from shared.access_log import accesses_of
from shared.events.scheduling_erasure import ClientErased
from shared.ids import new_id
from tests.integration.test_sessions_api import TEST, Room, locked, room
from tests.support.treatment import Treatment, token_of

__all__ = ["room"]
pytestmark = pytest.mark.one_database

HOSTILE = "<script>alert(1)</script>"
FOUND: dict[str, Any] = {
    "made_at": datetime(2026, 3, 2, tzinfo=UTC),
    "ids": [],
    "person": [{"name": "Demo Client", "called": None, "birth_date": None, "locale": "de"}],
    "contact_points": [],
    "permissions": [],
    "relations": [],
    "visits": [],
    "messages": [],
    "history": [],
    "accesses": {"visits_and_contacts": [], "clinical_record": []},
}


def reached(treatment: Treatment) -> Reached:
    http = httpx.Client(transport=httpx.WSGITransport(app=treatment.app))
    return Reached("http://treatment", token_of(treatment.keys), http)


def record(room: Room, *also: UUID, chain_id: UUID | None = None) -> list[Any]:
    pages = reached(room.treatment).record(chain_id or room.treatment.chain_id, [room.client_id, *also], "a-request")
    return [entry for page in pages for entry in page]


def note(room: Room, body: str, *, restricted: bool) -> str:
    sent = {"section": "free", "body": body, "restricted": restricted}
    written: str = room.chart("notes", sent)["entries"][0]["id"]
    return written


def rewrite(room: Room, entry_id: str, **values: Any) -> None:
    room.chart("revisions", {"changes": [{"entry_id": entry_id, "type": "note", "values": values}]})


def entry(what: str = "note_written", **content: Any) -> dict[str, Any]:
    at = "2026-03-02T09:00:00+00:00"
    told = {"at": at, "happened_at": at, "kind": "session", "what": what, "by": "therapist", "withheld": False}
    return told | {"content": content}


def made(pages: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive("Demo Chain", FOUND, pages))) as files:
        return {name: files.read(name) for name in files.namelist()}


def test_all_of_the_record_is_handed_out_once_and_newest_first_however_long_the_pages_are(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked(room)
    note_of_history = {"kind": "birth", "story": "a breech birth"}
    room.api.post(f"/v1/clients/{room.client_id}/history/injuries", note_of_history)
    whole = record(room)
    assert {each["kind"] for each in whole} >= {"session", "history", "check_ins"}
    whats = [each["what"] for each in whole]
    assert whats[0] == "injury_recorded"
    assert whats[-1] == "session_started"
    [tested] = [each for each in whole if each["what"] == "muscle_tested"]
    assert (tested["content"]["side"], tested["content"]["target_name"]) == ("right", "gluteus maximus")
    assert "a breech birth" in json.dumps(whole)
    monkeypatch.setattr("services.scheduling.export.treatment.AT_ONCE", 2)
    assert record(room) == whole


def test_words_of_restricted_notes_are_left_out_whenever_they_became_so(room: Room) -> None:
    hidden, late, freed = (
        note(room, "hidden from all", restricted=True),
        note(room, "hidden later", restricted=False),
        note(room, "free in the end", restricted=True),
    )
    rewrite(room, hidden, body="hidden and rewritten")
    rewrite(room, late, restricted=True)
    rewrite(room, freed, restricted=False)
    note(room, "for everybody", restricted=False)
    room.chart("sign", {"leaves": ["pain_before", "pain_after"]}, 200)
    room.chart("lock", {}, 200)
    room.chart("addenda", {"body": "hidden addendum", "restricted": True})
    room.chart("addenda", {"body": "open addendum"})
    told = record(room)
    said = json.dumps(told)
    assert "hidden" not in said
    for word in ("free in the end", "for everybody", "open addendum"):
        assert word in said
    assert sum(each["withheld"] for each in told) == 4


def test_it_is_handed_to_our_own_services_alone_and_that_is_a_look(room: Room) -> None:
    room.chart("tests", TEST)
    body = {"chain_id": str(room.treatment.chain_id), "client_ids": [str(room.client_id)]}
    for role in ("therapist", "chain_admin"):
        room.treatment.caller(role).problem("POST", RECORD, 403, body)
    record(room)
    with room.treatment.database.reading(room.treatment.chain_id) as connection:
        newest, *_ = accesses_of(connection, [room.client_id], most=5)
    assert (newest.purpose, newest.data_class, newest.role) == ("client_request", "clinical", "service")
    assert record(room, chain_id=new_id()) == []


def test_nothing_is_left_to_hand_out_of_who_was_erased(room: Room) -> None:
    room.chart("tests", TEST | {"note": "hurts here"})
    assert "hurts here" in json.dumps(record(room))
    erased = ClientErased(
        request_id=new_id(),
        client_id=room.client_id,
        client_ids=(room.client_id,),
        classes=("clinical",),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=datetime.now(UTC),
    )
    room.treatment.tell(erased, stream=f"erasure-{new_id()}")
    assert "hurts here" not in json.dumps(record(room))


def test_the_archive_has_it_as_data_and_as_a_page_in_the_client_s_language() -> None:
    files = made([[entry(body=HOSTILE), entry("muscle_tested", side="left")], [entry(body="the last")]])
    assert [each["content"].get("body") for each in json.loads(files["clinical-record.json"])] == [
        HOSTILE,
        None,
        "the last",
    ]
    page = files["clinical-record.html"].decode()
    assert "Ihre Behandlungsakte" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert json.loads(files["export.json"])["lacks"] == []
    assert "clinical-record.html" in files["export.html"].decode()


def test_a_client_without_a_record_gets_an_empty_one() -> None:
    files = made([[]])
    assert json.loads(files["clinical-record.json"]) == []
    assert "Nichts." in files["clinical-record.html"].decode()


def test_no_more_than_one_page_is_held_and_a_page_that_fails_makes_no_archive() -> None:
    alive: list[int] = []

    def pages() -> Iterator[list[Any]]:
        for number in range(3):
            alive.append(number)
            yield [entry(body=str(number))]
        raise TreatmentAway

    with pytest.raises(TreatmentAway):
        made(pages())
    assert alive == [0, 1, 2]
