"""Patterns over HTTP whose evidence did not stay what it was: shown as such, at the moment when it came to be so."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event as listening

from shared.events import treatment_sessions as t
from shared.ids import new_id
from tests.integration.test_care_api import ANY, DAY, MEMBERS, Care, care
from tests.unit.treatment.builders import FIRST, OTHER, PSOAS, loop, released, retested, session

__all__ = ["care"]
pytestmark = pytest.mark.one_database


def corrected(care: Care, **given: Any) -> Any:
    """A pattern that was found, confirmed and corrected in one session."""
    at = care.goes_on(0)
    pattern = care.pattern(**given)
    made = care.charted(*loop(), at=at)
    failed, held = (str(each.test_id) for each in made.tests())
    shown: dict[str, Any] = {"session_id": str(made.session_id)}
    care.say(pattern, "confirm", **shown, failed_test_id=failed, held_test_id=held)
    return care.say(pattern, "correct", **shown, loop_id=str(made.entries[0].loop_id))


def held(care: Care, pattern: Any, days: int) -> Any:
    """The session in which a cold retest held, and was taken for it."""
    made = care.charted(retested(("gluteus_maximus", "left"), "holds"), at=care.goes_on(days))
    test_id = str(next(iter(made.tests())).test_id)
    care.say(pattern, "hold", session_id=str(made.session_id), test_id=test_id)
    return made


def release_of_which_word_comes_late(care: Care, made: Any) -> None:
    [first] = made.entries
    [late] = session(released(PSOAS), at=FIRST).entries
    when = first.happened_at - DAY / 1440
    care.record(
        made.session_id,
        replace(late, session_id=made.session_id, client_id=care.client_id, sequence=0, happened_at=when),
    )


def read(care: Care, pattern: Any, query: str = "") -> Any:
    return care.api.get(f"/v1/patterns/{pattern['id']}{query}")


def test_a_hold_whose_retest_turns_out_warm_is_shown_in_doubt_and_proposed_to_be_taken_back(care: Care) -> None:
    pattern = corrected(care)
    made = held(care, pattern, 3)
    assert [read(care, pattern)["in_doubt"], read(care, pattern)["changes"][-1]["withdrawn"]] == [False, None]
    before = care.position()
    release_of_which_word_comes_late(care, made)
    doubted = read(care, pattern)
    assert (doubted["state"], doubted["in_doubt"]) == ("holding", True)
    assert [each["withdrawn"] for each in doubted["changes"]] == [None, None, None, "not_cold"]
    [listed] = care.api.get(f"/v1/patterns?client_id={care.client_id}")["items"]
    assert listed["in_doubt"]
    assert not read(care, pattern, f"?as_of={before}")["in_doubt"]
    [suggested] = [each for each in care.suggested(made) if each["change"] == "enter_in_error"]
    assert suggested["test_ids"] == doubted["changes"][-1]["test_ids"]
    plan = care.api.get(f"/v1/clients/{care.client_id}/plan")["items"]
    assert [(each["kind"], each["pattern_id"]) for each in plan if each["kind"] == "review"] == [
        ("review", pattern["id"])
    ]
    over = care.say(pattern, "entered-in-error", reason="the retest was warm")
    assert (over["state"], over["in_doubt"]) == ("entered_in_error", False)
    assert over["changes"][3]["withdrawn"] == "not_cold"


def test_a_test_that_was_amended_or_entered_in_error_takes_what_rested_on_it(care: Care) -> None:
    pattern = corrected(care)
    made = held(care, pattern, 3)
    [tested] = made.entries
    wrong = t.EnteredInError(
        session_id=made.session_id,
        client_id=care.client_id,
        entry_id=tested.test_id,
        reason="another client",
        signed_by=care.therapist.therapist_id,
        signed_at=tested.happened_at,
    )
    change = t.EntryRevised(
        session_id=made.session_id,
        client_id=care.client_id,
        revision_id=new_id(),
        entry_id=tested.test_id,
        changes={"side": "right"},
        rewritten=False,
        words=None,
    )
    care.record(made.session_id, change)
    assert read(care, pattern)["changes"][-1]["withdrawn"] == "no_such_test"
    care.record(made.session_id, replace(change, changes={"side": "left"}))
    assert not read(care, pattern)["in_doubt"]
    care.record(made.session_id, wrong)
    assert read(care, pattern)["in_doubt"]


def test_however_many_sessions_patterns_rest_on_they_are_read_by_the_same_queries(care: Care) -> None:
    pattern = corrected(care)
    path = f"/v1/patterns?client_id={care.client_id}"
    asked: list[str] = []

    def ask(*given: Any) -> None:
        asked.append(given[2])

    def queries() -> int:
        asked.clear()
        care.api.get(path)
        return len(asked)

    engine = care.treatment.database.engine
    listening.listen(engine, "before_cursor_execute", ask)
    held(care, pattern, 3)
    queries()
    few = queries()
    for days in (10, 20, 30):
        held(care, pattern, days)
    care.pattern(members=[MEMBERS[0], {"target": OTHER[0], "side": OTHER[1], "role": "inhibited"}])
    queries()
    assert queries() == few
    listening.remove(engine, "before_cursor_execute", ask)


def test_what_hung_under_a_pattern_that_never_was_is_hung_under_another_or_stands_for_itself(care: Care) -> None:
    care.goes_on(0)
    primary, another = care.pattern(), care.pattern()
    inhibited = {"target": OTHER[0], "side": OTHER[1], "role": "inhibited"}
    second = care.pattern(members=[MEMBERS[0], inhibited])
    under: dict[str, Any] = {"primary_pattern_id": primary["id"]}
    care.say(second, "subordinate", **under)
    assert care.say(second, "subordinate", 409, primary_pattern_id=another["id"])["code"] == "pattern_state"
    care.say(primary, "entered-in-error", reason="charted twice")
    assert care.say(second, "subordinate", 409, **under)["code"] == "no_such_primary"
    moved = care.say(second, "subordinate", primary_pattern_id=another["id"])
    assert (moved["state"], moved["primary_pattern_id"]) == ("secondary", another["id"])
    care.say(another, "entered-in-error", reason="charted twice")
    made = care.charted(retested(OTHER, "fails"), at=care.goes_on(3))
    [promote] = [each for each in care.suggested(made) if each["change"] == "promote"]
    shown: dict[str, Any] = {"session_id": str(made.session_id), "test_id": promote["test_ids"][0]}
    assert care.say(second, "promote", **shown)["state"] == "confirmed"


def test_patterns_that_a_discharge_leaves_open_are_proposed_to_be_closed(care: Care) -> None:
    care.goes_on(0)
    episode = care.episode()
    pattern = care.pattern(episode_id=episode["id"])
    plan = f"/v1/clients/{care.client_id}/plan"
    before = care.position()
    care.api.post(f"/v1/episodes/{episode['id']}/discharge", {"outcome": "lost", "planned": False}, 200, **ANY)
    assert [each["kind"] for each in care.api.get(plan)["items"]] == ["confirm", "close"]
    assert [each["kind"] for each in care.api.get(f"{plan}?as_of={before}")["items"]] == ["confirm"]
    care.say(pattern, "close", episode_id=episode["id"])
    assert [each["kind"] for each in care.api.get(plan)["items"]] == ["cold_retest"]
