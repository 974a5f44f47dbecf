"""What a chain says to clients who tick a red flag: approved by its managers, in force at once, kept in the log."""

import pytest
from sqlalchemy import text

from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

WORDS = {"emergency": "Rufen Sie jetzt 112 an.\n\nWarten Sie nicht.", "same_day": "Gehen Sie heute noch zum Arzt."}


def test_it_is_approved_by_managers_of_the_chain_and_withdrawn_again(treatment: Treatment) -> None:
    manager, therapist = treatment.caller("manager", subject="mona"), treatment.caller("therapist")
    assert therapist.get("/v1/safety-text") == {"items": [], "built_in": ["en", "de"]}
    found = manager.put("/v1/safety-text/de", WORDS)
    [own] = found["items"]
    assert ({name: own[name] for name in WORDS}, own["locale"], found["built_in"]) == (WORDS, "de", ["en"])
    assert "mona" in own["approved_by"]
    therapist.put("/v1/safety-text/de", WORDS, 403)
    manager.put("/v1/safety-text/fr", WORDS, 404)
    manager.put("/v1/safety-text/de", {"emergency": "x"}, 422)
    manager.call("DELETE", "/v1/safety-text/de", 200)
    assert therapist.get("/v1/safety-text") == {"items": [], "built_in": ["en", "de"]}


def test_every_approval_stays_in_the_log_and_the_same_words_again_are_none(treatment: Treatment) -> None:
    manager = treatment.caller("chain_admin")
    for words in (WORDS, WORDS, WORDS | {"same_day": "Noch heute."}):
        version = manager.put("/v1/safety-text/de", words)["items"][0]["version"]
    assert version == 2
    with treatment.database.reading(treatment.chain_id) as connection:
        names = connection.execute(text("SELECT name FROM events WHERE stream LIKE 'safety%'")).scalars().all()
    assert names == ["treatment.safety_text_approved.v1"] * 2


def test_whoever_read_an_older_version_is_told(treatment: Treatment) -> None:
    manager = treatment.caller("manager")
    manager.put("/v1/safety-text/de", WORDS, 200, If_Match='"0"')
    manager.put("/v1/safety-text/de", WORDS | {"same_day": "Noch heute."}, 412, If_Match='"0"')
