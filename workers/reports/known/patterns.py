"""Compensation patterns as they were known: corrections with the cold retests after them, confirmations and their ends.

Patterns that never were are left out. What became of one is asked up to the moment shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from workers.reports.known.people import People
from workers.reports.known.sessions import Session
from workers.reports.window import Window

STEPS = text("""
    SELECT pattern_id, client_id, step, session_id, happened_at FROM report_pattern_steps AS step
    WHERE chain_id = :chain_id AND position <= :treatment AND happened_at < :shown_at
      AND NOT EXISTS (
        SELECT FROM report_pattern_steps AS error
        WHERE error.chain_id = :chain_id AND error.pattern_id = step.pattern_id AND error.step = 'in_error'
          AND error.position <= :treatment
      )
    ORDER BY pattern_id, happened_at, position
""")
PASSED = frozenset({"held", "cleared"})
FAILED = frozenset({"relapsed", "promoted"})


class Step(NamedTuple):
    """`session` is that of the step, `last` that of the last step up to it that had one; None: none that stands."""

    step: str
    happened_at: datetime
    session: Session | None
    last: Session | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """`retested_at` is the first cold retest after it and before the next correction.

    `lost_at` is the first one that failed, `held_until` the last one that passed before that; None: there was none.
    """

    person_id: UUID
    episode_id: UUID | None
    therapist_id: UUID
    clinic_id: UUID
    corrected_at: datetime
    retested_at: datetime | None
    passed: bool
    held_until: datetime | None
    lost_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A pattern from when it was first confirmed: `resolved_at`, or no longer watched from `lost_sight_at` on."""

    person_id: UUID
    therapist_id: UUID
    clinic_id: UUID
    session: Session
    confirmed_at: datetime
    resolved_at: datetime | None
    lost_sight_at: datetime | None
    refuted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A pattern from when it was resolved: `relapsed_at`, or seen to hold until `held_until` at least."""

    person_id: UUID
    therapist_id: UUID
    clinic_id: UUID
    resolved_at: datetime
    relapsed_at: datetime | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Patterns:
    corrections: Sequence[Correction]
    confirmed: Sequence[Confirmed]
    resolved: Sequence[Resolved]


def patterns(connection: Connection, window: Window, people: People, sessions: Mapping[UUID, Session]) -> Patterns:
    corrections: list[Correction] = []
    confirmed: list[Confirmed] = []
    resolved: list[Resolved] = []
    for _, rows in groupby(connection.execute(STEPS, window.values).all(), attrgetter("pattern_id")):
        found = list(rows)
        person_id = people.person(found[0].client_id)
        steps = steps_of(found, sessions)
        corrections += corrections_in(steps, person_id)
        confirmed += confirmed_in(steps, person_id)
        resolved += resolved_in(steps, person_id)
    return Patterns(corrections, confirmed, resolved)


def steps_of(rows: Iterable[Row[Any]], sessions: Mapping[UUID, Session]) -> list[Step]:
    steps: list[Step] = []
    last: Session | None = None
    for row in rows:
        session = sessions.get(row.session_id)
        last = session or last
        steps.append(Step(row.step, row.happened_at, session, last))
    return steps


def corrections_in(steps: Sequence[Step], person_id: UUID) -> Iterable[Correction]:
    """One for each correction whose session stands."""
    for n, step in enumerate(steps):
        if step.step != "corrected" or step.session is None:
            continue
        retests = retests_after(steps[n + 1 :], until="corrected")
        lost = next((each for each in retests if each.step in FAILED), None)
        held = [
            each for each in retests if each.step in PASSED and (lost is None or each.happened_at < lost.happened_at)
        ]
        yield Correction(
            person_id=person_id,
            episode_id=step.session.episode_id,
            therapist_id=step.session.therapist_id,
            clinic_id=step.session.clinic_id,
            corrected_at=step.happened_at,
            retested_at=retests[0].happened_at if retests else None,
            passed=bool(retests) and retests[0].step in PASSED,
            held_until=held[-1].happened_at if held else None,
            lost_at=lost.happened_at if lost else None,
        )


def retests_after(steps: Sequence[Step], until: str) -> list[Step]:
    """The cold retests among the steps, up to the next one of a name."""
    end = next((n for n, step in enumerate(steps) if step.step == until), len(steps))
    return [step for step in steps[:end] if step.step in PASSED | FAILED]


def confirmed_in(steps: Sequence[Step], person_id: UUID) -> Iterable[Confirmed]:
    """None, or the one from its first confirmation on."""
    n = next((n for n, step in enumerate(steps) if step.step == "confirmed"), None)
    if n is None or (session := steps[n].session) is None:
        return
    ends = {"resolved", "unverified", "refuted"}
    end = next((step for step in steps[n:] if step.step in ends), None)
    yield Confirmed(
        person_id=person_id,
        therapist_id=session.therapist_id,
        clinic_id=session.clinic_id,
        session=session,
        confirmed_at=steps[n].happened_at,
        resolved_at=end.happened_at if end and end.step == "resolved" else None,
        lost_sight_at=end.happened_at if end and end.step == "unverified" else None,
        refuted=end is not None and end.step == "refuted",
    )


def resolved_in(steps: Sequence[Step], person_id: UUID) -> Iterable[Resolved]:
    """One for each time that it was resolved."""
    for n, step in enumerate(steps):
        if step.step != "resolved" or step.last is None:
            continue
        retests = retests_after(steps[n + 1 :], until="resolved")
        lost = next((each for each in retests if each.step in FAILED), None)
        held = [
            each for each in retests if each.step in PASSED and (lost is None or each.happened_at < lost.happened_at)
        ]
        yield Resolved(
            person_id=person_id,
            therapist_id=step.last.therapist_id,
            clinic_id=step.last.clinic_id,
            resolved_at=step.happened_at,
            relapsed_at=lost.happened_at if lost else None,
            held_until=held[-1].happened_at if held else None,
        )
