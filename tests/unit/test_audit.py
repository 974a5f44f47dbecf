"""What is said of pip-audit's answers, and when they fail a check."""

import json
from typing import Any

from tests.support.audit import verdict


def answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


STRONG = {"name": "flask", "version": "3.1", "vulns": []}
WEAK = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.0"]}]}
LEFT_OUT = {"name": "celery", "skip_reason": "Dependency not found"}


def test_a_weakness_that_is_known_fails() -> None:
    assert verdict(answer(STRONG, WEAK)) == (1, ["jinja2 2.0: PYSEC-1"])
    assert verdict(answer(LEFT_OUT, WEAK))[0] == 1


def test_what_could_not_be_looked_at_is_said_and_fails_nothing() -> None:
    assert verdict(answer(STRONG)) == (0, [])
    assert verdict(answer(STRONG, LEFT_OUT)) == (0, ["pip-audit could not look at 1 of 2 packages."])
    for nothing in (None, "", "Traceback", "[]"):
        status, said = verdict(nothing)
        assert status == 0
        assert "could not look" in said[0]
