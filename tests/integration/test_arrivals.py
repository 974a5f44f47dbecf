"""Who says that a client has come: the desk, a therapist of their own visits alone, or the session that has begun."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.embedded.processes import free_port
from shared.events.treatment_sessions import EnteredInError, SessionLinked, SessionStarted
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.contracts.examples import EXAMPLES
from tests.support.api import Ready, at, set_clock
from tests.support.providers import Scheduling, a_scheduling
from tests.support.workers import STARTS_AT, Workers, a_workers
from workers.arrivals import tell_arrivals
from workers.messages.recipients import Recipients

pytestmark = pytest.mark.one_database

ARRIVALS = "/internal/v1/arrivals"


def therapist_called(ready: Ready, subject: str, therapist: Any) -> Any:
    """The staff member who is this therapist, and calls under this subject."""
    roles = [{"role": "therapist", "clinics": [ready.clinic["id"]]}]
    given = {"name": "Demo Therapist", "roles": roles, "therapist_id": therapist["id"]}
    person = ready.chain.admin.post("/v1/staff", given)
    login = {"issuer": "synergist", "subject": subject}
    return ready.chain.admin.post(f"/v1/staff/{person['id']}/logins", login)


def begun(ready: Ready, visit: Any, **fields: Any) -> dict[str, Any]:
    """What the workers tell of a session of this visit."""
    return {
        "chain_id": str(ready.chain.id),
        "appointment_id": visit["id"],
        "client_id": visit["client_id"],
        "therapist_id": visit["therapist_id"],
        "event_id": str(new_id()),
        "happened_at": visit["starts_at"],
    } | fields


def outcome(ready: Ready, item: dict[str, Any]) -> str:
    told: str = ready.chain.service.post(ARRIVALS, {"items": [item]}, 200)["outcomes"][item["event_id"]]
    return told


def status(ready: Ready, visit: Any) -> str:
    found: str = ready.chain.desk.get(f"/v1/appointments/{visit['id']}")["status"]
    return found


@pytest.mark.parametrize(("what", "becomes"), [("arrive", "arrived"), ("fulfil", "fulfilled"), ("no-show", "noshow")])
def test_a_therapist_says_what_became_of_their_own_visits_and_of_nobody_else_s(
    chain: Any, what: str, becomes: str
) -> None:
    ready = chain.ready()
    other = chain.therapist(ready.clinic)
    therapist_called(ready, "own", ready.therapist)
    therapist_called(ready, "other", other)
    visit = ready.book(at(3, 10))
    path = f"/v1/appointments/{visit['id']}/{what}"
    set_clock(chain, at(3, 10, 5))
    assert chain.caller("therapist", subject="other").post(path, expect=403)["code"] == "not_allowed"
    assert chain.caller("therapist", subject="nobody").post(path, expect=403)["code"] == "not_allowed"
    assert chain.caller("therapist", subject="own").post(path, expect=200)["status"] == becomes


def test_who_also_works_at_the_desk_says_it_of_every_visit(chain: Any) -> None:
    ready = chain.ready()
    person = therapist_called(ready, "both", chain.therapist(ready.clinic))
    chain.admin.patch(f"/v1/staff/{person['id']}", {"roles": [{"role": "therapist"}, {"role": "front_desk"}]})
    visit = ready.book(at(3, 10))
    set_clock(chain, at(3, 10, 5))
    chain.caller("therapist", subject="both").post(f"/v1/appointments/{visit['id']}/arrive", expect=200)


def test_a_session_that_has_begun_marks_the_arrival_once_as_done_by_its_therapist(chain: Any) -> None:
    ready = chain.ready()
    person = therapist_called(ready, "own", ready.therapist)
    visit = ready.book(at(3, 10))
    set_clock(chain, at(3, 10, 5))
    item = begun(ready, visit, happened_at=at(3, 9, 58).isoformat())
    assert [outcome(ready, item), outcome(ready, item)] == ["arrived", "already_arrived"]
    assert status(ready, visit) == "arrived"
    entry = chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"][-1]
    assert (entry["actor"], entry["role"], entry["origin"]) == (person["id"], "therapist", "session")
    assert len(chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]) == 2


def test_a_visit_that_has_gone_on_or_is_another_client_s_stays_as_it_is(chain: Any) -> None:
    ready = chain.ready()
    cancelled, missed, early, foreign = (ready.book(at(3, hour)) for hour in (9, 10, 15, 11))
    chain.desk.change(cancelled, "cancel")
    set_clock(chain, at(3, 12))
    chain.desk.post(f"/v1/appointments/{missed['id']}/no-show", expect=200)
    for visit, item, said in (
        (cancelled, begun(ready, cancelled), "appointment_ended"),
        (missed, begun(ready, missed), "appointment_ended"),
        (early, begun(ready, early, happened_at=at(3, 12).isoformat()), "too_early"),
        (foreign, begun(ready, foreign, client_id=chain.person()["id"]), "another_client"),
    ):
        before = status(ready, visit)
        assert outcome(ready, item) == said
        assert status(ready, visit) == before
    assert outcome(ready, begun(ready, foreign, appointment_id=str(new_id()))) == "unknown"


def test_a_tablet_s_clock_may_be_ahead_and_a_session_of_yesterday_is_told_today(chain: Any) -> None:
    ready = chain.ready()
    ahead, late = ready.book(at(3, 10)), ready.book(at(3, 11))
    set_clock(chain, at(3, 10))
    assert outcome(ready, begun(ready, ahead, happened_at=at(3, 10, 4).isoformat())) == "arrived"
    set_clock(chain, at(4, 10))
    assert outcome(ready, begun(ready, late, happened_at=at(3, 11).isoformat())) == "arrived"


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


@pytest.fixture
def scheduling() -> Iterator[Scheduling]:
    with a_scheduling() as made:
        yield made


@pytest.fixture
def recipients(scheduling: Scheduling) -> Iterator[Recipients]:
    asked = Recipients(scheduling.url, lambda: "token")
    yield asked
    asked.close()


def started(**fields: Any) -> SessionStarted:
    known: dict[str, Any] = {
        "session_id": new_id(),
        "client_id": new_id(),
        "episode_id": None,
        "appointment_id": new_id(),
        "clinic_id": new_id(),
        "therapist_id": new_id(),
        "room_id": None,
        "started_at": STARTS_AT,
        "approximate": False,
        "time_zone": "Europe/Berlin",
        "catalogue": 1,
    }
    return SessionStarted(**known | fields)


def linked(session: SessionStarted, appointment_id: UUID | None) -> SessionLinked:
    return SessionLinked(
        session_id=session.session_id,
        client_id=session.client_id,
        episode_id=None,
        appointment_id=appointment_id,
        therapist_id=session.therapist_id,
        started_at=session.started_at,
    )


def tell(workers: Workers, session: SessionStarted, *events: Any, recorded_at: datetime = STARTS_AT) -> None:
    for event in events:
        workers.tell(event, recorded_at, stream=f"session-{session.session_id}")


def test_no_arrival_is_lost_while_scheduling_is_away_and_none_is_told_twice(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    session, without = started(), started(appointment_id=None)
    tell(workers, session, session)
    tell(workers, without, without)
    scheduling.away = True
    assert tell_arrivals(workers.engine, recipients) == 0
    away = Recipients(f"http://127.0.0.1:{free_port()}", lambda: "token")
    assert tell_arrivals(workers.engine, away) == 0
    away.close()
    scheduling.away = False
    assert tell_arrivals(workers.engine, recipients) == 1
    assert tell_arrivals(workers.engine, recipients) == 0
    [told] = scheduling.arrivals
    assert (told["appointment_id"], told["client_id"]) == (str(session.appointment_id), str(session.client_id))
    assert datetime.fromisoformat(told["happened_at"]) == STARTS_AT


def test_the_visit_that_a_session_is_linked_to_last_is_the_one_that_is_told(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    late, moved, unlinked = started(appointment_id=None), started(), started()
    wanted = new_id(), new_id()
    tell(workers, late, late, linked(late, wanted[0]), recorded_at=STARTS_AT + timedelta(days=1))
    tell(workers, moved, moved, linked(moved, wanted[1]))
    tell(workers, unlinked, unlinked, linked(unlinked, None))
    assert tell_arrivals(workers.engine, recipients) == 2
    assert {told["appointment_id"] for told in scheduling.arrivals} == set(map(str, wanted))


def test_nothing_is_told_of_a_session_that_never_was_nor_of_who_was_erased_nor_by_a_rebuild(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    never, erased, again = started(), started(), started()
    wrong = EnteredInError(
        session_id=never.session_id,
        client_id=never.client_id,
        entry_id=None,
        reason="another room",
        signed_by=never.therapist_id,
        signed_at=STARTS_AT,
    )
    tell(workers, never, never, wrong)
    tell(workers, erased, erased)
    example: Any = EXAMPLES["scheduling.client_erased.v1"]
    gone = replace(example, client_id=erased.client_id, client_ids=(erased.client_id,))
    workers.tell(gone, STARTS_AT, stream=f"erasure-{new_id()}")
    workers.tell(again, STARTS_AT, stream=f"session-{again.session_id}", schema="views_b")
    assert tell_arrivals(workers.engine, recipients) == 0
    assert scheduling.arrivals == []
