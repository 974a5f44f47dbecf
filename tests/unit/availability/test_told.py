"""A refusal tells nobody of a visit at a clinic into which they may not look."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scheduling.availability.refusals import Refusal
from services.scheduling.availability.rules import judge, told
from tests.unit.availability.builders import (
    CLIENT,
    CLINIC,
    OTHER_CLINIC,
    OTHER_VISIT,
    ROOM,
    claim,
    clinic,
    local,
    request,
    situation,
)

NINE, TEN = local("2026-05-04 09:00"), local("2026-05-04 10:00")
HERE = frozenset({CLINIC})
ELSEWHERE: Mapping[str, Mapping[str, Any]] = {
    "therapist_taken": {"starts_at": NINE, "clinic_id": OTHER_CLINIC},
    "client_taken": {"starts_at": NINE, "clinic_id": OTHER_CLINIC, "kind": "client", "resource_id": CLIENT},
    "travel_too_short": {"starts_at": TEN, "clinic_id": OTHER_CLINIC},
}


def heard(clinics: frozenset[UUID] | None, *claims: Any) -> tuple[str, str]:
    """The code of the refusal, and the code that is told."""
    known = situation(clinics=[clinic(), clinic(OTHER_CLINIC)], claims=claims, travel={(CLINIC, OTHER_CLINIC): 30})
    verdict = judge(known, request(NINE, client_id=CLIENT))
    assert isinstance(verdict, Refusal)
    return verdict.code, told(verdict, known, request(NINE, client_id=CLIENT), clinics).code


@pytest.mark.parametrize("code", ELSEWHERE)
def test_a_visit_elsewhere_is_no_more_than_not_available(code: str) -> None:
    there = claim(**ELSEWHERE[code])
    assert heard(HERE, there) == (code, "not_available")
    assert heard(HERE | {OTHER_CLINIC}, there) == (code, code)
    assert heard(None, there) == (code, code)


def test_what_the_own_clinic_says_alone_is_told() -> None:
    own = claim(NINE)
    assert heard(HERE, own) == ("therapist_taken", "therapist_taken")
    too_late_elsewhere = claim(NINE + timedelta(hours=3), appointment_id=OTHER_VISIT, clinic_id=OTHER_CLINIC)
    assert heard(HERE, own, too_late_elsewhere) == ("therapist_taken", "therapist_taken")


def test_another_reason_of_the_own_clinic_does_not_show_through() -> None:
    """Were the room named, whoever knows that the therapist is asked for first would learn of the visit elsewhere."""
    elsewhere = claim(**ELSEWHERE["therapist_taken"])
    room = claim(NINE, kind="room", resource_id=ROOM, appointment_id=OTHER_VISIT)
    assert heard(HERE, elsewhere, room) == ("therapist_taken", "not_available")
