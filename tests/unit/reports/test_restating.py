"""Every change of a number is told with the event that made it, and what changes nothing is passed over quickly."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from shared.reports.document import AsOf, DocumentAltered, Exclusion, Metric, encode, finished
from shared.reports.restatement import (
    ELAPSED,
    change,
    compared,
    decode,
    from_bytes,
    in_bytes,
    numbers,
    operational,
)
from tests.support.reports import invented_report
from workers.reports.metrics.numbers import count, share
from workers.reports.restating.late import Late, merged, positions
from workers.reports.restating.lines import Step, lines
from workers.reports.restating.restatement import restated
from workers.reports.restating.steps import changes
from workers.reports.window import Window

START = datetime(2026, 11, 5, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def late(position: int, hours: int, source: str = "scheduling") -> Late:
    return Late(
        source=source,
        position=position,
        event_id=UUID(int=position if source == "scheduling" else 1000 + position),
        name=f"{source}.something.v1",
        recorded_at=START + hours * HOUR,
        happened_at=START,
        about_at=None,
    )


@given(st.lists(st.integers(0, 2), max_size=40))
def test_the_steps_that_are_told_lead_from_the_first_look_to_the_last(seen: list[int]) -> None:
    way = [0, *seen]
    told = list(changes(way.__getitem__, int.__eq__, len(seen)))
    assert [n for n, _ in told] == sorted({n for n, _ in told})
    assert all(way[n] != way[n - 1] and after == way[n] for n, after in told)
    assert bool(told) == (way[0] != way[-1])
    assert not told or told[-1][1] == way[-1]


def test_a_change_among_thousands_of_steps_is_found_with_a_few_looks() -> None:
    looked: list[int] = []

    def look(n: int) -> bool:
        looked.append(n)
        return n >= 4321

    assert [n for n, _ in changes(look, bool.__eq__, 10_000)] == [4321]
    assert len(looked) < 20


def test_both_logs_are_in_one_order_and_each_keeps_its_own() -> None:
    events = [late(3, 1), late(2, 5), late(4, 9), late(7, 2, "treatment"), late(8, 6, "treatment")]
    told = [(each.source, each.position) for each in merged(events)]
    assert told == [("treatment", 7), ("scheduling", 2), ("scheduling", 3), ("treatment", 8), ("scheduling", 4)]
    known = positions(AsOf(scheduling=1, treatment=1, at=START), merged(events))
    assert [(each.scheduling, each.treatment) for each in known] == [(1, 1), (1, 7), (2, 7), (3, 7), (3, 8), (4, 8)]
    assert {each.at for each in known} == {START}


def rate(k: int, n: int, open_: int = 0) -> Sequence[Metric]:
    part = share("by_client", k // 2, n, "visits")
    return (
        share("no_show_rate", k, n, "visits", left={"open": open_}, parts=(part,)),
        count("attended_visits", n, "visits"),
    )


def test_a_line_has_the_events_that_changed_its_number_and_no_others() -> None:
    one, other = late(2, 1), late(3, 2)
    found = lines(rate(1, 4), [Step(one, rate(1, 5)), Step(other, rate(1, 5, 3)), Step(None, rate(1, 5, 3))])
    told = {(line.code, line.part): [cause.event_id for cause in line.causes] for line in found}
    assert told == {
        ("no_show_rate", None): [one.event_id, other.event_id],
        ("no_show_rate", "by_client"): [one.event_id],
        ("attended_visits", None): [one.event_id],
    }
    assert found[0].causes[1].change.exclusions == (Exclusion(reason="open", n=3),)
    assert found[0].causes[1].change.value == 0


def test_what_time_alone_has_changed_has_no_event() -> None:
    [line, *_] = lines(rate(1, 4), [Step(None, rate(2, 5))])
    [cause] = line.causes
    assert (cause.name, cause.event_id, cause.happened_at, cause.recorded_at) == (ELAPSED, None, None, None)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=12))
def test_the_changes_of_a_line_add_up_to_the_difference_of_its_ends(way: list[tuple[int, int, int]]) -> None:
    steps = [Step(late(n, n), rate(k, k + more, out)) for n, (k, more, out) in enumerate(way, 2)]
    for line in lines(rate(1, 4), steps):
        told = [cause.change for cause in line.causes]
        if line.before.numerator is not None and line.after.numerator is not None:
            assert sum(each.numerator or 0 for each in told) == line.after.numerator - line.before.numerator
        if all(each.value is not None for each in told):
            whole = change(line.before, line.after)
            assert sum(each.value or 0 for each in told) == pytest.approx(whole.value, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=12),
    st.lists(st.integers(0, 12)),
)
def test_a_way_that_is_cut_anywhere_has_the_same_lines(way: list[tuple[int, int, int]], cuts: list[int]) -> None:
    steps = [Step(late(n, n), rate(k, k + more, out)) for n, (k, more, out) in enumerate(way, 2)]
    there: Sequence[Metric] = rate(1, 4)
    told = lines(there, [])
    for start, end in pairwise([0, *sorted(min(cut, len(way)) for cut in cuts), len(way)]):
        told = lines(there, steps[start:end], from_bytes(in_bytes(told)))
        there = steps[end - 1].metrics if end else there
    assert told == lines(rate(1, 4), steps)


@given(st.lists(st.integers(0, 2), max_size=30), st.lists(st.integers(0, 30)))
def test_where_nothing_comes_back_the_same_steps_are_found_in_pieces(moves: list[int], cuts: list[int]) -> None:
    way = [0, *accumulate(moves)]
    found = []
    for start, end in pairwise([0, *sorted(min(cut, len(moves)) for cut in cuts), len(moves)]):
        piece = way[start : end + 1]
        found += [start + n for n, _ in changes(piece.__getitem__, int.__eq__, end - start)]
    assert found == [n for n, _ in changes(way.__getitem__, int.__eq__, len(moves))]


def test_a_number_that_was_not_there_has_no_change_of_value_and_counts_as_nothing_otherwise() -> None:
    found = change(numbers(share("x", 0, 0, "visits")), numbers(share("x", 2, 4, "visits")))
    assert (found.value, found.numerator, found.denominator) == (None, 2, 4)


def test_a_restatement_reads_back_as_the_same_bytes_and_as_no_other() -> None:
    report = invented_report()
    window = Window(report.chain_id, report.period, report.as_of)
    hidden = replace(rate(2, 5)[0], suppressible=True)
    found = restated(
        window,
        replace(report.as_of, at=START),
        report.scope,
        lines([rate(1, 4)[1], replace(rate(1, 4)[0], suppressible=True)], [Step(late(2, 1), [rate(2, 5)[1], hidden])]),
    )
    assert decode(encode(found)) == found
    left = [(line.code, line.part) for line in operational(found).lines]
    assert left == [("attended_visits", None), ("no_show_rate", "by_client")]
    with pytest.raises(DocumentAltered):
        decode(encode(replace(found, definitions=9)))
    with pytest.raises(DocumentAltered):
        decode(b"{}")
    assert finished(found) == found
    whole = [replace(each, before=replace(each.before, value=0)) for each in found.lines]
    assert decode(encode(finished(replace(found, lines=tuple(whole))))).lines[0].before.value == 0


def test_two_reports_are_compared_number_by_number() -> None:
    told = compared(rate(1, 4), [*rate(2, 5), count("further", 1, "visits")])
    assert [(each.code, each.part, each.change.numerator) for each in told] == [
        ("no_show_rate", None, 1),
        ("no_show_rate", "by_client", 1),
        ("attended_visits", None, None),
    ]
    assert told[2].change.value == 1
