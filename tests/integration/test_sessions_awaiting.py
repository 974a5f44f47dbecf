"""Sessions that begin before scheduling has told of their visit: they open themselves alone, and only to who began them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.integration.test_sessions_api import ACTIVATION, BEGAN, FREE, NOW, SOON, TEST
from tests.support.log import booked
from tests.support.treatment import Therapist, Treatment

pytestmark = pytest.mark.one_database

HEADER = "Synergist-Access"


@pytest.fixture
def mia(treatment: Treatment) -> Therapist:
    return treatment.therapist()


@pytest.fixture
def clinic_id(treatment: Treatment) -> UUID:
    return treatment.clinic()


def unheard(mia: Therapist, clinic_id: UUID, **fields: Any) -> Any:
    """A visit that was booked just now, and of which treatment has not heard."""
    known: dict[str, Any] = {
        "therapist_id": mia.therapist_id,
        "clinic_id": clinic_id,
        "starts_at": SOON,
        "client_id": new_id(),
    }
    return booked(**known | fields)


def body_of(visit: Any, **fields: Any) -> dict[str, Any]:
    names = ("client_id", "clinic_id", "appointment_id")
    said = {name: str(getattr(visit, name)) for name in names}
    return said | {"id": str(new_id()), "started_at": BEGAN.isoformat()} | fields


def begin(mia: Therapist, visit: Any, **fields: Any) -> str:
    """The address of a session that was begun with a visit nobody has told of."""
    started = mia.api.post("/v1/sessions", body_of(visit, **fields))
    assert (started["visit"], started["access"]["basis"]) == ("awaited", "awaited_visit")
    return f"/v1/sessions/{started['id']}"


def test_a_session_is_charted_before_its_visit_is_known_and_goes_on_when_it_is(
    treatment: Treatment, mia: Therapist, clinic_id: UUID
) -> None:
    visit = unheard(mia, clinic_id)
    session = begin(mia, visit)
    test = mia.api.post(f"{session}/tests", TEST)["entries"][0]
    mia.api.post(f"{session}/activations", ACTIVATION)
    mia.api.post(f"{session}/retests", TEST | {"of_test_id": test["id"], "response": "holds"})
    assert mia.api.problem("POST", f"{session}/releases", 409, FREE)["code"] == "visit_awaited"
    assert mia.api.problem("POST", f"{session}/sign", 409, {})["code"] == "visit_awaited"
    treatment.client(visit.client_id)
    treatment.tell(visit)
    mia.api.post(f"{session}/releases", FREE)
    read = mia.api.get(session)
    assert (read["visit"], read["access"]["basis"], len(read["entries"])) == ("known", "visit", 4)
    assert mia.api.get(f"/v1/clients/{visit.client_id}/sessions")["items"][0]["visit"] == "known"


def test_nothing_of_the_record_is_open_but_the_session_itself(
    treatment: Treatment, mia: Therapist, clinic_id: UUID
) -> None:
    client_id = treatment.client()
    session = begin(mia, unheard(mia, clinic_id, client_id=client_id))
    for path in ("sessions", "history", "timeline", "plan", "visits"):
        mia.api.problem("GET", f"/v1/clients/{client_id}/{path}", 403)
    mia.api.problem("GET", f"{session}/proposals", 403)
    mia.api.problem("GET", f"/v1/patterns?client_id={client_id}", 403)
    other = treatment.therapist()
    earlier = treatment.visit(therapist_id=other.therapist_id, clinic_id=clinic_id, client_id=client_id, starts_at=SOON)
    theirs = f"/v1/sessions/{other.api.post('/v1/sessions', body_of(earlier))['id']}"
    tested = other.api.post(f"{theirs}/tests", TEST)["entries"][0]
    mia.api.problem("GET", theirs, 403)
    retest = TEST | {"of_test_id": tested["id"]}
    assert mia.api.problem("POST", f"{session}/retests", 409, retest)["code"] == "visit_awaited"
    assert other.api.get(session)["visit"] == "awaited"


def test_a_visit_that_turns_out_to_be_somebody_else_s_opens_nothing(
    treatment: Treatment, mia: Therapist, clinic_id: UUID
) -> None:
    client_id, colleague = treatment.client(), treatment.therapist()
    wrong_client, anothers = unheard(mia, clinic_id), unheard(mia, clinic_id, client_id=client_id)
    sessions = begin(mia, wrong_client, client_id=str(client_id)), begin(mia, anothers)
    treatment.client(wrong_client.client_id)
    treatment.tell(wrong_client)
    treatment.visit(
        client_id=client_id,
        appointment_id=anothers.appointment_id,
        therapist_id=colleague.therapist_id,
        clinic_id=clinic_id,
        starts_at=SOON,
    )
    for session in sessions:
        assert mia.api.problem("GET", session, 403)["code"] == "no_basis"
        mia.api.problem("POST", f"{session}/tests", 403, TEST)
    assert colleague.api.get(sessions[0])["visit"] == "anothers"
    assert colleague.api.get(sessions[1])["visit"] == "known"


def test_it_is_open_to_nobody_else_and_not_for_ever(treatment: Treatment, mia: Therapist, clinic_id: UUID) -> None:
    visit = unheard(mia, clinic_id)
    session = begin(mia, visit)
    treatment.therapist().api.problem("GET", session, 404)
    elsewhere = treatment.therapist(new_id())
    elsewhere.api.problem("POST", "/v1/sessions", 404, body_of(unheard(elsewhere, clinic_id)))
    mia.api.problem("POST", "/v1/sessions", 404, body_of(unheard(mia, clinic_id), appointment_id=None))
    late = (NOW - timedelta(hours=25)).isoformat()
    mia.api.problem("POST", "/v1/sessions", 404, body_of(unheard(mia, clinic_id), started_at=late))
    treatment.set_clock(BEGAN + timedelta(hours=24))
    mia.api.problem("GET", session, 404)


def test_a_session_that_waits_is_put_right_by_who_began_it(
    treatment: Treatment, mia: Therapist, clinic_id: UUID
) -> None:
    session = begin(mia, unheard(mia, clinic_id))
    visit = treatment.visit(therapist_id=mia.therapist_id, clinic_id=clinic_id, starts_at=SOON)
    link = {"appointment_id": str(visit.appointment_id), "episode_id": None}
    assert mia.api.problem("POST", f"{session}/link", 422, link)["fields"].keys() == {"appointment_id"}
    mia.api.post(f"{session}/entered-in-error", {"reason": "another client"}, 201)
    assert mia.api.get(session)["status"] == "in_error"
