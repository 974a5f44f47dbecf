"""Situations are read in as many statements for a big chain as for a small one, and through indexes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, text

from services.scheduling.availability.listing import listed, windows
from services.scheduling.availability.load import (
    load_clinics,
    load_moving,
    load_offering,
    load_situation,
    load_therapists,
)
from services.scheduling.availability.model import Interval, Qualification, Room
from services.scheduling.availability.queries import CLAIMS, around
from services.scheduling.availability.search import Search, free_slots
from shared.database import Database
from shared.ids import new_id
from shared.settings import Settings
from tests.support.api import WEEK, Chain, Ready, at, rota_entry

DAY = timedelta(days=1)


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


@contextmanager
def reading(chain: Chain) -> Iterator[Connection]:
    database: Database = chain.app.extensions["synergist"].database
    with database.reading(chain.id) as connection:
        yield connection


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def window(first: int = 3, days: int = 1) -> Interval:
    return Interval(at(first, 0).astimezone(UTC), at(first + days, 0).astimezone(UTC))


def grow(ready: Ready, clinics: int) -> list[UUID]:
    """More clinics with a room and a therapist each, who also works at the first."""
    found = [UUID(ready.clinic["id"])]
    for n in range(clinics):
        place = ready.chain.clinic(name=f"Clinic {n}")
        ready.chain.room(place)
        ready.chain.therapist(place, ready.clinic)
        found.append(UUID(place["id"]))
    return found


def test_a_bigger_chain_needs_no_more_statements(ready: Ready) -> None:
    counts = []
    for more in (1, 5):
        clinic_ids = grow(ready, more)
        with reading(ready.chain) as connection, statements(connection.engine) as sent:
            situation = load_situation(
                connection, clinic_ids=clinic_ids, therapist_ids=None, client_id=None, window=window()
            )
        assert len(situation.clinics) == more + 1
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 3


def test_a_booking_at_one_clinic_reads_its_situation_in_one_statement(ready: Ready) -> None:
    with reading(ready.chain) as connection, statements(connection.engine) as sent:
        load_situation(
            connection,
            clinic_ids=[UUID(ready.clinic["id"])],
            therapist_ids=[UUID(ready.therapist["id"])],
            client_id=UUID(ready.client["id"]),
            window=window(),
        )
    assert len(sent) == 1


def test_a_situation_holds_what_was_set_about_clinic_and_therapist(ready: Ready) -> None:
    chain, day = ready.chain, at(3).date()
    admin = chain.admin
    admin.patch(
        f"/v1/clinics/{ready.clinic['id']}",
        {"special_days": [{"on": day.isoformat(), "hours": [{"from": "10:00", "to": "24:00"}]}]},
    )
    closed = {"starts_at": at(3, 12).isoformat(), "ends_at": at(3, 13).isoformat(), "reason": "stocktaking"}
    admin.post(f"/v1/clinics/{ready.clinic['id']}/closures", closed)
    away = {"starts_at": at(3, 15).isoformat(), "ends_at": at(3, 16).isoformat(), "reason": "training"}
    admin.post(f"/v1/therapists/{ready.therapist['id']}/time-off", away)
    clinic_id, therapist_id = UUID(ready.clinic["id"]), UUID(ready.therapist["id"])
    with reading(chain) as connection:
        situation = load_situation(
            connection, clinic_ids=[clinic_id], therapist_ids=[therapist_id], client_id=None, window=window()
        )
        whole = load_clinics(connection, [clinic_id])[clinic_id]
        person = load_therapists(connection, [therapist_id])[therapist_id]
    clinic = situation.clinics[clinic_id]
    assert clinic.special_days == {day: ((600, 1440),)}
    assert clinic.closures == (Interval(at(3, 12).astimezone(UTC), at(3, 13).astimezone(UTC)),)
    assert clinic.rooms == (Room(UUID(ready.room["id"]), "treatment"),)
    assert clinic.terms[0].time_zone == "Europe/Berlin"
    assert len(clinic.terms[0].hours) == 7
    therapist = situation.therapists[therapist_id]
    assert therapist.qualifications == (Qualification("nkt-1"),)
    assert therapist.time_off == (Interval(at(3, 15).astimezone(UTC), at(3, 16).astimezone(UTC)),)
    assert len(therapist.rota) == 7
    assert (whole, person) == (clinic, therapist)


def test_a_visit_claims_therapist_room_and_client_for_the_situation(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    resources = [UUID(visit[name]) for name in ("therapist_id", "room_id", "client_id")]
    with reading(ready.chain) as connection:
        situation = load_situation(
            connection,
            clinic_ids=[UUID(visit["clinic_id"])],
            therapist_ids=None,
            client_id=UUID(visit["client_id"]),
            window=window(),
        )
    for resource in resources:
        [claim] = situation.claims[resource]
        assert (claim.starts_at, claim.ends_at) == (at(3, 10), at(3, 11))
        assert claim.starts_at.tzinfo is UTC
        assert str(claim.appointment_id) == visit["id"]


def test_the_whole_day_of_a_visit_is_known_to_tell_who_is_least_loaded(ready: Ready) -> None:
    visits = [ready.with_person().book(at(3, hour)) for hour in (8, 9, 10)]
    start = at(3, 19).astimezone(UTC)
    with reading(ready.chain) as connection:
        situation = load_situation(
            connection,
            clinic_ids=[UUID(ready.clinic["id"])],
            therapist_ids=[UUID(ready.therapist["id"])],
            client_id=None,
            window=Interval(start, start + timedelta.resolution),
        )
    known = {str(claim.appointment_id) for claim in situation.claims[UUID(ready.therapist["id"])]}
    assert known == {visit["id"] for visit in visits}


def test_the_nearest_visits_of_a_therapist_are_known_however_far_they_are(ready: Ready) -> None:
    visits = [ready.with_person().book(at(day, 10)) for day in (1, 2, 3, 20, 30, 40)]
    with reading(ready.chain) as connection:
        situation = load_situation(
            connection,
            clinic_ids=[UUID(ready.clinic["id"])],
            therapist_ids=None,
            client_id=None,
            window=window(10),
        )
    known = {str(claim.appointment_id) for claim in situation.claims[UUID(ready.therapist["id"])]}
    assert known == {visit["id"] for visit in visits[1:5]}


def test_a_clinic_where_a_therapist_only_has_a_visit_left_is_known_with_the_way_to_it(ready: Ready) -> None:
    chain = ready.chain
    other = chain.clinic(name="Other")
    chain.admin.put(f"/v1/clinics/{other['id']}/travel-times", [{"to_clinic_id": ready.clinic["id"], "minutes": 55}])
    ready.book(at(3, 10))
    rota = [rota_entry(other, day, "08:00", "20:00") for day in WEEK]
    chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota?accept_conflicts=true", rota)
    with reading(chain) as connection:
        situation = load_situation(
            connection, clinic_ids=[UUID(other["id"])], therapist_ids=None, client_id=None, window=window()
        )
    assert set(situation.clinics) == {UUID(other["id"]), UUID(ready.clinic["id"])}
    assert situation.travel == {(UUID(other["id"]), UUID(ready.clinic["id"])): 55}


def test_a_long_search_loads_window_by_window_and_no_further_than_it_is_read(ready: Ready) -> None:
    with reading(ready.chain) as connection:
        offering = load_offering(connection, UUID(ready.offering["id"]))
        assert offering is not None
        search = Search(
            offering=offering,
            clinic_ids=(UUID(ready.clinic["id"]),),
            window=Interval(at(1, 0).astimezone(UTC), at(100, 0).astimezone(UTC)),
            now=datetime.now(UTC),
        )
        with statements(connection.engine) as sent:
            found = listed(connection, search)
            first = next(found)[1]
            until_first = len(sent)
            everything = [first, *(slot for _, slot in found)]
        spans = list(windows(search))
        situation = load_situation(
            connection, clinic_ids=search.clinic_ids, therapist_ids=None, client_id=None, window=search.window
        )
        assert everything == list(free_slots(situation, search))
    assert until_first == 3
    assert len(sent) == 1 + len(spans)
    assert [span.starts_at for span in spans[1:]] == [span.ends_at for span in spans[:-1]]
    assert (spans[0].starts_at, spans[-1].ends_at) == (search.window.starts_at, search.window.ends_at)
    assert max(span.ends_at - span.starts_at for span in spans) == 16 * DAY


def test_a_visit_that_moves_keeps_the_length_and_buffers_it_was_promised(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    changed = {"duration_minutes": 90, "buffer_after_minutes": 30}
    ready.chain.admin.patch(f"/v1/offerings/{ready.offering['id']}", changed)
    with reading(ready.chain) as connection:
        offering = load_offering(connection, UUID(ready.offering["id"]))
        assert offering is not None
        moving = load_moving(connection, UUID(visit["id"]), offering)
        assert load_moving(connection, new_id(), offering) is None
    assert (offering.duration, offering.buffer_after) == (timedelta(minutes=90), timedelta(minutes=30))
    assert moving is not None
    assert (moving.duration, moving.buffer_after) == (timedelta(minutes=60), timedelta())


def test_an_unknown_offering_is_none(ready: Ready) -> None:
    with reading(ready.chain) as connection:
        assert load_offering(connection, new_id()) is None


FILL = text("""
    INSERT INTO claims (chain_id, resource_kind, resource_id, starts_at, ends_at, clinic_id, buffer_before, buffer_after,
                        appointment_id)
    SELECT :chain_id, 'therapist', ids.id, '2026-01-01T00:00Z'::timestamptz + n * interval '1 hour',
           '2026-01-01T01:00Z'::timestamptz + n * interval '1 hour', :clinic_id, 0, 0, gen_random_uuid()
    FROM unnest(CAST(:ids AS uuid[])) AS ids(id), generate_series(1, 1000) AS n
