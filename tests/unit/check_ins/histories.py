"""Histories of one client's check-ins: commands in their order, each some time after the one before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.treatment.check_ins import commands as k
from services.treatment.check_ins.decider import CHECK_INS
from services.treatment.check_ins.state import Ladder
from shared.decider import NotThere, Refused
from shared.events.treatment_check_ins import CheckInRules

CLIENT = UUID(int=1)
EPISODES = (UUID(int=11), UUID(int=12))
SESSIONS = tuple(UUID(int=number) for number in range(21, 25))
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
RULES = CheckInRules()
RULES_OF = dict.fromkeys(SESSIONS, RULES)

Made = Callable[[Ladder, datetime], k.CheckInCommand]
"""A command is made when the ladder is known that it is said about: most of them name one of its check-ins."""


@dataclass(frozen=True)
class Done:
    """What a history came to: the events with the moments at which they were decided, and the ladder in the end."""

    events: tuple[tuple[datetime, Any], ...]
    ladder: Ladder
    ended_at: datetime

    @property
    def all(self) -> tuple[Any, ...]:
        return tuple(event for _, event in self.events)


def session(number: int, episode: UUID | None, rules: CheckInRules | None = RULES) -> Made:
    return lambda _, now: k.FollowSession(
        client_id=CLIENT,
        session_id=SESSIONS[number],
        episode_id=episode,
        goes_on=True,
        day=now.date(),
        time_zone=ZONE,
        rules=rules,
        now=now,
    )


def discharge(episode: UUID) -> Made:
    return lambda _, now: k.FollowDischarge(
        client_id=CLIENT, episode_id=episode, day=now.date(), time_zone=ZONE, rules=RULES, now=now
    )


def reopen(episode: UUID) -> Made:
    return lambda _, now: k.FollowReopening(episode, now)


def stop() -> Made:
    return lambda _, now: k.Stop(CLIENT, "client", now)


def resume() -> Made:
    return lambda _, now: k.Resume(CLIENT, "therapist", frozenset(EPISODES), RULES_OF, now)


def drop(number: int) -> Made:
    return lambda _, now: k.DropSession(SESSIONS[number], now)


def open_one(number: int) -> Made:
    return lambda ladder, now: k.Open(pick(ladder, number), RULES_OF, now)


def fail_one(number: int, ordinal: int, cause: str = "blocked") -> Made:
    return lambda ladder, now: k.NoteUndeliverable(pick(ladder, number), ordinal, cause, RULES_OF, now)


def send_one(number: int, ordinal: int = 0) -> Made:
    return lambda ladder, now: k.NoteSent(pick(ladder, number), ordinal, "email", now)


def answer(number: int, score: int, details: k.Details | None = None) -> Made:
    return lambda ladder, now: k.Answer(
        check_in_id=pick(ladder, number),
        said=k.Said(score, details),
        source="client",
        after_session=False,
        now=now,
    )


def pick(ladder: Ladder, number: int) -> UUID:
    known = list(ladder.check_ins)
    return known[number % len(known)] if known else UUID(int=99)


numbers = st.integers(0, 11)
episodes = st.sampled_from(EPISODES)
sessions = st.builds(session, st.integers(0, len(SESSIONS) - 1), st.one_of(st.none(), episodes))
openings = st.builds(open_one, numbers)
answers = st.builds(answer, numbers, st.integers(0, 10), st.sampled_from([None, k.Details(note="On the stairs")]))
made = st.one_of(
    sessions,
    st.builds(discharge, episodes),
    st.builds(reopen, episodes),
    st.builds(stop),
    st.builds(resume),
    st.builds(drop, st.integers(0, len(SESSIONS) - 1)),
    openings,
    openings,
    st.builds(fail_one, numbers, st.integers(0, 2)),
    answers,
)
histories = st.lists(st.tuples(st.integers(0, 24 * 9), made), max_size=20)
"""Hours since the command before, and the command."""


def played(history: list[tuple[int, Made]], ladder: Ladder = CHECK_INS.initial, start: datetime = START) -> Done:
    """Every command that is not refused, one after the other."""
    now, events, known = start, [], ladder
    for hours, make in history:
        now += timedelta(hours=hours)
        decided = attempted(make, known, now)
        events += [(now, event) for event in decided]
        known = reduce(CHECK_INS.evolve, decided, known)
    return Done(tuple(events), known, now)


def attempted(make: Made, ladder: Ladder, now: datetime) -> list[Any]:
    try:
        return CHECK_INS.decide(make(ladder, now), ladder)
    except (NotThere, Refused):
        return []
