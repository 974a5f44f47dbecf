"""Row-level security alone keeps chains apart: with no filter of ours, a chain's transaction holds that chain's rows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from services.scheduling.chains import create_chain
from shared.database import Database, make_engine
from shared.event_store import Metadata, Transaction
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.keys import sealer
from tests.support.matrix import furnish
from tests.support.servers import ServerFarm
from workers.reports.facts.keeping import TABLES as TABLES_OF_REPORTS

TABLES = text("""
    SELECT format('%I.%I', space.nspname, class.relname) AS name,
      class.relrowsecurity AND class.relforcerowsecurity AS walled,
      has_table_privilege(:role, class.oid, 'SELECT') AS readable,
      has_table_privilege(:role, class.oid, 'UPDATE') AS changeable,
      pg_has_role(:role, class.relowner, 'MEMBER') AS owned,
      (SELECT array_agg(policy.polname || ': ' || pg_get_expr(policy.polqual, policy.polrelid) ORDER BY policy.polname)
       FROM pg_policy policy WHERE policy.polrelid = class.oid
         AND (policy.polroles = '{0}' OR CAST(:role AS regrole) = ANY(policy.polroles))) AS policies
    FROM pg_class class
      JOIN pg_namespace space ON space.oid = class.relnamespace
      JOIN pg_attribute of_chain ON of_chain.attrelid = class.oid AND of_chain.attname = 'chain_id'
    WHERE class.relkind IN ('r', 'p') AND NOT of_chain.attisdropped
      AND space.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1
""")
ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role")
OWN_CHAIN = "own_chain: (chain_id = (NULLIF(current_setting('app.chain_id'::text, true), ''::text))::uuid)"

WITHOUT_WALL: Mapping[str, str] = {
    "scheduling public.chain_issuers": "it tells whether an issuer is another chain's, and holds nothing else",
    "scheduling public.chain_slugs": "it tells which chain a request is about, and holds nothing else",
    "treatment public.dead_letters": "an operator's, for all chains; it holds sealed events",
    **{
        f"workers {name}": "the workers plan and send for all chains, under a role of their own, without names"
        for name in (
            "public.arrivals",
            "public.dead_letters",
            "public.due_messages",
            "public.due_periods",
            "public.followed_erasures",
            "public.restated_ways",
            "public.wanted_reports",
            "public.wanted_restatements",
        )
    },
    **{
        f"workers {schema}.{name}": "the workers' facts are of all chains, and hold neither names nor addresses"
        for schema in ("views_a", "views_b")
        for name in (
            "chains",
            "check_ins",
            "client_aliases",
            "clients",
            "homework",
            "logins",
            "mailboxes",
            "staff",
            "visits",
        )
    },
    **{
        f"workers {schema}.report_{name}": "what reports are computed from leads to nobody: ids, times, codes and scores"
        for schema in ("views_a", "views_b")
        for name in TABLES_OF_REPORTS
    },
}
"""Tables with a chain in them that any transaction of their service may read, each with its reason."""

MORE_POLICIES: Mapping[str, str] = {
    "scheduling public.text_threads": "of_a_number: true",
    "scheduling keys.chain_keys": "of_the_service: (chain_id = '00000000-0000-0000-0000-000000000000'::uuid)",
    "treatment keys.chain_keys": "of_the_service: (chain_id = '00000000-0000-0000-0000-000000000000'::uuid)",
}
"""Whoever answers an SMS is known by a keyed hash of a number alone; the service's own key is no chain's."""


@dataclass(frozen=True)
class Two:
    own: Chain
    other: Chain
    other_visit: str
    owner: Engine
    database: Database


@pytest.fixture(scope="module")
def two(pages_app: Flask, pages_settings: Settings, keys: Keys) -> Iterator[Two]:
    """Two chains with everything in one database."""
    parts = pages_app.extensions[EXTENSION]
    chains = [Chain(pages_app, keys, create_chain(parts.database, slug, "Demo")) for slug in ("own", "other")]
    places = [furnish(chain, chain.offering()) for chain in chains]
    owner = make_engine(pages_settings.scheduling.migrate)
    yield Two(chains[0], chains[1], places[1].ids["appointment_id"], owner, parts.database)
    owner.dispose()


def tables(connection: Connection, part: str) -> list[Any]:
    return list(connection.execute(TABLES, {"role": f"{part}_api"}))


@pytest.mark.parametrize("part", ["scheduling", "treatment", "workers"])
def test_every_table_with_a_chain_stands_behind_the_wall_or_says_why_not(servers: ServerFarm, part: str) -> None:
    with servers.database(part) as settings:
        owner = make_engine(settings.migrate)
        with owner.connect() as connection:
            found = tables(connection, part)
            above_the_wall = connection.execute(ROLE, {"role": f"{part}_api"}).scalar_one()
        owner.dispose()
    assert found
    assert not above_the_wall
    assert [row.name for row in found if row.owned] == []
    unwalled = {f"{part} {row.name}" for row in found if row.readable and not row.walled}
    assert unwalled == {name for name in WITHOUT_WALL if name.startswith(f"{part} ")}
    for row in found:
        more = MORE_POLICIES.get(f"{part} {row.name}")
        if row.walled:
            assert set(row.policies) == {OWN_CHAIN, *([more] if more else [])}, row.name


@contextmanager
def raw(two: Two, chain_id: UUID | None) -> Iterator[Connection]:
    """A transaction of the service's own role, which has said whose it is and nothing more; undone at the end."""
    with two.database.engine.connect() as connection:
        if chain_id is not None:
            connection.execute(text("SELECT enter_chain(:chain_id, true)"), {"chain_id": chain_id})
        yield connection
        connection.rollback()


