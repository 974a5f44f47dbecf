"""All that the reports of a chain on one period need to know, read once by a constant number of statements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports.document import AsOf, Kind
from workers.reports.capacity import Capacity, capacity
from workers.reports.holding import STATEMENT
from workers.reports.known.calendar import Calendar, calendar
from workers.reports.known.episodes import Episode, agreed_ends, attempted, episodes
from workers.reports.known.follow_up import Alert, CheckIn, alerts, check_ins
from workers.reports.known.patterns import Confirmed, Correction, Resolved, patterns
from workers.reports.known.people import People, people
from workers.reports.known.sessions import Counted, Loops, Rating, Session, course, sessions, work
from workers.reports.known.visits import Presence, Visit, presence, visits
from workers.reports.metrics.follow_up import Asked
from workers.reports.metrics.patterns import Times, by_person, session_starts
from workers.reports.outcomes import Outcome, Strata, outcomes, strata
from workers.reports.peers import Peers, peers
from workers.reports.scopes import Sorted
from workers.reports.uncollected import uncollected
from workers.reports.window import Window

POSITIONS = text("""
    SELECT source, max(position) AS position FROM report_events
    WHERE chain_id = :chain_id AND recorded_at <= :at GROUP BY source
""")
PATIENCE = text("""
    SELECT set_config('statement_timeout', :seconds, true), set_config('work_mem', '64MB', true),
      set_config('idle_in_transaction_session_timeout', :seconds, true)
