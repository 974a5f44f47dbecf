"""The demo chain, loaded once in a run: a test that begins with it has copies of its databases, and its keys."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import make_url

from tests.support.processes import (
    KEY_PAIRS,
    ROOT,
    Launcher,
    database_settings,
    key_settings,
    launch_api,
    outside,
)
from tests.support.servers import ServerFarm

PARTS = ("scheduling", "treatment")


@pytest.fixture
def loaded(launch: Launcher, servers: ServerFarm) -> Iterator[Launcher]:
    """A whole system on databases that hold the demo chain; nothing of it runs yet."""
    keys = loaded_once(launch, servers)
    with ExitStack() as copies:
        for part in PARTS:
            settings = copies.enter_context(servers.database(part, template=kept_as(part)))
            launch.environ = {**launch.environ, **database_settings(part.upper(), settings)}
        launch.environ = {**launch.environ, **key_settings(launch.folder, keys)}
        yield launch


def loaded_once(launch: Launcher, servers: ServerFarm) -> dict[str, str]:
    """Load it with the processes and databases of this test, unless another has done so; gives the private keys."""
    kept = servers.folder / "loaded.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            load(launch)
            for part in PARTS:
                name = make_url(launch.environ[f"SYNERGIST_{part.upper()}_DATABASE_URL"]).database
                servers.keep(part, str(name), kept_as(part))
            kept.write_text(json.dumps({name: launch.environ[name] for name in KEY_PAIRS}))
    return dict(json.loads(kept.read_text()))


def load(launch: Launcher) -> None:
    processes = [launch_api(launch, part) for part in PARTS]
    processes.append(launch("treatment", "consume").wait_ready())
    command = [sys.executable, "-m", "demo.load"]
    environ = outside() | dict(launch.environ)
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for process in processes:
        process.kill()


def kept_as(part: str) -> str:
    return f"{part}_loaded"
