"""Every test may use the servers and processes of tests/support."""

pytest_plugins = [
    "tests.support.api",
    "tests.support.processes",
    "tests.support.servers",
    "tests.support.pages",
    "tests.support.browser",
]