""").bindparams(seconds=f"{STATEMENT.total_seconds():.0f}s")
"""Nobody waits at a screen for these statements, and they sort all visits of a chain; between them much is computed."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What others are compared by: of those who could respond who did, of first cold retests which passed."""

    responders: Peers[UUID]
    hold: Peers[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """`outcomes` are of the episodes that began in the year, `running` of those that were open in the period."""

    window: Window
    people: People
    calendar: Calendar
    presence: Mapping[UUID, Presence]
    agreed_ends: Mapping[UUID, Sequence[datetime]]
    attempted: frozenset[UUID]
    answered: Times
    session_starts: Times
    asked_now: frozenset[UUID]
    strata: Strata
    visits: Sorted[Visit]
    capacity: Sorted[Capacity]
    sessions: Sorted[Session]
    sessions_of: Mapping[UUID, Sequence[Session]]
    loops: Sorted[Loops]
    overrides: Sorted[Counted]
    ratings: Sorted[Rating]
    treated: Sorted[Counted]
    marked: Sorted[Counted]
    episodes: Sorted[Episode]
    outcomes: Sorted[Outcome]
    running: Sorted[Outcome]
    corrections: Sorted[Correction]
    corrections_of: Mapping[UUID, Sequence[Correction]]
    confirmed: Sorted[Confirmed]
    resolved: Sorted[Resolved]
    asked: Sorted[Asked]
    alerts: Sorted[Alert]
    rates: Mapping[Kind, Rates]


def as_of(connection: Connection, chain_id: UUID, at: datetime) -> AsOf:
    """What was known at a moment: in each log up to the last event by then that says anything to reports."""
    rows = connection.execute(POSITIONS, {"chain_id": chain_id, "at": at})
    found = {row.source: row.position for row in rows}
    return AsOf(scheduling=found.get("scheduling", 0), treatment=found.get("treatment", 0), at=at)


def read(connection: Connection, window: Window) -> Knowledge:
    """The connection has entered the read models; what is left of its transaction has more time and memory."""
    connection.execute(PATIENCE)
    with uncollected():
        return read_all(connection, window)


def read_all(connection: Connection, window: Window) -> Knowledge:
    known = people(connection, window)
    held = [each for each in sessions(connection, window, known) if each.started_at < window.shown_at]
    of_episodes: dict[UUID, list[Session]] = {}
    for each in held:
        if each.episode_id is not None:
            of_episodes.setdefault(each.episode_id, []).append(each)
    opened = episodes(connection, window, known)
    begun = [each for each in opened if each.opened_at >= window.year_from]
    open_ = [each for each in opened if each.ended_at is None or each.ended_at >= window.starts_at]
    wanted = {each.episode_id: each for each in (*begun, *open_)}
    done = course(connection, window, [each for id_ in wanted for each in of_episodes.get(id_, ())])
    questions = check_ins(connection, window, known)
    answered = [(each.person_id, each.answered_at) for each in questions if each.answered_at is not None]
    found = patterns(connection, window, known, {each.session_id: each for each in held})
    charted = work(connection, window)
    tried = attempted(connection, window, known)
    scores = outcomes(wanted.values(), questions, done, window.shown_at)
    scored = [scores[each.episode_id] for each in begun]
    days = calendar(connection, window)
    by_outcome, by_correction = Sorted(scored), Sorted(found.corrections)
    return Knowledge(
        window=window,
        people=known,
        calendar=days,
        presence=presence(connection, window),
        agreed_ends=agreed_ends(connection, window, known),
        attempted=tried,
        answered=by_person([each for each in answered if each[1] < window.shown_at]),
        session_starts=session_starts(held, window.shown_at),
        asked_now=frozenset(each.person_id for each in questions if each.is_running(window.shown_at)),
        strata=strata(scored, tried),
        visits=Sorted(visits(connection, window)),
        capacity=Sorted(capacity(days, window)),
        sessions=Sorted(held),
        sessions_of=of_episodes,
        loops=Sorted(charted.loops),
        overrides=Sorted(charted.overrides),
        ratings=Sorted(charted.ratings),
        treated=Sorted(charted.treated),
        marked=Sorted(charted.marked),
        episodes=Sorted(opened),
        outcomes=by_outcome,
        running=Sorted(scores[each.episode_id] for each in open_),
        corrections=by_correction,
        corrections_of=by_episode(found.corrections),
        confirmed=Sorted(found.confirmed),
        resolved=Sorted(found.resolved),
        asked=Sorted(asked(questions, opened, held, window)),
        alerts=Sorted(alerts(connection, window, known)),
        rates={
            "therapist": rates(by_outcome.by_therapist, by_correction.by_therapist, window),
            "clinic": rates(by_outcome.by_clinic, by_correction.by_clinic, window),
        },
    )


def by_episode(corrections: Sequence[Correction]) -> Mapping[UUID, Sequence[Correction]]:
    """Whoever made them."""
    found: dict[UUID, list[Correction]] = {}
    for each in corrections:
        if each.episode_id is not None:
            found.setdefault(each.episode_id, []).append(each)
    return found


def rates(
    pain: Mapping[UUID, Sequence[Outcome]], corrections: Mapping[UUID, Sequence[Correction]], window: Window
) -> Rates:
    """By therapist or clinic, as `responders_of_started` and `hold_rate` count them."""
    able = {id_: [each for each in some if each.can_respond] for id_, some in pain.items()}
    held = {
        id_: [each for each in some if each.retested_at is not None and each.retested_at >= window.starts_at]
        for id_, some in corrections.items()
    }
    return Rates(
        responders=peers({id_: (len(some), sum(each.has_responded for each in some)) for id_, some in able.items()}),
        hold=peers({id_: (len(some), sum(each.passed for each in some)) for id_, some in held.items()}),
    )


def asked(
    questions: Sequence[CheckIn], opened: Sequence[Episode], held: Sequence[Session], window: Window
) -> Iterator[Asked]:
    """Check-ins that fell due in the period, with who led the episode when they did, or else held the session."""
    by_id = {each.episode_id: each for each in opened}
    sessions = {each.session_id: each for each in held}
    for each in questions:
        if not window.holds(each.due_at):
            continue
        if each.episode_id in by_id:
            lead = by_id[each.episode_id].lead_at(each.due_at)
            yield Asked(lead.therapist_id, lead.clinic_id, each)
        elif each.session_id in sessions:
            session = sessions[each.session_id]
            yield Asked(session.therapist_id, session.clinic_id, each)
