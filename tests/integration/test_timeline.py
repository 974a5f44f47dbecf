"""The timeline over HTTP: what happened to a client on one axis, page by page, as of any moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.treatment.timeline.points import Place
from shared.event_store import Metadata
from shared.events import treatment_patterns as p
from shared.http.paging import cursor_of
from shared.ids import new_id
from tests.support.treatment import Therapist, Treatment
from tests.unit.sessions.builders import STARTED, a_score

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FALL: dict[str, Any] = {"kind": "accident", "target": "hip_joint", "side": "left"}
CRACKED: dict[str, Any] = {"provider_kind": "chiropractor", "result": "temporary"}


def year(number: int) -> dict[str, Any]:
    return {"precision": "year", "year": number}


@pytest.fixture
def anna(treatment: Treatment) -> Therapist:
    treatment.set_clock(NOW)
    return treatment.therapist()


def record(treatment: Treatment, stream: str, *events: Any) -> None:
    """Let treatment's log say this."""
    metadata = Metadata(actor="anna", role="therapist", origin="api", correlation_id="a-test")
    treatment.database.command(treatment.chain_id, metadata, lambda tx: tx.append(stream, 0, events))


def told(answer: Any) -> list[tuple[str, str]]:
    return [(each["kind"], each["what"]) for each in answer["items"]]


def test_everything_stands_on_one_axis(treatment: Treatment, anna: Therapist) -> None:
    visit = treatment.visit(therapist_id=anna.therapist_id, starts_at=NOW - timedelta(hours=1))
    client, ids = f"/v1/clients/{visit.client_id}", {"client_id": visit.client_id}
    injury = anna.api.post(f"{client}/history/injuries", FALL | {"onset": year(2019)})
    anna.api.post(f"{client}/history/injuries", {"kind": "birth"})
    anna.api.post(f"{client}/history/attempts", CRACKED | {"started": year(2020), "injury_id": injury["id"]})
    in_session: dict[str, Any] = ids | {"session_id": new_id()}
    score = a_score(**in_session, value=6, happened_at=NOW - timedelta(minutes=55), catalogue=1)
    record(treatment, f"session-{in_session['session_id']}", replace(STARTED, **in_session), score)
    pattern = p.PatternHypothesised(
        pattern_id=new_id(),
        **in_session,
        episode_id=None,
        origin_injury_id=None,
        members=(p.Member(target="psoas_major", side="left", role="overactive"),),
        catalogue=1,
        happened_at=NOW - timedelta(minutes=50),
    )
    record(treatment, f"pattern-{pattern.pattern_id}", pattern)
    timeline = f"{client}/timeline"
    found = anna.api.get(timeline)
    assert told(found) == [
        ("injury", "birth"),
        ("injury", "accident"),
        ("attempt", "chiropractor"),
        ("visit", "booked"),
        ("pain", score.when),
        ("pattern", "hypothesised"),
    ]
    undated, fall, attempt, _, pain, hypothesised = found["items"]
    assert (undated["precision"], undated["first_on"], undated["at"]) == (None, None, None)
    assert (fall["first_on"], fall["last_on"], fall["target_name"]) == ("2019-01-01", "2019-12-31", "hip joint")
    assert (attempt["result"], attempt["about_id"]) == ("temporary", injury["id"])
    assert (pain["value"], pain["about_id"]) == (6, str(in_session["session_id"]))
    place = {"target": "psoas_major", "target_name": "psoas major", "side": "left"}
    assert hypothesised["members"] == [place | {"role": "overactive"}]
    assert found["access"]["basis"] == "visit"
    assert told(anna.api.get(f"{timeline}?happened_by=2020-06-01T00:00:00Z")) == told(found)[:3]
    assert told(anna.api.get(f"{timeline}?as_of=2026-01-01T00:00:00Z")) == [("visit", "booked")]


def test_pages_follow_each_other_without_a_gap(treatment: Treatment, anna: Therapist) -> None:
    visit = treatment.visit(therapist_id=anna.therapist_id, starts_at=NOW + timedelta(hours=1))
    client = f"/v1/clients/{visit.client_id}"
    for number in range(5):
        anna.api.post(f"{client}/history/injuries", FALL | {"onset": year(2019 - number % 2)})
    everything = [each["id"] for each in anna.api.get(f"{client}/timeline")["items"]]
    page = anna.api.get(f"{client}/timeline?limit=2")
    found = [each["id"] for each in page["items"]]
    while page["next"]:
        page = anna.api.get(f"{client}/timeline?limit=2&cursor={page['next']}")
        found += [each["id"] for each in page["items"]]
    assert found == everything
    assert len(found) == 6
    assert anna.api.get(f"{client}/timeline?cursor={cursor_of(*Place('9999', '', ''))}")["items"] == []
    anna.api.get(f"{client}/timeline?cursor=WzFd", 422)


def test_a_timeline_is_closed_to_whoever_has_no_basis_for_it(treatment: Treatment, anna: Therapist) -> None:
    visit = treatment.visit(therapist_id=anna.therapist_id, starts_at=NOW + timedelta(hours=1))
    timeline = f"/v1/clients/{visit.client_id}/timeline"
    treatment.therapist().api.get(timeline, 403)
    treatment.caller("front_desk").get(timeline, 403)