def seen(connection: Connection, name: str) -> set[UUID]:
    return set(connection.execute(text(f"SELECT DISTINCT chain_id FROM {name}")).scalars())


def test_without_any_filter_nothing_of_another_chain_is_read_or_changed(two: Two) -> None:
    with two.owner.begin() as connection:
        walled = [row for row in tables(connection, "scheduling") if row.walled and row.readable]
        for row in walled:
            connection.execute(text(f"ALTER TABLE {row.name} NO FORCE ROW LEVEL SECURITY"))
        there = {row.name: seen(connection, row.name) for row in walled}
        connection.rollback()
    both = [row for row in walled if {two.own.id, two.other.id} <= there[row.name]]
    assert len(both) > 20
    with raw(two, two.own.id) as connection:
        for row in walled:
            if f"scheduling {row.name}" not in MORE_POLICIES:
                assert seen(connection, row.name) <= {two.own.id}, row.name
        for row in both:
            assert seen(connection, row.name) == {two.own.id}, row.name
            if row.changeable:
                change = text(f"UPDATE {row.name} SET chain_id = chain_id WHERE chain_id = :other")
                assert connection.execute(change, {"other": two.other.id}).rowcount == 0, row.name


def test_a_transaction_that_says_no_chain_sees_none(two: Two) -> None:
    with raw(two, None) as connection:
        assert seen(connection, "events") == set()
        assert seen(connection, "links") == set()


def test_no_row_goes_over_to_another_chain(two: Two) -> None:
    with raw(two, two.own.id) as connection, pytest.raises(ProgrammingError, match="row-level security"):
        connection.execute(text("UPDATE clinics SET chain_id = :other"), {"other": two.other.id})


def test_a_wrong_chain_in_our_own_filter_finds_nothing(two: Two) -> None:
    """As if code mixed chains up: the transaction is one chain's, and what is asked for is the other's."""
    who = Metadata(actor="a mistake", role="manager", origin="api", correlation_id="x")
    stream = f"appointment-{two.other_visit}"
    with raw(two, two.other.id) as connection:
        assert Transaction(connection, two.other.id, who, sealer(), ()).load(stream)
    with raw(two, two.own.id) as connection:
        assert Transaction(connection, two.other.id, who, sealer(), ()).load(stream) == []
