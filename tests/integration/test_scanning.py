"""The scan finds a text planted in any kind of column, key and file, and says where without saying what is around it."""

from pathlib import Path

import psycopg
import pytest
import redis
from click.testing import CliRunner

from services.scanning.command import scan_command
from shared.settings import DatabaseSettings
from tests.support.api import Chain

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
