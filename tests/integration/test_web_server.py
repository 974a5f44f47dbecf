"""An API served by several processes: each shows the metrics of all, and a stop lets none of them behind."""

import re

import httpx
import psutil
import pytest

from tests.support.processes import Launcher, Running, wait_until


@pytest.fixture
def api(launch: Launcher) -> Running:
    return launch("treatment", "api", WEB_WORKERS="2").wait_ready()


def requests_counted(api: Running) -> float:
    found = re.findall(
        r'^synergist_http_requests_total\{[^}]*status="404"[^}]*\} ([\d.e+]+)$', metrics(api), re.MULTILINE
    )
    return sum(map(float, found))


def metrics(api: Running) -> str:
    return httpx.get(f"{api.url}/metrics").text


def test_each_process_shows_the_metrics_of_all(api: Running) -> None:
    for _ in range(40):
        httpx.get(f"{api.url}/no-such-page")
    assert {requests_counted(api) for _ in range(20)} == {40.0}


def test_a_process_that_dies_is_replaced(api: Running) -> None:
    first = set(psutil.Process(api.process.pid).children())
    victim = next(child for child in first if "spawn_main" in " ".join(child.cmdline()))
    victim.kill()
    wait_until(lambda: {*psutil.Process(api.process.pid).children()} - first, 60, "another process")
    wait_until(api.is_ready, 60)


def test_stopping_ends_all_processes(api: Running) -> None:
    family = psutil.Process(api.process.pid).children(recursive=True)
    assert api.terminate() == 0
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
