"""Episodes of care as they stood at the moment shown: who led them when, from which pain, and how they ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import dropwhile, groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from workers.reports.known.people import People
from workers.reports.window import Window

STEPS = text("""
    SELECT * FROM report_episode_steps
    WHERE chain_id = :chain_id AND position <= :treatment AND happened_at < :shown_at
    ORDER BY episode_id, happened_at, position
""")
ATTEMPTED = text("""
    SELECT DISTINCT client_id FROM (
      SELECT DISTINCT ON (attempt_id) client_id, stands FROM report_attempts
      WHERE chain_id = :chain_id AND position <= :treatment ORDER BY attempt_id, position DESC
    ) AS attempt WHERE stands
""")
AGREED_ENDS = text("""
    SELECT client_id, happened_at FROM report_episode_steps
    WHERE chain_id = :chain_id AND position <= :treatment AND step = 'discharged' AND planned
      AND happened_at >= :starts_at
    ORDER BY happened_at, position
""")


@dataclass(frozen=True, slots=True)
class Lead:
    """Who led an episode, and where, from a moment on."""

    therapist_id: UUID
    clinic_id: UUID
    since: datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    nrs: int
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """The day on which the next visit was to be, and when that was said; None: no longer."""

    planned_on: date | None
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """`ended_at` is None while it is not discharged."""

    episode_id: UUID
    person_id: UUID
    opened_at: datetime
    target: str
    side: str
    leads: tuple[Lead, ...]
    is_held: bool = False
    ended_at: datetime | None = None
    baseline: Baseline | None = None
    plan: Plan | None = None

    @property
    def lead(self) -> Lead:
        return self.leads[-1]

    @property
    def therapist_id(self) -> UUID:
        return self.lead.therapist_id

    @property
    def clinic_id(self) -> UUID:
        return self.lead.clinic_id

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def lead_at(self, at: datetime) -> Lead:
        """Who led it at a moment; before it was opened, who led it first."""
        begun = [lead for lead in self.leads if lead.since <= at]
        return begun[-1] if begun else self.leads[0]


def episodes(connection: Connection, window: Window, people: People) -> Sequence[Episode]:
    """All that had been opened before the moment shown, in the order of their opening."""
    rows = groupby(connection.execute(STEPS, window.values).all(), attrgetter("episode_id"))
    found = (episode(steps, people) for _, steps in rows)
    return sorted((each for each in found if each is not None), key=attrgetter("opened_at", "episode_id"))


def attempted(connection: Connection, window: Window, people: People) -> frozenset[UUID]:
    """Persons who had tried something else before."""
    return frozenset(people.person(id_) for id_ in connection.execute(ATTEMPTED, window.values).scalars())


def agreed_ends(connection: Connection, window: Window, people: People) -> Mapping[UUID, Sequence[datetime]]:
    """By person, the discharges from the beginning of the period on that had been agreed with the last visit."""
    found: dict[UUID, list[datetime]] = {}
    for row in connection.execute(AGREED_ENDS, window.values):
        found.setdefault(people.person(row.client_id), []).append(row.happened_at)
    return found


def episode(steps: Iterable[Row[Any]], people: People) -> Episode | None:
    """What the steps, in their order, make of one episode; None where its opening is not among them."""
    rest = dropwhile(lambda step: step.step != "opened", steps)
    if (opening := next(rest, None)) is None:
        return None
    leads = [lead(opening)]
    baseline, plan, is_held, ended_at = None, None, False, None
    for step in rest:
        match step.step:
            case "transferred":
                leads.append(lead(step))
            case "baseline":
                baseline = Baseline(step.nrs, step.happened_at)
            case "next_visit":
                plan = Plan(step.planned_on, step.happened_at)
            case "held" | "resumed":
                is_held = step.step == "held"
            case "discharged":
                is_held, ended_at = False, step.happened_at
            case _:
                ended_at = None
    return Episode(
        episode_id=opening.episode_id,
        person_id=people.person(opening.client_id),
        opened_at=opening.happened_at,
        target=opening.target,
        side=opening.side,
        leads=tuple(leads),
        is_held=is_held,
        ended_at=ended_at,
        baseline=baseline,
        plan=plan,
    )


def lead(step: Row[Any]) -> Lead:
    return Lead(step.lead_therapist_id, step.clinic_id, step.happened_at)
