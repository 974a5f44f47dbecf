"""The `synergist` command as a real process: settings, messages for a person, and a mailbox that ends when told."""

import smtplib
from pathlib import Path

import httpx

from services.migrating import NEEDED
from shared.embedded.processes import free_port
from tests.support.keys import MASTER_KEYS
from tests.support.processes import Launcher, wait_until


def test_faulty_settings_are_listed_without_a_traceback(launch_alone: Launcher) -> None:
    ended = launch_alone.run("mailbox", MAILBOX_PORT="eighty", LOG_LEVEL="shouting")
    assert ended.returncode == 1
    assert "SYNERGIST_MAILBOX_PORT" in ended.stderr
    assert "SYNERGIST_LOG_LEVEL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_migrating_without_databases_names_what_is_needed(launch_alone: Launcher) -> None:
    ended = launch_alone.run("migrate")
    assert ended.returncode == 1
    assert "SYNERGIST_WORKERS_MIGRATE_URL" in ended.stderr


def test_a_server_that_is_away_is_said_plainly(launch_alone: Launcher) -> None:
    url = "postgresql://nobody:none@127.0.0.1:1/none"
    settings = {name.removeprefix("SYNERGIST_"): url for name in NEEDED if name.endswith("_URL")}
    ended = launch_alone.run("migrate", POSTGRES_URL=url, MASTER_KEYS=MASTER_KEYS, **settings)
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_mailbox_runs_until_it_is_told_to_end(launch_alone: Launcher) -> None:
    web, mail = free_port(), free_port()
    box = launch_alone("mailbox", port=web, MAILBOX_PORT=str(web), MAILBOX_SMTP_PORT=str(mail)).wait_ready()
    with smtplib.SMTP("127.0.0.1", mail) as smtp:
        smtp.sendmail("a@demo.example", ["b@demo.example"], "Subject: hello\n\nthere")
    assert [m["subject"] for m in httpx.get(f"{box.url}/messages").json()] == ["hello"]
    assert box.terminate() == 0


def test_commands_find_the_system_that_runs_in_their_folder(launch_alone: Launcher) -> None:
    folder = Path(launch_alone.environ["SYNERGIST_FOLDER"])
    folder.mkdir()
    web = free_port()
    (folder / "environment").write_text(f"SYNERGIST_MAILBOX_PORT={web}\nSYNERGIST_MAILBOX_SMTP_PORT='{free_port()}'\n")
    launch_alone("mailbox")
    wait_until(lambda: answers(web), what="the mailbox on the port of its folder's system")


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
