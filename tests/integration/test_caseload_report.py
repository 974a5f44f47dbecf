"""A report says what was known as of a moment: what comes later changes later reports, and never an earlier one."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from shared.events import scheduling as s, scheduling_erasure as erasure, scheduling_people as people
from shared.ids import new_id
from shared.reports.document import Metric, Report, Scope, decode, encode
from shared.settings import DatabaseSettings
from tests.support import care
from tests.support.log import arrived, booked, cancelled, corrected, moved
from tests.support.messages import BERLIN, CHAIN, at
from tests.support.workers import Workers, a_workers
from workers.reports.caseload import caseload_report, scopes
from workers.reports.command import report_group
from workers.reports.knowledge import as_of, read
from workers.reports.known.calendar import time_zone_of_chain
from workers.reports.window import Window, period_of

CLINIC, OTHER_CLINIC, ANNA, BEN = (UUID(int=n) for n in range(1, 5))
WEEK: tuple[s.Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
CLOSES_AT = at("2026-11-05 05:00")


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        for event in house():
            made.tell(event, at("2026-01-01 08:00"), stream="house")
        yield made


def house() -> Iterator[Any]:
    address = s.Address(line="Demo Street 1", city="Berlin", region="", postal_code="10115", country="DE")
    yield s.ClinicOpened(clinic_id=CLINIC, name="Demo Clinic", phone="+15005550001")
    yield s.ClinicTermsSet(
        clinic_id=CLINIC,
        valid_from=date(2026, 1, 1),
        time_zone=BERLIN,
        address=address,
        latitude_e6=52520000,
        longitude_e6=13405000,
        opening_hours=tuple(s.Hours(weekday=day, opens="09:00", closes="17:00") for day in WEEK),
    )
    for therapist_id in (ANNA, BEN):
        yield s.TherapistAdded(therapist_id=therapist_id, name="Demo Therapist", languages=(), qualifications=())
        yield s.TherapistRotaSet(
            therapist_id=therapist_id,
            entries=tuple(
                s.RotaEntry(clinic_id=CLINIC, weekday=day, starts="09:00", ends="17:00", valid_from=date(2026, 1, 1))
                for day in WEEK
            ),
        )


def visit(
    workers: Workers, wall: str, client_id: UUID, therapist_id: UUID = ANNA, **changes: Any
) -> s.AppointmentBooked:
    """Booked a week before, and recorded then."""
    starts_at = at(wall)
    fields: dict[str, Any] = {
        "therapist_id": therapist_id,
        "clinic_id": CLINIC,
        "client_id": client_id,
        "starts_at": starts_at,
    }
    made = booked(**fields | {"notice_minutes": 7 * 24 * 60} | changes)
    workers.tell(made, starts_at - 7 * DAY)
    return made


def attended(
    workers: Workers, wall: str, client_id: UUID, therapist_id: UUID = ANNA, **changes: Any
) -> s.AppointmentBooked:
    made = visit(workers, wall, client_id, therapist_id, **changes)
    workers.tell(arrived(made), made.starts_at)
    return made


def tell(workers: Workers, *events: Any, recorded_at: datetime | None = None) -> None:
    """Of treatment, each recorded when it happened unless another moment is given."""
    for event in events:
        fields = ("happened_at", "started_at", "signed_at", "answered_at", "sent_at", "planned_at", "erased_at")
        moments = (getattr(event, name) for name in fields if hasattr(event, name))
        workers.tell(event, recorded_at or next(moments, CLOSES_AT), stream=f"care-{new_id()}")


def made(workers: Workers, at_: datetime = CLOSES_AT, scope: Scope | None = None, period: str = "2026-10") -> Report:
    with workers.engine.begin() as connection:
        connection.execute(text("SELECT enter_views()"))
        named = period_of(period, time_zone_of_chain(connection, CHAIN))
        known = read(connection, Window(CHAIN, named, as_of(connection, CHAIN, at_)))
        return caseload_report(known, scope or Scope(kind="therapist", id=ANNA))


def ratio(metric: Metric) -> tuple[float | None, float | None]:
    return metric.numerator, metric.denominator


def parts(metric: Metric) -> dict[str, float | None]:
    return {part.code: part.value for part in metric.parts}


def left(metric: Metric) -> dict[str, int]:
    return {each.reason: each.n for each in metric.exclusions}


def test_a_report_about_nothing_says_so_and_divides_by_nothing(workers: Workers) -> None:
    report = made(workers, scope=Scope(kind="therapist", id=UUID(int=99)))
    assert report.metric("utilisation").why_none == "no_capacity"
    assert {metric.value for metric in report.metrics if metric.unit != "count"} == {None}
    assert {metric.value for metric in report.metrics if metric.unit == "count"} == {0.0}


def test_the_numbers_of_a_month_of_visits(workers: Workers) -> None:
    regular, newcomer, gone = new_id(), new_id(), new_id()
    attended(workers, "2026-03-02 10:00", regular, BEN)
    attended(workers, "2025-03-03 10:00", gone)
    attended(workers, "2026-10-05 10:00", regular)
    attended(workers, "2026-10-06 10:00", newcomer)
    attended(workers, "2026-10-07 10:00", gone)
    again = visit(workers, "2026-10-12 10:00", regular)
    workers.tell(cancelled(again, initiator="therapist", notice_minutes=60), at("2026-10-12 09:00"))
    late = visit(workers, "2026-10-13 10:00", newcomer)
    workers.tell(cancelled(late, notice_minutes=1439), at("2026-10-12 10:01"))
    missing = visit(workers, "2026-10-14 10:00", newcomer)
    workers.tell(missed(missing), at("2026-10-14 11:00"))
    visit(workers, "2026-10-15 10:00", newcomer)
    report = made(workers)
    assert report.metric("attended_visits").value == 3
    assert parts(report.metric("clients_by_chain")) == {"new": 1, "returning": 1, "reactivated": 1}
    assert parts(report.metric("clients_by_therapist")) == {"new": 2, "returning": 0, "reactivated": 1}
    cancellations = report.metric("cancellation_rate")
    assert ratio(cancellations) == (2, 6)
    assert left(cancellations) == {"open": 1}
    shares = {part.code: part.numerator for part in cancellations.parts}
    assert shares == {
        "by_client": 1,
        "by_clinic": 1,
        "by_nobody_known": 0,
        "by_client_under_24_h": 1,
        "by_clinic_under_24_h": 1,
    }
    assert ratio(report.metric("no_show_rate")) == (1, 4)


def missed(visit: s.AppointmentBooked) -> s.AppointmentMissed:
    ids = {"appointment_id": visit.appointment_id, "client_id": visit.client_id}
    return s.AppointmentMissed(**ids, happened_at=visit.ends_at, reason=None)


def test_utilisation_counts_what_was_open_to_work(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", new_id())
    workers.tell(
        s.TimeOffAdded(
            time_off_id=new_id(),
            therapist_id=ANNA,
            starts_at=at("2026-10-08 08:00"),
            ends_at=at("2026-10-08 13:00"),
            reason="ill",
        ),
        at("2026-10-08 07:00"),
        stream="time-off",
    )
    closure: dict[str, Any] = {
        "clinic_id": CLINIC,
        "starts_at": at("2026-10-08 12:00"),
        "ends_at": at("2026-10-09 17:00"),
        "reason": "x",
    }
    workers.tell(s.ClosureAdded(closure_id=new_id(), **closure), at("2026-10-01 07:00"), stream="closure")
    found = made(workers).metric("utilisation")
    assert ratio(found) == (50, 22 * 480 - 180 - 5 * 60 - 480)
    assert parts(found) == {
        "rostered_minutes": 22 * 480,
        "blocked_minutes": 5 * 60 + 480,
        "leave_minutes": 180,
        "overrun_minutes": 0,
    }


def test_a_month_that_still_runs_is_counted_up_to_now(workers: Workers) -> None:
    """Nobody can have said what became of a visit of tomorrow, and its hours could not be worked yet."""
    attended(workers, "2026-10-05 10:00", new_id())
    visit(workers, "2026-10-06 10:00", new_id())
    visit(workers, "2026-10-08 10:00", new_id())
    episode = care.opened(new_id(), ANNA, CLINIC, at("2026-10-05 10:00"))
    question = care.asked(episode, date(2026, 10, 8), at("2026-10-05 12:00"))
    tell(workers, episode, question)
    found = made(workers, at("2026-10-07 11:00"))
    assert left(found.metric("attended_visits")) == {"open": 1}
    assert ratio(found.metric("utilisation")) == (50, 4 * 480 + 120)
    assert left(found.metric("check_in_response")) == {}
    assert left(made(workers, at("2026-10-09 11:00")).metric("check_in_response")) == {"undelivered": 1}


def test_a_later_booking_counts_when_it_was_made_in_time_and_stood(workers: Workers) -> None:
    early, late, off, ending, recent = (new_id() for _ in range(5))
    for n, client_id in enumerate((early, late, off, ending)):
        attended(workers, f"2026-10-05 1{n}:00", client_id)
    attended(workers, "2026-10-30 10:00", recent)
    visit(workers, "2026-10-14 10:00", early)
    visit(workers, "2026-10-20 10:00", late)
    dropped = visit(workers, "2026-10-12 10:00", off)
    workers.tell(cancelled(dropped, notice_minutes=5 * 24 * 60), at("2026-10-07 10:00"))
    episode = care.opened(ending, ANNA, CLINIC, at("2026-09-01 10:00"))
    tell(workers, episode, care.discharged(episode, at("2026-10-06 09:00")))
    found = made(workers, at("2026-11-01 01:00")).metric("rebooking_rate")
    assert ratio(found) == (1, 3)
    assert left(found) == {"planned_discharge": 1, "too_recent": 1}
    assert ratio(made(workers).metric("rebooking_rate")) == (1, 4)


def test_a_corrected_visit_counts_once_as_it_was(workers: Workers) -> None:
    wrong = visit(workers, "2026-10-05 10:00", new_id())
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    before = made(workers)
    workers.tell(corrected(wrong, "noshow", "fulfilled"), at("2026-11-20 11:00"))
    after = made(workers, at("2026-11-21 11:00"))
    assert before.metric("attended_visits").value == 0
    assert after.metric("attended_visits").value == 1
    assert ratio(after.metric("no_show_rate")) == (0, 1)
    assert encode(made(workers)) == encode(before)


def test_a_visit_that_was_never_to_take_place_is_cancelled_by_nobody_known(workers: Workers) -> None:
    wrong = visit(workers, "2026-10-05 10:00", new_id())
    workers.tell(missed(wrong), at("2026-10-05 11:00"))
    workers.tell(corrected(wrong, "noshow", "cancelled"), at("2026-10-06 11:00"))
    rate = made(workers).metric("cancellation_rate")
    assert ratio(rate) == (1, 1)
    assert parts(rate)["by_nobody_known"] == 1


def test_what_is_recorded_late_changes_a_later_report_alone(workers: Workers) -> None:
    client_id = new_id()
    attended(workers, "2026-10-05 10:00", client_id)
    before = made(workers)
    booking = booked(
        therapist_id=ANNA, clinic_id=CLINIC, client_id=client_id, starts_at=at("2026-10-12 10:00"), notice_minutes=9000
    )
    workers.tell(booking, at("2026-11-06 10:00"))
    assert ratio(before.metric("rebooking_rate")) == (0, 1)
    assert ratio(made(workers, at("2026-11-06 11:00")).metric("rebooking_rate")) == (1, 1)
    assert encode(made(workers)) == encode(before)


def test_a_moved_visit_counts_where_it_was_moved_to(workers: Workers) -> None:
    gone = visit(workers, "2026-10-30 10:00", new_id())
    workers.tell(moved(gone, at("2026-11-02 10:00"), therapist_id=BEN), at("2026-10-29 10:00"))
    assert made(workers).metric("cancellation_rate").why_none == "nobody"
    november = made(workers, period="2026-11", scope=Scope(kind="therapist", id=BEN))
    assert left(november.metric("cancellation_rate")) == {"open": 1}


def test_two_who_are_one_person_are_one_from_then_on(workers: Workers) -> None:
    one, other = new_id(), new_id()
    attended(workers, "2026-09-07 10:00", one)
    attended(workers, "2026-10-05 10:00", other)
    before = made(workers)
    workers.tell(people.ClientsMerged(client_id=other, into_id=one), at("2026-11-10 10:00"), stream="client")
    assert parts(before.metric("clients_by_chain"))["new"] == 1
    assert parts(made(workers, at("2026-11-11 10:00")).metric("clients_by_chain")) == {
        "new": 0,
        "returning": 1,
        "reactivated": 0,
    }
    workers.tell(people.ClientsUnmerged(client_id=other, from_id=one), at("2026-11-12 10:00"), stream="client")
    assert parts(made(workers, at("2026-11-13 10:00")).metric("clients_by_chain"))["new"] == 1
    assert encode(made(workers)) == encode(before)


def test_a_hand_over_moves_the_client_when_it_happens(workers: Workers) -> None:
    client_id = new_id()
    episode = care.opened(client_id, ANNA, CLINIC, at("2026-09-01 10:00"))
    tell(workers, episode, care.transferred(episode, BEN, CLINIC, at("2026-10-20 10:00")))
    attended(workers, "2026-09-28 10:00", client_id)
    september, october = (
        {
            name: made(workers, scope=Scope(kind="therapist", id=id_), period=period).metric("active_caseload").value
            for name, id_ in (("anna", ANNA), ("ben", BEN))
        }
        for period in ("2026-09", "2026-10")
    )
    assert september == {"anna": 1, "ben": 0}
    assert october == {"anna": 0, "ben": 1}


def test_who_was_forgotten_stays_counted_and_is_looked_for_no_more(workers: Workers) -> None:
    client_id = new_id()
    tell(workers, care.opened(client_id, ANNA, CLINIC, at("2026-10-01 10:00")))
    attended(workers, "2026-10-05 10:00", client_id)
    before = made(workers)
    workers.tell(
        erasure.ClientErased(
            request_id=new_id(),
            client_id=client_id,
            client_ids=(client_id,),
            classes=("identity",),
            kept=(),
            undecided=(),
            keys=1,
            swept=(),
            erased_at=at("2026-11-10 10:00"),
        ),
        at("2026-11-10 10:00"),
        stream="erasure",
    )
    after = made(workers, at("2026-12-01 10:00"))
    assert [metric.value for metric in after.metrics] == [metric.value for metric in before.metrics]
    november = made(workers, at("2026-12-05 10:00"), period="2026-11")
    assert (before.metric("active_caseload").value, november.metric("active_caseload").value) == (1, 0)


def test_who_should_have_come_again_is_named_until_they_do(workers: Workers) -> None:
    late, there = (care.opened(new_id(), ANNA, CLINIC, at("2026-10-01 10:00")) for _ in range(2))
    for episode in (late, there):
        tell(workers, episode, care.planned(episode, date(2026, 10, 14), at("2026-10-05 11:00")))
    attended(workers, "2026-10-19 10:00", there.client_id)
    report = made(workers)
    assert report.metric("overdue_follow_ups").value == 1
    [named] = report.series.overdue
    assert (named.client_id, named.episode_id, named.planned_on) == (
        late.client_id,
        late.episode_id,
        date(2026, 10, 14),
    )
    tell(workers, care.planned(late, None, at("2026-10-30 11:00")), recorded_at=at("2026-11-06 10:00"))
    assert made(workers, at("2026-11-07 10:00")).metric("overdue_follow_ups").value == 0


def an_episode(workers: Workers, nrs: int | None, latest: int | None) -> None:
    """Begun on 5 October, with a score at the session a week later, and an answer two days after that."""
    episode = care.opened(new_id(), ANNA, CLINIC, at("2026-10-05 09:00"))
    first = care.started(episode, at("2026-10-05 10:00"))
    tell(workers, episode, first, care.released(first, 2))
    if nrs is not None:
        tell(workers, care.baseline(episode, nrs, at("2026-10-05 09:30")))
    tell(workers, care.scored(first, 3, 0, "now"))
    if latest is not None:
        second = care.started(episode, at("2026-10-12 10:00"))
        tell(workers, second, care.scored(second, 1, 9), care.scored(second, 2, 0, "after"))
        question = care.asked(episode, date(2026, 10, 14), at("2026-10-12 11:00"))
        tell(workers, question, care.sent(question, at("2026-10-14 18:00")))
        tell(workers, care.answered(question, latest, at("2026-10-14 19:00")))


def test_responders_stand_beside_who_was_not_heard_of_again(workers: Workers) -> None:
    for nrs, latest in ((7, 4), (7, 6), (3, 1), (1, 0), (None, 2), (5, None)):
        an_episode(workers, nrs, latest)
    report = made(workers)
    of_started, of_completers = (report.metric(f"responders_of_{name}") for name in ("started", "completers"))
    assert ratio(of_started) == (2, 4)
    assert left(of_started) == {"floor": 1, "no_baseline": 1}
    assert ratio(of_completers) == (2, 3)
    assert left(of_completers) == {"floor": 1, "missing": 1, "no_baseline": 1}
    assert report.metric("outcome_change").value == -2
    assert ratio(report.metric("check_in_coverage")) == (4, 6)
    assert ratio(report.metric("check_in_response")) == (5, 5)
    assert report.metric("case_mix_ratio").why_none == "not_enough"
    assert [(each.baseline, each.latest) for each in report.series.dumbbells] == [(7, 4), (7, 6), (3, 1)]
    [own] = report.series.funnel.responders
    assert own == (4, 2, True)
    first = report.series.trajectories[0]
    assert [(point.day, point.score, point.source) for point in first.points] == [
        (0, 7, "baseline"),
        (7, 9, "session"),
        (9, 4, "check_in"),
    ]
    assert (first.visits, first.baseline) == ((0, 7), 7)
    assert [(place.region, place.side, place.n) for place in report.series.complaints] == [("knee", "left", 5)]
    assert {(place.side, place.n) for place in report.series.treated} == {("left", 6)}


def test_a_correction_holds_when_a_cold_retest_shows_it(workers: Workers) -> None:
    episode = care.opened(new_id(), ANNA, CLINIC, at("2026-09-01 09:00"))
    first, second, third = (care.started(episode, at(f"2026-{day} 10:00")) for day in ("10-05", "10-12", "10-19"))
    held, lost, unseen = new_id(), new_id(), new_id()
    tell(workers, episode, first, second, third)
    for pattern_id in (held, lost, unseen):
        tell(workers, care.confirmed(first, pattern_id, at("2026-10-05 10:05")))
        tell(workers, care.corrected(first, pattern_id, at("2026-10-05 10:10")))
    tell(workers, care.held(second, held, at("2026-10-12 10:05")), care.relapsed(second, lost, at("2026-10-12 10:06")))
    tell(workers, care.corrected(third, lost, at("2026-10-19 10:10")))
    report = made(workers)
    hold = report.metric("hold_rate")
    assert ratio(hold) == (1, 2)
    [done] = hold.parts
    assert ratio(done) == (2, 3)
    [own] = report.series.funnel.hold
    assert own == (2, 1, True)
    assert left(done) == {"no_later_session": 1}
    assert [(step.day, step.share, step.at_risk) for step in report.series.holding] == [(0, 1.0, 2), (6, 0.5, 2)]


def test_loops_notes_and_flags_of_the_month(workers: Workers) -> None:
    episode = care.opened(new_id(), ANNA, CLINIC, at("2026-10-01 09:00"))
    one, other = new_id(), new_id()
    session = care.started(episode, at("2026-10-05 10:00"))
    unsigned = care.started(episode, at("2026-10-28 10:00"))
    tell(workers, episode, session, care.released(session, 1, one), care.retested(session, 2, one))
    tell(workers, care.retested(session, 3, other), care.released(session, 4, other), care.released(session, 5))
    tell(workers, care.signed(session, at("2026-10-05 13:00")), unsigned)
    question = care.asked(episode, date(2026, 10, 14), at("2026-10-12 11:00"))
    alert = care.raised(question, episode, at("2026-10-14 19:00"))
    tell(workers, question, alert, care.acknowledged(alert, at("2026-10-14 19:12")))
    report = made(workers)
    assert ratio(report.metric("loop_completeness")) == (1, 2)
    assert report.metric("unsigned_notes").value == 1
    assert report.metric("hours_to_sign").value == 3
    assert report.metric("minutes_to_acknowledge").value == 12
    assert left(report.metric("check_in_response")) == {"undelivered": 1}


def test_everybody_is_reported_from_one_reading_and_the_parts_make_the_whole(workers: Workers) -> None:
    attended(workers, "2026-10-05 10:00", new_id())
    attended(workers, "2026-10-05 10:00", new_id(), BEN)
    with workers.engine.begin() as connection:
        connection.execute(text("SELECT enter_views()"))
        known = read(connection, Window(CHAIN, period_of("2026-10", BERLIN), as_of(connection, CHAIN, CLOSES_AT)))
        reports = {scope: caseload_report(known, scope) for scope in scopes(known)}
    assert [(scope.kind, scope.id) for scope in reports] == [
        ("chain", CHAIN),
        ("clinic", CLINIC),
        ("therapist", ANNA),
        ("therapist", BEN),
    ]
    assert [report.metric("attended_visits").value for report in reports.values()] == [2, 2, 1, 1]


def test_the_command_prints_the_document(
    workers: Workers, workers_db: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    attended(workers, "2026-10-05 10:00", new_id())
    monkeypatch.setenv("SYNERGIST_WORKERS_DATABASE_URL", workers_db.api)
    asked = ["caseload", "--therapist", str(ANNA), "--period", "2026-10", "--as-of", "2026-11-05T05:00:00+01:00"]
    told = CliRunner().invoke(report_group, asked)
    assert told.exit_code == 0, told.output
    assert decode(told.stdout_bytes.strip()) == made(workers, at("2026-11-05 05:00"))
    assert [line.split()[0] for line in told.stderr.splitlines()] == ["Reading", "Making"]


@pytest.mark.parametrize(
    ("form", "begins"), [("csv", b"period,as_of"), ("html", b"<article"), ("pdf", b"%PDF-")], ids=["csv", "html", "pdf"]
)
def test_the_command_renders_what_the_document_says(
    workers: Workers, workers_db: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, form: str, begins: bytes
) -> None:
    attended(workers, "2026-10-05 10:00", new_id())
    monkeypatch.setenv("SYNERGIST_WORKERS_DATABASE_URL", workers_db.api)
    asked = ["caseload", "--therapist", str(ANNA), "--period", "2026-10", "--as", form, "--language", "de"]
    told = CliRunner().invoke(report_group, asked)
    assert told.exit_code == 0, told.output
    assert told.stdout_bytes.startswith(begins)
    assert b"Weitere Zahlen" not in told.stdout_bytes


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--period", "2026-10"], "Name one"),
        (["--therapist", str(UUID(int=77)), "--period", "2026-10"], "There is no therapist"),
        (["--therapist", str(ANNA), "--period", "October"], "is no month"),
        (["--therapist", str(ANNA), "--period", "2026-10", "--as-of", "2026-11-05T05:00"], "which clock"),
    ],
)
def test_the_command_says_what_it_cannot_make(
    workers: Workers, workers_db: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, asked: list[str], said: str
) -> None:
    monkeypatch.setenv("SYNERGIST_WORKERS_DATABASE_URL", workers_db.api)
    told = CliRunner().invoke(report_group, ["caseload", *asked])
    assert told.exit_code == 2
    assert said in told.output
