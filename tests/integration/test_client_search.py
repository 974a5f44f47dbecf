"""The desk finds a client again by what it knows of them, with mistakes in it, and never one of another chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from services.scheduling.appointments.routes import statement
from services.scheduling.people.reading import BEFORE_ALL, LISTED_AT
from services.scheduling.people.rules import wanted
from services.scheduling.people.search import (
    BY_ADDRESS,
    BY_BIRTH_DATE,
    BY_EMAIL,
    BY_EXTERNAL_ID,
    BY_ID,
    BY_NUMBER,
    BY_WHOLE_NAME,
    exactly,
    values_of,
)
from shared.database import make_engine
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.api import Api, Chain

MANY = 5_000


def search(desk: Api, q: str, expect: int = 200) -> Any:
    return desk.get(f"/v1/clients?q={quote(q)}", expect)


def names(desk: Api, q: str) -> list[str]:
    return [each["name"] for each in search(desk, q)["items"]]


@pytest.fixture
def people(chain: Chain) -> Chain:
    chain.person(name="Anna Björnsdóttir", email="anna@demo.example", phone="+493012345678", birth_date="1961-04-30")
    chain.person(name="Annabella Schmidt", called="Bella", email="bella@demo.example", phone="+493087654321")
    chain.person(name="Łukasz Müller", email="anna@demo.example", phone="+14155550123", birth_date="1987-06-12")
    return chain


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("björn", ["Anna Björnsdóttir"]),
        ("BJORNSDOTTIR anna", ["Anna Björnsdóttir"]),
        ("bjornsdotir", ["Anna Björnsdóttir"]),
        ("midt", ["Annabella Schmidt"]),
        ("Schmitd", ["Annabella Schmidt"]),
        ("bella", ["Annabella Schmidt"]),
        ("lukasz mueller", ["Łukasz Müller"]),
        ("anna", ["Anna Björnsdóttir", "Annabella Schmidt"]),
        ("anna schmidt", ["Annabella Schmidt"]),
        ("5678", ["Anna Björnsdóttir"]),
        ("030 1234 5678", ["Anna Björnsdóttir"]),
        ("+49 (30) 8765-4321", ["Annabella Schmidt"]),
        ("anna@DEMO", ["Anna Björnsdóttir", "Łukasz Müller"]),
        ("anna@demo.example müller", ["Łukasz Müller"]),
        ("1961-04-30", ["Anna Björnsdóttir"]),
        ("12.6.1987", ["Łukasz Müller"]),
        ("06/12/1987", ["Łukasz Müller"]),
        ("anna 1987-06-12", []),
        ("xyzzy", []),
    ],
)
def test_finds_who_is_meant(people: Chain, q: str, found: list[str]) -> None:
    assert names(people.desk, q) == found


@pytest.mark.parametrize("q", ["", "%", "...", "()"])
def test_asks_for_more_when_nothing_is_asked(people: Chain, q: str) -> None:
    assert "q" in search(people.desk, q, expect=422)["fields"]


def test_a_changed_name_is_found_and_the_old_one_is_not(people: Chain) -> None:
    (client,) = search(people.desk, "schmidt")["items"]
    people.desk.patch(f"/v1/clients/{client['id']}", {"name": "Annabella Quist"})
    assert names(people.desk, "quist") == ["Annabella Quist"]
    assert names(people.desk, "schmidt") == []


def test_whatever_one_of_two_merged_clients_was_known_by_finds_the_one_who_goes_on(people: Chain) -> None:
    (bella,), (lukasz,) = (search(people.desk, q)["items"] for q in ("bella", "lukasz"))
    people.desk.post(f"/v1/clients/{bella['id']}/merge", {"into": lukasz["id"]}, 200)
    for q in ("schmidt", "müller", "4321", "bella@demo.example", "schmidt 0123"):
        assert [each["id"] for each in search(people.desk, q)["items"]] == [lukasz["id"]]


def test_pages_go_on_after_the_last_match_each_person_once(people: Chain) -> None:
    for number in range(7):
        people.person(name=f"Anna{'x' * number} Demo")
    whole = [each["id"] for each in search(people.desk, "anna")["items"]]
    seen: list[str] = []
    following: str | None = ""
    while following is not None:
        part = people.desk.get(f"/v1/clients?q=anna&limit=2{following}")
        seen += [each["id"] for each in part["items"]]
        following = part["next"] and f"&cursor={part['next']}"
    assert seen == whole
    assert len(seen) == 9


def test_nobody_of_another_chain_is_found(people: Chain, new_chain: Any) -> None:
    other: Chain = new_chain("another")
    other.person(name="Anna Other", phone="+493012345678", birth_date="1961-04-30")
    assert names(other.desk, "anna") == ["Anna Other"]
    assert names(people.desk, "other") == []
    for q in ("5678", "1961-04-30", "anna@demo"):
        assert "Anna Other" not in names(people.desk, q)


FILL = (
    """INSERT INTO views_a.client_names
      SELECT gen_random_uuid(), :chain, ' ' || md5(CAST(n AS text)) || ' ', ARRAY[md5(CAST(n AS text))]
      FROM generate_series(1, :many) n""",
    """INSERT INTO views_a.appointments (id, chain_id, booking_id, status, offering_id, offering_version, clinic_id,
        therapist_id, client_id, gift, booked_client_id, starts_at, ends_at, starts_local, time_zone,
        buffer_before_minutes, buffer_after_minutes, cancel_notice_minutes, external_ids, version)
      SELECT one, :chain, one, 'booked', one, 1, md5(CAST(n % 50 AS text))::uuid, one, one, false, one,
        timestamptz '2030-01-01' + n * interval '1 hour', timestamptz '2030-01-02' + n * interval '1 hour', '', 'UTC',
        0, 0, 0, '{}', 1
      FROM generate_series(1, :many) n, LATERAL (SELECT gen_random_uuid() AS one WHERE n > 0) AS ids""",
    """INSERT INTO views_a.client_external_ids
      SELECT gen_random_uuid(), 'other', :chain, 'n' || n FROM generate_series(1, :many) n""",
    """INSERT INTO views_a.client_clinics
      SELECT client, md5(CAST(n % 50 AS text))::uuid, true, :chain, client
      FROM generate_series(1, :many) n, LATERAL (SELECT gen_random_uuid() AS client WHERE n > 0) AS one""",
    """INSERT INTO views_a.clients (id, chain_id, name, birth_date, time_zone, locale, external_ids, version)
      SELECT gen_random_uuid(), :chain, 'Demo', date '1950-01-01' + n, 'UTC', 'en', '{}', 1
      FROM generate_series(1, :many) n""",
    """INSERT INTO views_a.contact_points (id, chain_id, client_id, kind, address, address_key, source, place)
      SELECT gen_random_uuid(), :chain, gen_random_uuid(), kind, address, address, 'phone', 1
      FROM generate_series(1, :many) n, LATERAL (VALUES ('phone', '+4930' || 1000000 + n),
        ('email', 'demo' || n || '@demo.example')) AS points (kind, address)""",
)

TABLES = ("client_names", "clients", "contact_points", "client_external_ids", "client_clinics", "appointments")
THREE_CLINICS = [UUID(md5(str(n).encode(), usedforsecurity=False).hexdigest()) for n in range(3)]


@dataclass
class Crowd:
    """A chain of many clients, and the two roles that may look at it."""

    api: Engine
    owner: Engine
    chain_id: UUID

    def plan(self, role: Engine, sql: str, values: dict[str, Any]) -> str:
        """How the role would read when it can help it to read everything."""
        with role.begin() as connection:
            connection.execute(text("SELECT enter_chain(:chain_id, false)"), {"chain_id": self.chain_id})
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            return "\n".join(connection.execute(text(f"EXPLAIN {sql}"), values).scalars())


@pytest.fixture
def crowd(scheduling_db: DatabaseSettings) -> Iterator[Crowd]:
    crowd = Crowd(make_engine(scheduling_db.api), make_engine(scheduling_db.migrate), new_id())
    with crowd.owner.begin() as connection:
        connection.execute(text("SELECT enter_chain(:chain_id, false)"), {"chain_id": crowd.chain_id})
        for sql in FILL:
            connection.execute(text(sql), {"chain": crowd.chain_id, "many": MANY})
    with crowd.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"ANALYZE views_a.{table}")
    yield crowd
    crowd.api.dispose()
    crowd.owner.dispose()


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        (BY_NUMBER, "reversed_key >= '8765'"),
        (BY_EMAIL, ">= 'demo12@'"),
        (BY_BIRTH_DATE, "birth_date = ANY"),
    ],
)
def test_numbers_addresses_and_dates_are_looked_up_in_an_index_by_the_services_role(
    crowd: Crowd, sql: str, condition: str
) -> None:
    plan = crowd.plan(crowd.api, sql, values_of(wanted("5678 demo12@ 1961-04-30")))
    assert "Seq Scan" not in plan
    assert condition in plan[plan.index("Index Cond") :]


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        (BY_ADDRESS, "address_key = ANY"),
        (BY_EXTERNAL_ID, "external_id = 'n7'"),
        (BY_ID, "id = "),
        (BY_WHOLE_NAME, "birth_date = ANY"),
    ],
    ids=["address", "external id", "id", "whole name"],
)
def test_an_exact_identifier_is_looked_up_in_an_index_by_the_services_role(
    crowd: Crowd, sql: str, condition: str
) -> None:
    asked = exactly("demo one 1961-04-30") | {"external_id": "n7", "client_id": str(new_id()), "addresses": ["n"]}
    plan = crowd.plan(crowd.api, sql, asked)
    assert "Seq Scan" not in plan
    assert condition in plan[plan.index("Index Cond") :]


def test_the_clients_of_some_clinics_are_read_from_an_index_in_their_order(crowd: Crowd) -> None:
    values = {"clinics": THREE_CLINICS, "after": BEFORE_ALL, "most": 51}
    lines = crowd.plan(crowd.api, LISTED_AT.text, values).splitlines()
    assert not [line for line in lines if "Seq Scan" in line]
    (found,) = [line for line in lines if "clinic_id = clinic.id" in line and "Index Cond" in line]
    assert "client_id >" in found


def test_the_visits_of_some_clinics_are_read_from_an_index_in_their_order(crowd: Crowd) -> None:
    sql = statement(["starts_at >= :starts_from"], of_clinics=True)
    values = {"clinics": THREE_CLINICS, "starts_from": datetime(2030, 2, 1, tzinfo=UTC), "most": 51}
    plan = crowd.plan(crowd.api, sql, values)
    assert "Seq Scan" not in plan
    (found,) = [line for line in plan.splitlines() if "clinic_id = clinic.here_id" in line and "Index Cond" in line]
    assert "starts_at >=" in found


@pytest.mark.parametrize(("function", "given"), [("clients_called", "p_words"), ("clients_like", "p_names")])
def test_names_are_looked_up_in_an_index_by_the_functions_that_look_as_the_owner(
    crowd: Crowd, function: str, given: str
) -> None:
    """The service's own role could not: under row-level security no operator for likeness reaches an index."""
    with crowd.owner.connect() as connection:
        source = text("SELECT prosrc FROM pg_proc WHERE proname = :name AND pronamespace = 'views_a'::regnamespace")
        body: str = connection.execute(source, {"name": function}).scalar_one()
    value = "(ARRAY['5f93f983'])" if given == "p_words" else "'5f93f983'"
    sql = body.replace(f"{given}[2:]", "ARRAY[]::text[]").replace(given, value).replace("p_most", "50")
    assert "client_names_alike" in crowd.plan(crowd.owner, sql, {})
    looked_up = [line for line in crowd.plan(crowd.api, sql, {}).splitlines() if "Index Cond" in line]
    assert not any("names" in line for line in looked_up)
