"""The scan finds a text planted in any kind of column, key and file, and says where without saying what is around it."""

from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
import redis
from click.testing import CliRunner
from psycopg import sql

from services.scanning.command import scan_command
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.api import Chain
from tests.support.servers import ServerFarm

CANARY = "canary-4711@demo.example"


@pytest.fixture
def system(
    scheduling_db: DatabaseSettings,
    treatment_db: DatabaseSettings,
    workers_db: DatabaseSettings,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The settings of a whole system, in a folder of its own."""
    folder = tmp_path / "system"
    folder.mkdir()
    monkeypatch.setenv("SYNERGIST_FOLDER", str(folder))
    for name, database in {"SCHEDULING": scheduling_db, "TREATMENT": treatment_db, "WORKERS": workers_db}.items():
        monkeypatch.setenv(f"SYNERGIST_{name}_MIGRATE_URL", database.migrate)
    monkeypatch.setenv("SYNERGIST_SCHEDULING_READER_URL", scheduling_db.reader)
    monkeypatch.setenv("SYNERGIST_REDIS_URL", redis_url)
    monkeypatch.setenv("SYNERGIST_BROKER_URL", redis_url)
    return folder


def scanned(text: str = CANARY) -> tuple[int, str]:
    result = CliRunner().invoke(scan_command, ["--for", "-"], input=text)
    return result.exit_code, result.output


def test_where_nothing_is_nothing_is_found(system: Path) -> None:
    assert scanned() == (0, "Found nowhere.\n")


def test_a_client_is_found_in_every_table_that_has_them(system: Path, chain: Chain) -> None:
    chain.person(email=CANARY)
    code, said = scanned()
    places = {line.split("  ")[1] for line in said.splitlines() if "  " in line}
    assert code == 1
    assert {"views_a.clients.email", "views_a.contact_points.address", "views_a.contact_points.address_key"} <= places
    assert CANARY not in said


KINDS = {
    "text": f"to {CANARY.upper()}",
    "jsonb": f'{{"said": "to {CANARY}"}}',
    "bytea": f"to {CANARY}".encode(),
    "text[]": f"{{one,{CANARY}}}",
    "bpchar": f"to {CANARY}",
}


def test_a_text_is_found_in_a_column_of_any_kind(system: Path, workers_db: DatabaseSettings) -> None:
    with psycopg.connect(workers_db.migrate) as connection:
        for number, (kind, value) in enumerate(KINDS.items()):
            connection.execute(f'CREATE TABLE planted_{number} ("odd: name" {kind}, other text)')
            connection.execute(f"INSERT INTO planted_{number} VALUES (%s, 'nothing')", [value])
    found = [f"workers  public.planted_{number}.odd: name  1" for number in range(len(KINDS))]
    assert scanned() == (1, "\n".join([*found, f"Found in {len(KINDS)} places.\n"]))


COLUMNS = """
    SELECT c.table_schema, c.table_name, c.column_name, c.udt_name
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema') AND t.table_type <> 'VIEW'
      AND c.is_generated = 'NEVER' AND (c.table_schema, c.table_name) <> ('public', 'active_views')
    ORDER BY 1, 2, c.ordinal_position
"""
WITHOUT_CHECKS = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
    FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
"""
HOLDS_TEXT = {
    "text": "%s",
    "varchar": "%s",
    "jsonb": "to_jsonb(%s::text)",
    "bytea": "convert_to(%s, 'UTF8')",
    "_text": "ARRAY[%s]",
}
HOLDS_NONE = {
    "uuid": "gen_random_uuid()",
    "_uuid": "ARRAY[gen_random_uuid()]",
    "_int4": "ARRAY[1]",
    "interval": "interval '1 hour'",
    "time": "current_time",
    "bool": "true",
    "date": "current_date",
    "timestamptz": "now()",
    "tstzrange": "tstzrange(now(), NULL)",
    **dict.fromkeys(("int2", "int4", "int8", "float8", "numeric"), "9999"),
}


def planted_everywhere(url: str, chain: UUID) -> set[str]:
    """Put the text into every column that can hold one, of every table of a database, as one row of the chain."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for (drop,) in connection.execute(WITHOUT_CHECKS).fetchall():
            connection.execute(drop)
        found = set()
        for (schema, table), columns in groupby(connection.execute(COLUMNS).fetchall(), key=lambda row: row[:2]):
            kinds = {name: kind for _, _, name, kind in columns}
            values = {name: (HOLDS_TEXT | HOLDS_NONE)[kind] for name, kind in kinds.items()}
            values |= {"chain_id": f"'{chain}'"} if "chain_id" in kinds else {}
            names = sql.SQL(", ").join(map(sql.Identifier, values))
            row = sql.SQL("INSERT INTO {} ({}) VALUES (" + ", ".join(values.values()) + ")")
            given = [CANARY for kind in kinds.values() if kind in HOLDS_TEXT]
            connection.execute(row.format(sql.Identifier(schema, table), names), given)
            found |= {f"{schema}.{table}.{name}" for name, kind in kinds.items() if kind in HOLDS_TEXT}
    return found


def test_every_table_of_all_three_databases_is_looked_into(
    system: Path,
    servers: ServerFarm,
    scheduling_db: DatabaseSettings,
    treatment_db: DatabaseSettings,
    workers_db: DatabaseSettings,
) -> None:
    stores, chain = {"scheduling": scheduling_db, "treatment": treatment_db, "workers": workers_db}, new_id()
    everybody = urlsplit(servers.postgres().url)
    planted = set()
    for name, store in stores.items():
        url = everybody._replace(path=urlsplit(store.migrate).path).geturl()
        planted |= {f"{name}  {place}" for place in planted_everywhere(url, chain)}
    assert {"treatment  views_a.glass_breaks.reason", "workers  public.due_messages.provider_id"} <= planted
    code, said = scanned()
    assert planted <= {line.rpartition("  ")[0] for line in said.splitlines() if "  " in line}
    assert code == 1


def test_a_text_is_found_in_a_key_of_any_kind(system: Path, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("as-string", "." * 1_000_000 + CANARY)
        client.rpush("as-list", *[str(number) for number in range(1200)], CANARY)
        client.sadd("as-set", CANARY)
        client.zadd("as-zset", {CANARY: 1})
        client.hset("as-hash", "field", CANARY)
        for number in range(501):
            client.xadd("as-stream", {"event": CANARY if number == 500 else "nothing"})
        client.set(f"name:{CANARY}", "1")
    code, said = scanned()
    kinds = ("hash", "list", "set", "stream", "string", "zset")
    expected = {f"redis  as-{kind} ({kind})  1" for kind in kinds} | {"redis  a name of a key (string)  1"}
    assert expected <= set(said.splitlines())
    assert (code, CANARY in said) == (1, False)


def test_files_of_the_folder_are_looked_into_and_the_mailbox_is_told_apart(system: Path) -> None:
    (system / "mailbox.jsonl").write_text(CANARY)
    assert scanned() == (
        0,
        "The mailbox of development has it 1 times; it is the clients' own and no store.\nFound nowhere.\n",
    )
    (system / "logs").mkdir()
    (system / "logs" / "api.log").write_text(f"to {CANARY}")
    assert scanned()[1].splitlines()[0] == "file  logs/api.log  1"