""")


@pytest.mark.postgres15
def test_claims_are_found_through_the_index_under_row_level_security(
    ready: Ready, scheduling_settings: Settings
) -> None:
    people = [new_id() for _ in range(30)]
    clinic_id = UUID(ready.clinic["id"])
    with reading(ready.chain) as connection:
        connection.execute(FILL, {"chain_id": ready.chain.id, "clinic_id": clinic_id, "ids": people})
    with psycopg.connect(scheduling_settings.scheduling.migrate, autocommit=True) as owner:
        owner.execute("ANALYZE")
    since = datetime(2026, 1, 20, tzinfo=UTC)
    wanted = {"therapists": people[:5], "clients": people[5:6], "clinics": [clinic_id]}
    with reading(ready.chain) as connection:
        explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIMS}")
        plan = connection.execute(explain, wanted | around(Interval(since, since + DAY), timedelta())).scalar_one()
    near, far, *beyond = [node for node in nodes(plan[0]["Plan"]) if node.get("Relation Name") == "claims"]
    assert near["Actual Rows"] + near["Rows Removed by Filter"] == 12 + 24 - 1, json.dumps(plan, indent=1)
    assert far["Actual Rows"] + far["Rows Removed by Filter"] == 5 * (12 + 24 + 2 * 28 - 1), json.dumps(plan, indent=1)
    assert [node["Actual Rows"] for node in beyond] == [2, 2], json.dumps(plan, indent=1)
    assert all(node.get("Rows Removed by Filter", 0) == 0 for node in beyond)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)
