"""Every test may use the servers and processes of tests/support."""

import os

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
