"""What opens a record, and for how long, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.treatment.access.rules import Cover, Facts, Glass, Visit, basis_for, day_at
from shared.auth import CHAIN_ADMIN, FRONT_DESK, MANAGER, THERAPIST, Caller, Grant, Role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLINIC, OTHER, VISIT, COVER, BREAK, OWN_VISIT = (UUID(int=number) for number in range(1, 7))
HOUR = timedelta(hours=1)


def caller(role: Role = THERAPIST, *clinics: UUID) -> Caller:
    return Caller("anna", None, (Grant(role, frozenset(clinics) or None),))


def visit(
    starts_in: timedelta, charted: bool = False, signed_at: datetime | None = None, self_booked: bool = False
) -> Visit:
    starts_at = NOW + starts_in
    return Visit(
        appointment_id=VISIT,
        clinic_id=CLINIC,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        charted=charted,
        signed_at=signed_at,
        self_booked=self_booked,
    )


COVERED = Cover(cover_id=COVER, clinic_id=CLINIC, started_at=NOW - HOUR, until=NOW + HOUR)
BROKEN = Glass(break_id=BREAK, broken_at=NOW - HOUR / 4, until=NOW + HOUR / 4)


@pytest.mark.parametrize(
    ("given", "opens"),
    [
        (visit(24 * HOUR), True),
        (visit(24 * HOUR + timedelta(seconds=1)), False),
        (visit(-73 * HOUR + timedelta(seconds=1)), True),
        (visit(-73 * HOUR), False),
        (visit(-700 * HOUR, charted=True), True),
        (visit(-721 * HOUR, charted=True), False),
        (visit(-2 * HOUR, charted=True, signed_at=NOW - 23 * HOUR), True),
        (visit(-2 * HOUR, charted=True, signed_at=NOW - 24 * HOUR), False),
    ],
    ids=["a day before", "earlier", "three days after", "later", "unsigned", "never signed", "just signed", "signed"],
)
def test_a_visit_opens_the_record_around_it_and_until_it_is_signed(given: Visit, opens: bool) -> None:
    assert (basis_for(caller(), Facts(visits=(given,)), NOW) is not None) == opens


def test_the_basis_is_the_one_that_needs_the_least_explanation() -> None:
    by_others, own = visit(HOUR), replace(visit(2 * HOUR, self_booked=True), appointment_id=OWN_VISIT)
    covers, glasses = (COVERED,), (BROKEN,)
    found = []
    for left in (
        Facts((own, by_others), covers, glasses),
        Facts((own,), covers, glasses),
        Facts((own,), (), glasses),
        Facts((), (), glasses),
        Facts(),
    ):
        basis = basis_for(caller(), left, NOW)
        found.append(basis and (basis.kind, basis.id))
    assert found == [("visit", VISIT), ("cover", COVER), ("visit", OWN_VISIT), ("break_glass", BREAK), None]


@pytest.mark.parametrize("role", [FRONT_DESK, MANAGER, CHAIN_ADMIN])
def test_visits_and_covers_are_for_therapists_alone(role: Role) -> None:
    assert basis_for(caller(role), Facts((visit(HOUR),), (COVERED,)), NOW) is None


def test_visits_and_covers_end_with_the_role_at_the_clinic() -> None:
    facts = Facts((visit(HOUR),), (COVERED,))
    assert basis_for(caller(THERAPIST, CLINIC), facts, NOW)
    assert basis_for(caller(THERAPIST, OTHER), facts, NOW) is None


def test_what_was_given_before_a_revocation_opens_nothing() -> None:
    revoked = NOW - HOUR / 8
    assert basis_for(caller(), Facts((), (COVERED,), (BROKEN,), revoked), NOW) is None
    assert basis_for(caller(), Facts((), (COVERED,), (BROKEN,), NOW - 2 * HOUR), NOW)


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-03-29T12:00+02:00", 23), ("2026-10-25T12:00+01:00", 25), ("2026-03-02T00:00+01:00", 24)],
)
def test_a_clinics_day_is_from_midnight_to_midnight_on_its_clock(now: str, hours: int) -> None:
    begins, ends = day_at(datetime.fromisoformat(now).astimezone(UTC), "Europe/Berlin")
    assert ends - begins == timedelta(hours=hours)
    assert begins <= datetime.fromisoformat(now) < ends
