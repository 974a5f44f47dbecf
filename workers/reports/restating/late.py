"""Events that were recorded after a report was closed: both logs in one order, with the moments of what they say."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports.document import AsOf
from workers.reports.window import Window

# Charts are counted by session, so of a late entry it matters whose session it is, unless that began after the period.
CHARTED = text("""
    SELECT DISTINCT client_id FROM report_session_steps AS step
    WHERE chain_id = :chain_id AND step = 'started' AND happened_at < :ends_at AND EXISTS (
      SELECT FROM report_entries AS entry
      WHERE entry.chain_id = :chain_id AND entry.session_id = step.session_id
        AND entry.position > :treatment AND entry.position <= :later_treatment
    )
""")
LINKED = text("""
    SELECT client_id, into_id FROM report_aliases
    WHERE chain_id = :chain_id AND position <= :later_scheduling AND into_id IS NOT NULL
""")
OF_PERSONS = """
    SELECT 'scheduling', position, place.happened_at, place.starts_at FROM report_visit_places AS place
    UNION ALL SELECT 'scheduling', state.position, state.happened_at, (
      SELECT starts_at FROM report_visit_places AS place
      WHERE place.appointment_id = state.appointment_id AND place.position <= state.position
      ORDER BY position DESC LIMIT 1
    ) FROM report_visit_states AS state
    UNION ALL SELECT 'scheduling', position, happened_at, NULL FROM report_aliases
    WHERE chain_id = :chain_id AND (client_id = ANY(:clients) OR into_id = ANY(:clients))
    UNION ALL SELECT 'scheduling', position, happened_at, NULL FROM report_erasures
    WHERE chain_id = :chain_id AND client_id = ANY(:clients)
    UNION ALL SELECT 'treatment', position, happened_at, NULL FROM report_episode_steps
    UNION ALL SELECT 'treatment', position, step.happened_at, began.happened_at FROM report_session_steps AS step
    LEFT JOIN began USING (session_id)
    UNION ALL SELECT 'treatment', position, entry.happened_at, began.happened_at FROM report_entries AS entry
    LEFT JOIN began USING (session_id)
    UNION ALL SELECT 'treatment', position, happened_at, NULL FROM report_pattern_steps
    UNION ALL SELECT 'treatment', position, step.happened_at, due.due_at FROM report_check_in_steps AS step
    LEFT JOIN due USING (check_in_id)
    UNION ALL SELECT 'treatment', position, step.happened_at, raised.happened_at FROM report_alert_steps AS step
    LEFT JOIN raised USING (alert_id)
    UNION ALL SELECT 'treatment', position, happened_at, NULL FROM report_attempts
"""
OF_CALENDARS = "SELECT 'scheduling', position, happened_at, NULL FROM report_calendar WHERE chain_id = :chain_id"
LATE = """
    WITH began AS (
      SELECT session_id, min(happened_at) AS happened_at FROM report_session_steps
      WHERE chain_id = :chain_id AND step = 'started' GROUP BY session_id
    ), due AS (
      SELECT check_in_id, min(due_at) AS due_at FROM report_check_in_steps
      WHERE chain_id = :chain_id GROUP BY check_in_id
    ), raised AS (
      SELECT alert_id, min(happened_at) AS happened_at FROM report_alert_steps
      WHERE chain_id = :chain_id AND step = 'raised' GROUP BY alert_id
    )
    SELECT source, position, event_id, name, recorded_at, min(fact.happened_at) AS happened_at,
      min(fact.about_at) AS about_at
    FROM ({facts}) AS fact (source, position, happened_at, about_at)
    JOIN report_events USING (source, position)
    WHERE report_events.chain_id = :chain_id AND (
      source = 'scheduling' AND position > :scheduling AND position <= :later_scheduling
      OR source = 'treatment' AND position > :treatment AND position <= :later_treatment
    )
    GROUP BY source, position, event_id, name, recorded_at
    ORDER BY source, position
"""
LATE_OF_PERSONS = text(LATE.format(facts=OF_PERSONS))
LATE_OF_CALENDARS = text(LATE.format(facts=OF_CALENDARS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """One event; `about_at` is when the visit, session or question is that it tells of."""

    source: str
    position: int
    event_id: UUID
    name: str
    recorded_at: datetime
    happened_at: datetime
    about_at: datetime | None


def charted_late(connection: Connection, window: Window, later: AsOf) -> frozenset[UUID]:
    """Clients in whose charts, of sessions until the end of the period, anything was entered or put right since."""
    return frozenset(connection.execute(CHARTED, since(window, later)).scalars())


def known_as(connection: Connection, window: Window, later: AsOf, persons: Collection[UUID]) -> frozenset[UUID]:
    """These persons under every id that they were ever known by, with whomever they were taken for."""
    links: dict[UUID, set[UUID]] = {}
    for one, other in connection.execute(LINKED, since(window, later)):
        links.setdefault(one, set()).add(other)
        links.setdefault(other, set()).add(one)
    found, new = set(persons), set(persons)
    while new:
        new = {other for one in new for other in links.get(one, ())} - found
        found |= new
    return frozenset(found)


def late_of(connection: Connection, window: Window, later: AsOf, clients: Collection[UUID]) -> Sequence[Late]:
    """Of the clients, whose facts are laid out (`few.only`)."""
    return in_order(connection.execute(LATE_OF_PERSONS, since(window, later) | {"clients": sorted(clients)}))


def late_of_calendars(connection: Connection, window: Window, later: AsOf) -> Sequence[Late]:
    return in_order(connection.execute(LATE_OF_CALENDARS, since(window, later)))


def since(window: Window, later: AsOf) -> dict[str, object]:
    return window.values | {"later_scheduling": later.scheduling, "later_treatment": later.treatment}


def in_order(rows: Iterable[Any]) -> Sequence[Late]:
    return merged(Late(**row._asdict()) for row in rows)


def merged(events: Iterable[Late]) -> Sequence[Late]:
    """In the order in which they were recorded; within a log always by position."""
    latest: dict[str, datetime] = {}
    keyed = []
    for each in sorted(events, key=lambda event: (event.source, event.position)):
        latest[each.source] = max(each.recorded_at, latest.get(each.source, each.recorded_at))
        keyed.append(((latest[each.source], each.source, each.position), each))
    return [each for _, each in sorted(keyed, key=lambda pair: pair[0])]


def positions(start: AsOf, events: Sequence[Late]) -> Sequence[AsOf]:
    """What was known before the first of them, and after each, in their order."""
    found = [start]
    for each in events:
        last = found[-1]
        found.append(
            AsOf(
                scheduling=each.position if each.source == "scheduling" else last.scheduling,
                treatment=each.position if each.source == "treatment" else last.treatment,
                at=start.at,
            )
        )
    return found
