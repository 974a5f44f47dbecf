"""The demo chain and the tour, against real processes: loaded once whatever happens, walked to the end or failed plainly."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from demo.api import Api
from demo.chain import RIVER, SOON
from demo.episodes import COURSES
from demo.people import CLIENTS
from demo.system import running_system
from shared.embedded.mailbox import Mailbox
from tests.support.processes import ROOT, Launcher, launch_api, outside, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
DAY = timedelta(days=1)
GRID = timedelta(minutes=5)
STEPS = (
    "A client comes to the chain",
    "Search the whole chain",
    "Book at",
    "The confirmation arrives",
    "Move it to",
    "The update arrives",
    "Move it once more",
    "The update arrives",
    "Confirm through the link",
    "A reminder falls due",
    "Cancel the visit",
    "The cancellation arrives",
    "Look back",
    "Read the history",
    "Verify the log",
    "A knee that hurts",
    "Find the pattern",
    "The client is asked, and answers 6",
    "The next visit: a cold retest",
    "The client is asked, and answers 4",
    "Four weeks later",
    "The client is asked, and answers 2",
    "Discharged",
)
COUNTS = """
    SELECT name, count(*), count(DISTINCT data #>> '{external_ids,demo}') FROM events GROUP BY name ORDER BY name
"""


@pytest.fixture
def system(launch: Launcher, mailbox: Mailbox) -> Launcher:
    """The settings of a whole system whose APIs run, and who tells treatment of visits."""
    return started(launch, mailbox)


@pytest.fixture
def demo_system(loaded: Launcher, mailbox: Mailbox) -> Launcher:
    """The same, with the demo chain in it."""
    return started(loaded, mailbox)


def started(launch: Launcher, mailbox: Mailbox) -> Launcher:
    launch.environ = {**launch.environ, "SYNERGIST_MAILBOX_PORT": str(mailbox.http_port)}
    for service in ("scheduling", "treatment"):
        launch_api(launch, service)
    launch("treatment", "consume").wait_ready()
    return launch


def demo(system: Launcher, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"demo.{module}", *arguments]
    environ = outside() | dict(system.environ)
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=350)


@contextmanager
def loading(system: Launcher) -> Iterator[subprocess.Popen[bytes]]:
    """A load on its way, in a process group of its own."""
    environ = outside() | dict(system.environ)
    command = [sys.executable, "-m", "demo.load"]
    with subprocess.Popen(command, env=environ, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        yield process


def recorded(system: Launcher) -> list[tuple[str, int, int]]:
    """How often each kind of event happened, and to how many things with a key of the demo's; that of clients is sealed."""
    rows: list[tuple[str, int, int]] = []
    for service in ("SCHEDULING", "TREATMENT"):
        with psycopg.connect(system.environ[f"SYNERGIST_{service}_READER_URL"]) as connection:
            rows += connection.execute(COUNTS).fetchall()
    return rows


def bookings(system: Launcher) -> int:
    return next((count for name, count, _ in recorded(system) if "appointment_booked" in name), 0)


def test_the_tour_holds_from_the_first_step_to_the_last_and_can_be_taken_again(demo_system: Launcher) -> None:
    for part in (
        ("scheduling", "relay"),
        ("treatment", "relay"),
        ("workers", "project"),
        ("workers", "send"),
        ("workers", "beat"),
    ):
        demo_system(*part, TICK_SECONDS="1").wait_ready()
    first = demo(demo_system, "tour", "--patience", "90")
    assert first.returncode == 0, first.stdout[-3000:] + first.stderr
    steps = re.findall(r"^ ?\d+  (.+)$", first.stdout, re.MULTILINE)
    assert len(steps) == len(STEPS)
    assert all(step.startswith(begins) for step, begins in zip(steps, STEPS, strict=True)), steps
    assert "METHOD:CANCEL" in first.stdout
    again = demo(demo_system, "tour", "--patience", "90")
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr


def test_the_day_at_the_desk_holds_from_the_first_story_to_the_last(system: Launcher) -> None:
    for part in (("scheduling", "relay"), ("workers", "project"), ("workers", "send"), ("workers", "beat")):
        system(*part, TICK_SECONDS="1").wait_ready()
    day = demo(system, "desk_day", "--patience", "90")
    assert day.returncode == 0, day.stdout[-3000:] + day.stderr


def test_the_tour_fails_plainly_when_a_message_does_not_come(demo_system: Launcher) -> None:
    done = demo(demo_system, "tour", "--patience", "1")
    assert done.returncode == 1
    assert done.stderr.strip() == "✗  This does not hold: the confirmation came within 1 s"
    assert "All" not in done.stdout


def test_the_tour_fails_plainly_without_the_demo_chain(system: Launcher) -> None:
    done = demo(system, "tour")
    assert done.returncode == 1
    assert "There is no chain called demo." in done.stderr
    assert "Traceback" not in done.stderr


def test_both_say_plainly_that_nothing_runs(launch_alone: Launcher) -> None:
    for module in ("load", "tour", "desk_day"):
        done = demo(launch_alone, module)
        assert done.returncode == 1
        assert "make up" in done.stderr
        assert "Traceback" not in done.stderr


def test_at_any_hour_there_is_a_time_for_the_tour(demo_system: Launcher) -> None:
    environ = outside() | dict(demo_system.environ)
    running = running_system(environ)
    with Api.at(running.scheduling_url, running.token("demo", "front_desk")) as api:
        offering = next(each["id"] for each in api.everything("/v1/offerings") if each["name"] == SOON)
        river = next(each["id"] for each in api.everything("/v1/clinics") if each["name"] == RIVER.name)
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        free: set[datetime] = set()
        for day in range(8):
            span = {"from": first + day * DAY, "to": first + (day + 1) * DAY}
            query = {"offering_id": offering, "clinic_id": river, "limit": 500, **span}
            while True:
                page = api.read("/v1/availability", {name: str(value) for name, value in query.items()})
                free |= {datetime.fromisoformat(slot["starts_at"]) for slot in page["slots"]}
                if page["next"] is None:
                    break
                query["cursor"] = page["next"]
    assert free == {first + step * GRID for step in range(8 * DAY // GRID)}


def test_a_load_that_was_killed_is_taken_up_again_and_another_one_changes_nothing(system: Launcher) -> None:
    with loading(system) as process:
        wait_until(lambda: bookings(system) > 20 or process.poll() is not None, 60, "some visits of the demo")
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    before = bookings(system)
    resumed = demo(system, "load")
    assert resumed.returncode == 0, resumed.stderr
    assert "not possible any more" not in resumed.stdout
    complete = recorded(system)
    assert bookings(system) > before
    keyed = [(name, count, things) for name, count, things in complete if things]
    counts = {name: count for name, count, _ in complete}
    assert counts["scheduling.client_registered.v1"] == len(CLIENTS)
    assert counts["treatment.episode_opened.v1"] == len(COURSES)
    assert all(count == things for _, count, things in keyed)
    again = demo(system, "load")
    assert again.returncode == 0, again.stderr
    assert " new" not in again.stdout
    assert recorded(system) == complete
