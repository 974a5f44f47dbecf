"""The demo chain's episodes: one for each way that a pattern can go, each with a client and a time of its own."""

from datetime import UTC, datetime

from demo.episodes import COURSES
from services.treatment.patterns.state import STATES

FOUNDED_AT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def test_every_state_of_a_pattern_is_among_them() -> None:
    assert {state for course in COURSES for state in course.ends} == STATES


def test_twelve_clients_were_seen_one_after_the_other_before_the_chain_was_founded() -> None:
    times = sorted(course.starts_at(FOUNDED_AT) for course in COURSES)
    assert len({course.client.key for course in COURSES}) == len(set(times)) == len(COURSES) == 12
    assert times[-1] < FOUNDED_AT
    assert (FOUNDED_AT - times[0]).days <= 3
