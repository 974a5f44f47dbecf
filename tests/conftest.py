"""Every test may use the servers and processes of tests/support."""

import os
from itertools import groupby, islice

import pytest
from hypothesis import settings

settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")  # no example fails for being slow: a busy machine is no defect

pytest_plugins = [
    "tests.support.servers",
    "tests.support.api",
    "tests.support.treatment",
    "tests.support.alerts",
    "tests.support.processes",
    "tests.support.loaded",
    "tests.support.pages",
    "tests.support.staff",
    "tests.support.both",
    "tests.support.browser",
    "tests.support.site",
]
USEFUL_WORKERS = 8


def pytest_xdist_auto_num_workers() -> int:
    """Two workers for each processor of a small machine: tests of whole processes wait for half of their time."""
    processors = os.cpu_count() or 1
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", max(processors, min(2 * processors, USEFUL_WORKERS))))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What may take long begins first, and on all workers: none has minutes left when the others are done."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = dealt(items, workers)


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The items in equal parts for the workers, as xdist cuts them: each a share of the slow files, the slowest first."""
    slow, quick = [[item for item in items if is_slow(item) is wanted] for wanted in (True, False)]
    files = [list(file) for _, file in groupby(slow, key=lambda item: item.path)]
    files.sort(key=lambda file: -max(map(limit_of, file)))
    hands = [[item for file in files[worker::workers] for item in file] for worker in range(workers)]
    rest = iter(quick)
    size = len(items) // workers
    parts = [hand + list(islice(rest, max(0, size - len(hand)))) for hand in hands]
    return [*(item for part in parts for item in part), *rest]


def is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def limit_of(item: pytest.Item) -> float:
    """How many seconds a test may take that says so: those that say most take longest."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0.0
