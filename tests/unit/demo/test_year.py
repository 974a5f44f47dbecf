"""The invented year: the same for the same seed, and a history that both services could have recorded."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import pytest

from demo.year import Size, year
from demo.year.telling import Entry
from services.treatment.patterns.state import FROM, LEADS_TO, Pattern, evolve
from shared.codec import decode, encode
from shared.events import name_of, scheduling as s, treatment_patterns as p
from shared.events.scheduling_corrections import AppointmentStatusCorrected
from tests.support.keys import envelopes

SMALL = Size(clients=60)
BEFORE = dict(zip(LEADS_TO, FROM.values(), strict=True))
"""From which states each event of a pattern may lead on."""


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return list(year(7, SMALL)[1])


def test_the_same_seed_tells_the_same(entries: list[Entry]) -> None:
    assert list(year(7, SMALL)[1]) == entries
    assert list(year(8, SMALL)[1]) != entries


def test_positions_and_versions_have_no_gaps_and_time_never_goes_back(entries: list[Entry]) -> None:
    for log in ("scheduling", "treatment"):
        told = [each for each in entries if each.log == log]
        assert [each.position for each in told] == list(range(1, len(told) + 1))
        assert [each.recorded_at for each in told] == sorted(each.recorded_at for each in told)
    versions: Counter[str] = Counter()
    for each in entries:
        versions[each.stream] += 1
        assert each.version == versions[each.stream]


def test_each_event_can_be_stored_and_read_again(entries: list[Entry]) -> None:
    chain_id = year(7, SMALL)[0]
    for each in {type(entry.event): entry for entry in entries}.values():
        stored = encode(each.event, envelopes(each.event, chain_id, each.event_id))
        assert type(decode(name_of(type(each.event)), stored, {})) is type(each.event)


def test_nobody_sees_two_clients_at_once_and_visits_take_their_course(entries: list[Entry]) -> None:
    streams: dict[str, list[Any]] = defaultdict(list)
    for each in entries:
        if each.stream.startswith("appointment-"):
            streams[each.stream].append(each.event)
    taken: Counter[tuple[Any, datetime]] = Counter()
    for events in streams.values():
        assert isinstance(events[0], s.AppointmentBooked)
        moves = [each for each in events if isinstance(each, s.AppointmentBooked | s.AppointmentMoved)]
        ends = [each for each in events if isinstance(each, s.AppointmentFulfilled | s.AppointmentMissed)]
        cancelled = [each for each in events if isinstance(each, s.AppointmentCancelled)]
        corrected = [each for each in events if isinstance(each, AppointmentStatusCorrected)]
        assert len(ends) + len(cancelled) == 1
        assert not corrected or ends
        if not cancelled:
            taken[moves[-1].therapist_id, moves[-1].starts_at] += 1
    assert max(taken.values()) == 1


def test_patterns_go_only_where_patterns_can_go(entries: list[Entry]) -> None:
    streams: dict[str, Pattern] = defaultdict(Pattern)
    states: set[str] = set()
    for each in entries:
        if each.stream.startswith("pattern-"):
            assert streams[each.stream].state in BEFORE[type(each.event)]
            streams[each.stream] = evolve(streams[each.stream], each.event)
            states.add(streams[each.stream].state)
    assert {"corrected", "holding", "relapsed", "unverified"} <= states
    assert any(isinstance(each.event, p.PatternResolved) for each in year(1, Size(clients=200))[1])
