"""What was learned after a report was closed is told beside it: which number is another by now, and by which event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from shared.events import (
    scheduling as s,
    scheduling_erasure as erasure,
    scheduling_people as people,
    treatment_sessions as t,
)
from shared.ids import new_id
from shared.reports.document import Exclusion, Report, Scope, encode
from shared.reports.restatement import (
    ELAPSED,
    Line,
    Restatement,
    by_code,
    numbers,
    operational,
)
from tests.integration.test_caseload_report import (
    ANNA,
    BEN,
    CLINIC,
    CLOSES_AT,
    DAY,
    attended,
    made,
    missed,
    tell,
    visit,
    workers,
)
from tests.support import care
from tests.support.log import booked, cancelled, corrected
from tests.support.messages import BERLIN, CHAIN, at
from tests.support.workers import Workers
from workers.reports.knowledge import as_of
from workers.reports.restating import restatement as restating
from workers.reports.restating.restatement import Found, Unexplained, look, restatements
from workers.reports.suppression import COMPARED
from workers.reports.window import Window, period_of

__all__ = ["workers"]

NOW = at("2026-11-20 12:00")
LATE = at("2026-11-06 10:00")
OF_ANNA = Scope(kind="therapist", id=ANNA)
OF_BEN = Scope(kind="therapist", id=BEN)
OF_CLINIC = Scope(kind="clinic", id=CLINIC)
OF_CHAIN = Scope(kind="chain", id=CHAIN)
CLIENT = UUID(int=77)


def entered(workers: Workers) -> Iterator[Connection]:
    with workers.engine.begin() as connection:
        connection.execute(text("SELECT enter_views()"))
        yield connection


def restated(
    workers: Workers, now: datetime = NOW, closes_at: datetime = CLOSES_AT, period: str = "2026-10"
) -> Mapping[Scope, Restatement]:
    for connection in entered(workers):
        window = Window(CHAIN, period_of(period, BERLIN), as_of(connection, CHAIN, closes_at))
        found = documents(restatements(look(connection, window, as_of(connection, CHAIN, now))))
    for scope, each in found.items():
        must_add_up(each, made(workers, closes_at, scope, period), made(workers, now, scope, period))
    return found


def documents(found: Mapping[Scope, Found]) -> Mapping[Scope, Restatement]:
    return {scope: each.restatement for scope, each in found.items()}


def must_add_up(restatement: Restatement, closed: Report, later: Report) -> None:
    """Line by line the causes explain the whole difference, and what has no line is the same."""
    before, after = ({code: numbers(each) for code, each in by_code(one.metrics).items()} for one in (closed, later))
    lines = {(line.code, line.part): line for line in restatement.lines}
    assert ("case_mix_ratio", None) not in lines
    for code in before:
        if code not in lines and code[0] not in COMPARED:
            assert before[code] == after[code], code
    for code, line in lines.items():
        assert (line.before, line.after) == (before[code], after[code])
        for name in ("numerator", "denominator"):
            assert sum_of(line, name) == pytest.approx(difference(line, name), abs=1e-9), (code, name)
        if line.before.value is not None and all(each.change.value is not None for each in line.causes):
            assert sum_of(line, "value") == pytest.approx(difference(line, "value"), abs=1e-9), code
        assert left_out(line) == {
            reason: n
            for reason in {each.reason for each in (*line.before.exclusions, *line.after.exclusions)}
            if (n := reasons(line.after.exclusions).get(reason, 0) - reasons(line.before.exclusions).get(reason, 0))
        }


def sum_of(line: Line, name: str) -> float:
    return sum(getattr(each.change, name) or 0.0 for each in line.causes)


def difference(line: Line, name: str) -> float:
    return (getattr(line.after, name) or 0.0) - (getattr(line.before, name) or 0.0)


def reasons(exclusions: Sequence[Exclusion]) -> dict[str, int]:
    return {each.reason: each.n for each in exclusions}


def left_out(line: Line) -> dict[str, int]:
    found: dict[str, int] = {}
    for cause in line.causes:
        for each in cause.change.exclusions:
            found[each.reason] = found.get(each.reason, 0) + each.n
    return {reason: n for reason, n in found.items() if n}


def line_of(restatement: Restatement, code: str, part: str | None = None) -> Line:
    [line] = [each for each in restatement.lines if (each.code, each.part) == (code, part)]
    return line


def caused(restatement: Restatement) -> set[tuple[str, str]]:
    """Names of numbers, and of what changed them."""
    return {(line.code, cause.name) for line in restatement.lines for cause in line.causes}


def codes(restatement: Restatement) -> set[str]:
    return {line.code for line in restatement.lines}


def event_ids(workers: Workers, name: str) -> list[UUID]:
    sql = text("SELECT event_id FROM report_events WHERE name = :name ORDER BY source, position")
    for connection in entered(workers):
        found = list(connection.execute(sql, {"name": name}).scalars())
    return found


def book_late(workers: Workers, client_id: UUID) -> s.AppointmentBooked:
    """Booked on 26 September for 12 October, of which word came on 3 November."""
    starts_at = at("2026-10-12 10:00")
    notice = int((starts_at - at("2026-09-26 10:00")).total_seconds() // 60)
    made_ = booked(therapist_id=ANNA, clinic_id=CLINIC, client_id=client_id, starts_at=starts_at, notice_minutes=notice)
    workers.tell(made_, LATE)
    return made_


def test_a_booking_of_which_word_came_late_is_a_line_with_the_day_on_which_it_was_made(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", CLIENT)
    visit(workers, "2026-11-10 10:00", new_id())
    later = book_late(workers, CLIENT)
    found = restated(workers)
    line = line_of(found[OF_ANNA], "rebooking_rate")
    assert (line.before.numerator, line.after.numerator, line.after.denominator) == (0, 1, 1)
    [cause] = line.causes
    assert cause.event_id in event_ids(workers, "scheduling.appointment_booked.v1")
    assert (cause.name, cause.recorded_at) == ("scheduling.appointment_booked.v1", LATE)
    assert (cause.happened_at, cause.about_at) == (at("2026-09-26 10:00"), later.starts_at)
    assert (cause.change.numerator, cause.change.denominator, cause.change.value) == (1, 0, 1)
    assert codes(found[OF_ANNA]) == {"rebooking_rate", "attended_visits", "cancellation_rate", "no_show_rate"}
    assert left_out(line_of(found[OF_ANNA], "attended_visits")) == {"open": 1}
    assert {scope for scope, each in found.items() if each.lines} == {OF_ANNA, OF_CLINIC, OF_CHAIN}


def test_a_visit_that_was_put_right_names_what_put_it_right_once_for_each_number(workers: Workers) -> None:
    wrong = visit(workers, "2026-10-05 10:00", CLIENT)
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    workers.tell(corrected(wrong, "noshow", "fulfilled"), LATE)
    found = restated(workers)[OF_ANNA]
    assert {name for _, name in caused(found)} == {"scheduling.appointment_status_corrected.v1"}
    assert line_of(found, "no_show_rate").causes[0].change.numerator == -1
    seen = line_of(found, "attended_visits")
    assert (seen.before.value, seen.after.value, seen.causes[0].change.value) == (0, 1, 1)
    assert seen.causes[0].about_at == wrong.starts_at
    assert line_of(found, "clients_by_chain", "new").after.value == 1


def scored_twice(workers: Workers) -> t.PainScored:
    """From 7 before the first treatment to 6 a week later."""
    episode = care.opened(CLIENT, ANNA, CLINIC, at("2026-10-05 09:00"))
    first, second = (care.started(episode, at(f"2026-10-{day} 10:00")) for day in ("05", "12"))
    tell(workers, episode, care.baseline(episode, 7, at("2026-10-05 09:30")), first, care.released(first, 2), second)
    score = care.scored(second, 1, 6)
    tell(workers, score)
    return score


def amended(score: t.PainScored, value: int) -> t.AmendmentMade:
    return t.AmendmentMade(
        session_id=score.session_id,
        client_id=score.client_id,
        amendment_id=new_id(),
        entry_id=score.score_id,
        changes={"value": value},
        rewritten=False,
        words=None,
        reason="misheard",
        signed_by=ANNA,
        signed_at=LATE,
    )


def test_a_score_that_was_amended_changes_outcomes_which_others_than_the_therapist_are_not_told(
    workers: Workers,
) -> None:
    score = scored_twice(workers)
    tell(workers, amended(score, 3), recorded_at=LATE)
    found = restated(workers)[OF_ANNA]
    [cause] = line_of(found, "outcome_change").causes
    assert (cause.name, cause.change.value) == ("treatment.amendment_made.v1", -3)
    assert (cause.recorded_at, cause.happened_at) == (LATE, score.happened_at)
    assert line_of(found, "responders_of_started").causes[0].change.numerator == 1
    assert operational(found).lines == ()
    assert {line.suppressible for line in found.lines} == {True}


def test_two_who_turn_out_to_be_one_person_change_who_was_new(workers: Workers) -> None:
    one, other = new_id(), new_id()
    attended(workers, "2026-09-07 10:00", one, BEN)
    attended(workers, "2026-10-05 10:00", other)
    workers.tell(people.ClientsMerged(client_id=other, into_id=one), LATE, stream="client")
    found = restated(workers)
    news = line_of(found[OF_ANNA], "clients_by_chain", "new")
    assert [(cause.name, cause.change.value) for cause in news.causes] == [("scheduling.clients_merged.v1", -1)]
    assert codes(found[OF_ANNA]) == {"clients_by_chain", "clients_by_clinic", "visits_per_episode"}
    workers.tell(people.ClientsUnmerged(client_id=other, from_id=one), at("2026-11-07 10:00"), stream="client")
    assert [each.lines for each in restated(workers).values()] == [()] * 4


def erased(client_id: UUID, erased_at: datetime) -> erasure.ClientErased:
    return erasure.ClientErased(
        request_id=new_id(),
        client_id=client_id,
        client_ids=(client_id,),
        classes=("identity",),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=erased_at,
    )


def test_who_was_forgotten_stays_counted_and_is_named_in_no_restatement(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", CLIENT)
    tell(workers, care.opened(CLIENT, ANNA, CLINIC, at("2026-10-01 10:00")))
    closed = encode(made(workers))
    book_late(workers, CLIENT)
    before = restated(workers)
    workers.tell(erased(CLIENT, at("2026-11-10 10:00")), at("2026-11-10 10:00"), stream="erasure")
    after = restated(workers)
    assert encode(made(workers)) == closed
    assert {scope: each.lines for scope, each in after.items()} == {scope: each.lines for scope, each in before.items()}
    assert codes(after[OF_ANNA])
    assert not any(str(CLIENT).encode() in encode(each) for each in after.values())


def test_a_rota_that_was_corrected_changes_the_time_that_could_have_been_worked(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", CLIENT)
    away = s.TimeOffAdded(
        time_off_id=new_id(),
        therapist_id=ANNA,
        starts_at=at("2026-10-08 08:00"),
        ends_at=at("2026-10-08 18:00"),
        reason="ill",
    )
    workers.tell(away, LATE, stream="time-off")
    for day in (7, 8):
        next_month = replace(away, time_off_id=new_id(), starts_at=at("2026-11-20 08:00"), ends_at=NOW)
        workers.tell(next_month, at(f"2026-11-0{day} 10:00"), stream="time-off")
    found = restated(workers)
    [cause] = line_of(found[OF_ANNA], "utilisation").causes
    assert (cause.name, cause.recorded_at, cause.change.denominator) == ("scheduling.time_off_added.v1", LATE, -480)
    assert {scope for scope, each in found.items() if each.lines} == {OF_ANNA, OF_CLINIC, OF_CHAIN}


def test_a_span_that_has_passed_by_now_is_told_apart_from_what_was_learned(workers: Workers) -> None:
    attended(workers, "2026-10-31 10:00", CLIENT)
    soon = restated(workers, closes_at=at("2026-11-01 05:00"))[OF_ANNA]
    line = line_of(soon, "rebooking_rate")
    [cause] = line.causes
    assert (cause.name, cause.event_id, cause.recorded_at) == (ELAPSED, None, None)
    assert (cause.change.denominator, cause.change.exclusions) == (1, (Exclusion(reason="too_recent", n=-1),))


def test_what_was_taken_back_again_is_no_line_and_what_belongs_to_later_months_neither(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", CLIENT)
    for day in range(6, 20):
        later = visit(workers, f"2026-11-{day + 7} 10:00", CLIENT) if day < 20 else None
        if later is not None and day % 2:
            workers.tell(cancelled(later), later.starts_at - 2 * DAY)
    assert [each.lines for each in restated(workers).values()] == [()] * 4


def test_several_events_of_both_logs_are_told_in_the_order_in_which_they_were_recorded(workers: Workers) -> None:
    wrong = visit(workers, "2026-10-05 10:00", CLIENT)
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    score = scored_twice(workers)
    for minute, event in enumerate(
        (corrected(wrong, "noshow", "fulfilled"), corrected(wrong, "fulfilled", "noshow")), 1
    ):
        workers.tell(event, LATE.replace(minute=minute))
    tell(workers, amended(score, 3), recorded_at=LATE.replace(minute=5))
    tell(workers, amended(score, 4), recorded_at=LATE.replace(minute=6))
    workers.tell(corrected(wrong, "noshow", "fulfilled"), LATE.replace(minute=7))
    found = restated(workers)[OF_ANNA]
    change = line_of(found, "outcome_change")
    told = [(cause.recorded_at, cause.change.value) for cause in change.causes]
    assert told == [(LATE.replace(minute=5), -3), (LATE.replace(minute=6), 1)]
    moments = [[cause.recorded_at for cause in line.causes if cause.recorded_at] for line in found.lines]
    assert moments == [sorted(each) for each in moments]


def test_reports_closed_before_a_therapist_was_there_say_nothing_of_them(workers: Workers) -> None:
    newcomer = UUID(int=9)
    attended(workers, "2026-10-05 10:00", CLIENT)
    starts_at = at("2026-10-06 10:00")
    workers.tell(booked(therapist_id=newcomer, clinic_id=CLINIC, starts_at=starts_at, notice_minutes=1440), LATE)
    found = restated(workers)
    assert Scope(kind="therapist", id=newcomer) not in found
    assert left_out(line_of(found[OF_CLINIC], "attended_visits")) == {"open": 1}


def test_what_does_not_add_up_is_told_to_nobody(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    attended(workers, "2026-10-05 10:00", CLIENT)
    book_late(workers, CLIENT)
    monkeypatch.setattr(restating, "way", lambda *_: iter(()))
    with pytest.raises(Unexplained, match="rebooking_rate"):
        restated(workers)


def test_the_workers_may_lay_out_facts_where_the_public_may_not(workers: Workers) -> None:
    """As it is after migrating; the databases of tests are copies, to which no grant is copied."""
    granted = text("""
        SELECT has_database_privilege(current_user, datname, 'TEMPORARY') AND NOT datacl::text LIKE '%{=%'
        FROM pg_database WHERE datname LIKE 'workers_template%'
    """)
    for connection in entered(workers):
        assert set(connection.execute(granted).scalars()) == {True}


def test_facts_of_everybody_are_read_again_after_those_of_a_few(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", CLIENT)
    attended(workers, "2026-10-06 10:00", new_id())
    book_late(workers, CLIENT)
    for connection in entered(workers):
        window = Window(CHAIN, period_of("2026-10", BERLIN), as_of(connection, CHAIN, CLOSES_AT))
        later = as_of(connection, CHAIN, NOW)
        first, again = (restatements(look(connection, window, later)) for _ in range(2))
        assert first == again
        assert set(restatements(look(connection, window, later, [OF_BEN]))) == {OF_BEN}
