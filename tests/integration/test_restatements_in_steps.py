"""A way that is walked a day at a time tells what it tells at once, and what was told stays in it."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from shared.events import scheduling_people as people
from shared.ids import new_id
from shared.reports.document import Scope, encode
from shared.reports.restatement import ELAPSED, Restatement, from_bytes, in_bytes
from shared.settings import DatabaseSettings
from tests.integration.test_caseload_report import CLOSES_AT, attended, made, missed, tell, visit, workers
from tests.integration.test_restatements import (
    CLIENT,
    LATE,
    NOW,
    OF_ANNA,
    OF_CHAIN,
    OF_CLINIC,
    amended,
    book_late,
    caused,
    documents,
    entered,
    erased,
    line_of,
    must_add_up,
    scored_twice,
)
from tests.support.log import corrected
from tests.support.messages import BERLIN, CHAIN, at
from tests.support.workers import Workers
from workers.reports.knowledge import as_of
from workers.reports.restating.restatement import NOTHING, Found, Looked, look, restatements
from workers.reports.restating.walked import Walked, keep, walked
from workers.reports.window import Window, period_of

__all__ = ["workers"]

DAY = timedelta(days=1)
Ways = Mapping[Scope, Walked]


def looked(workers: Workers, now: datetime, kept: Ways = NOTHING, wanted: Ways | None = None) -> Looked:
    for connection in entered(workers):
        found = look(connection, october(workers), as_of(connection, CHAIN, now), wanted, kept)
    return found


def october(workers: Workers) -> Window:
    for connection in entered(workers):
        found = Window(CHAIN, period_of("2026-10", BERLIN), as_of(connection, CHAIN, CLOSES_AT))
    return found


def ways(found: Mapping[Scope, Found]) -> Ways:
    return {scope: each.way for scope, each in found.items()}


def in_steps(workers: Workers, *moments: datetime) -> Iterator[Mapping[Scope, Restatement]]:
    """What is told at each of them, going on from the one before, as it was kept."""
    window = october(workers)
    for now in moments:
        for connection in entered(workers):
            kept = walked(connection, window)
        found = restatements(looked(workers, now, kept, kept or None))
        for connection in entered(workers):
            keep(connection, window, ways(found))
        yield documents(found)


def at_once(workers: Workers) -> Mapping[Scope, Restatement]:
    return documents(restatements(looked(workers, NOW)))


def several_days(workers: Workers) -> None:
    """What came late on three days: a visit put right and a booking, a score, and that two are one."""
    wrong, other = visit(workers, "2026-10-05 10:00", CLIENT), new_id()
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    attended(workers, "2026-10-31 10:00", other)
    score = scored_twice(workers)
    workers.tell(corrected(wrong, "noshow", "fulfilled"), LATE)
    book_late(workers, CLIENT)
    tell(workers, amended(score, 3), recorded_at=LATE + DAY)
    workers.tell(people.ClientsMerged(client_id=other, into_id=CLIENT), LATE + 2 * DAY, stream="client")


def test_what_is_told_day_by_day_is_in_the_end_what_is_told_at_once(workers: Workers) -> None:
    several_days(workers)
    *before, last = in_steps(workers, *(LATE + n * DAY + timedelta(hours=1) for n in range(-1, 3)), NOW)
    assert {scope: encode(each) for scope, each in last.items()} == {
        scope: encode(each) for scope, each in at_once(workers).items()
    }
    must_add_up(last[OF_ANNA], made(workers, CLOSES_AT), made(workers, NOW))
    lengths = [len(caused(found[OF_ANNA])) for found in before]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 4


def test_a_look_begins_where_the_last_one_ended_and_knows_what_was_told(workers: Workers) -> None:
    several_days(workers)
    kept = ways(restatements(looked(workers, LATE + timedelta(hours=1))))
    [stretch] = looked(workers, NOW, kept, kept).stretches
    assert stretch.told == {scope: way.lines for scope, way in kept.items()}
    assert {turn.event.recorded_at for turn in stretch.turns} == {LATE + DAY, LATE + 2 * DAY}
    assert from_bytes(in_bytes(kept[OF_ANNA].lines)) == kept[OF_ANNA].lines
    [stretch] = looked(workers, LATE + timedelta(hours=1), kept, kept).stretches
    assert list(stretch.turns) == []


def test_what_was_told_stays_beside_what_took_it_back(workers: Workers) -> None:
    wrong = visit(workers, "2026-10-05 10:00", CLIENT)
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    workers.tell(corrected(wrong, "noshow", "fulfilled"), LATE)
    workers.tell(corrected(wrong, "fulfilled", "noshow"), LATE + DAY)
    first, second = in_steps(workers, LATE, NOW)
    line = line_of(second[OF_ANNA], "attended_visits")
    assert line.causes[:1] == line_of(first[OF_ANNA], "attended_visits").causes
    assert [cause.change.value for cause in line.causes] == [1, -1]
    assert line.before == line.after
    must_add_up(second[OF_ANNA], made(workers, CLOSES_AT), made(workers, NOW))
    assert [each.lines for each in at_once(workers).values()] == [()] * 4


def test_what_came_and_went_between_two_looks_is_not_told(workers: Workers) -> None:
    wrong = visit(workers, "2026-10-05 10:00", CLIENT)
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    workers.tell(corrected(wrong, "noshow", "fulfilled"), LATE + DAY)
    workers.tell(corrected(wrong, "fulfilled", "noshow"), LATE + 2 * DAY)
    for told in in_steps(workers, LATE, NOW):
        assert [each.lines for each in told.values()] == [()] * 4


def test_that_time_has_passed_is_told_last_and_found_anew_each_time(workers: Workers) -> None:
    """Nobody may be sure on 5 November that who came on the 3rd does not book."""
    attended(workers, "2026-10-31 10:00", CLIENT)
    workers.tell(visit_of(workers), LATE)
    kept = ways(restatements(looked(workers, LATE)))
    assert not any(cause.name == ELAPSED for way in kept.values() for line in way.lines for cause in line.causes)


def visit_of(workers: Workers) -> object:
    wrong = visit(workers, "2026-10-05 10:00", CLIENT)
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    return corrected(wrong, "noshow", "fulfilled")


def test_reports_that_were_told_at_other_moments_each_go_on_from_theirs(workers: Workers) -> None:
    several_days(workers)
    early = ways(restatements(looked(workers, LATE)))
    later = ways(restatements(looked(workers, LATE + DAY)))
    mixed = {OF_ANNA: later[OF_ANNA], OF_CLINIC: early[OF_CLINIC]}
    seen = looked(workers, NOW, mixed)
    assert [set(stretch.before) for stretch in seen.stretches[:2]] == [{OF_ANNA}, {OF_CLINIC}]
    assert OF_CHAIN in seen.stretches[2].before
    assert documents(restatements(seen)) == at_once(workers)


@pytest.mark.parametrize("fault", ["numbers", "positions"])
def test_a_way_that_does_not_lead_to_these_numbers_is_walked_from_the_closing(workers: Workers, fault: str) -> None:
    several_days(workers)
    kept = ways(restatements(looked(workers, LATE + DAY)))
    wrong = {
        "numbers": replace(kept[OF_ANNA], arrived="", lines=()),
        "positions": replace(kept[OF_ANNA], scheduling=1_000_000, lines=()),
    }[fault]
    found = restatements(looked(workers, NOW, {**kept, OF_ANNA: wrong}, kept))
    assert documents(found) == at_once(workers)


def test_a_way_goes_on_over_facts_that_were_made_anew(workers: Workers, workers_db: DatabaseSettings) -> None:
    several_days(workers)
    kept = ways(restatements(looked(workers, LATE + DAY)))
    before = documents(restatements(looked(workers, NOW, kept, kept)))
    workers.rebuild(workers_db.migrate)
    seen = looked(workers, NOW, kept, kept)
    assert [set(stretch.told) for stretch in seen.stretches] == [set(kept)]
    assert documents(restatements(seen)) == before


def test_who_is_forgotten_between_two_looks_stays_counted_and_is_named_in_no_way(workers: Workers) -> None:
    several_days(workers)
    first, *_ = in_steps(workers, LATE + 3 * DAY)
    workers.tell(erased(CLIENT, LATE + 4 * DAY), LATE + 4 * DAY, stream="erasure")
    *_, last = in_steps(workers, NOW)
    assert {scope: each.lines for scope, each in last.items()} == {scope: each.lines for scope, each in first.items()}
    for connection in entered(workers):
        kept_lines = connection.execute(text("SELECT lines FROM restated_ways")).scalars().all()
    assert len(kept_lines) == len(last)
    assert not any(str(CLIENT).encode() in zlib.decompress(each) for each in kept_lines)


def test_a_way_walked_by_other_definitions_is_not_gone_on_with(workers: Workers) -> None:
    several_days(workers)
    window = october(workers)
    found = ways(restatements(looked(workers, LATE + DAY)))
    for connection in entered(workers):
        keep(connection, window, found)
        connection.execute(text("UPDATE restated_ways SET definitions = 0, scheduling = 1000000"))
        assert walked(connection, window) == {}
        keep(connection, window, found)
        assert walked(connection, window) == found


def test_a_way_is_not_put_back_by_who_looked_earlier_and_comes_later(workers: Workers) -> None:
    several_days(workers)
    window = october(workers)
    early, late = (ways(restatements(looked(workers, now))) for now in (LATE, NOW))
    for connection in entered(workers):
        for found in (early, late, early):
            keep(connection, window, found)
        assert walked(connection, window) == late
