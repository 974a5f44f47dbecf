"""Every formula by cases made by hand: what counts, what is left out, and where the line is drawn."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from shared.ids import new_id
from shared.reports.document import AsOf
from workers.reports.known.episodes import Baseline, Episode, Lead, Plan
from workers.reports.known.follow_up import CheckIn
from workers.reports.known.patterns import Confirmed, Step, corrections_in, resolved_in
from workers.reports.known.sessions import Course, PainScore, Rating, Session, Treated
from workers.reports.known.visits import Presence, Visit
from workers.reports.metrics import care, follow_up, outcomes as of_pain, patterns, process, visits
from workers.reports.outcomes import Outcome, Score, area_of, outcomes, strata
from workers.reports.window import Window, period_of

ANNA, CLINIC, PERSON = (UUID(int=n) for n in (1, 2, 3))
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WINDOW = Window(
    new_id(),
    period_of("2026-10", "UTC"),
    AsOf(scheduling=9, treatment=9, at=datetime.fromisoformat("2026-11-05T00:00Z")),
)
NOON = datetime.fromisoformat("2026-10-12T12:00Z")


def visit(**changes: Any) -> Visit:
    starts_at = changes.get("starts_at", NOON)
    fields: dict[str, Any] = {
        "appointment_id": new_id(),
        "person_id": new_id(),
        "therapist_id": ANNA,
        "clinic_id": CLINIC,
        "starts_at": starts_at,
        "ends_at": starts_at + HOUR,
        "status": "fulfilled",
        "initiator": None,
        "notice_minutes": None,
        "actual_starts_at": None,
        "actual_ends_at": None,
        "last_at_chain": None,
        "last_at_clinic": None,
        "last_with_therapist": None,
        "rebooked": False,
    }
    return Visit(**fields | changes)


def episode(**changes: Any) -> Episode:
    fields: dict[str, Any] = {
        "episode_id": new_id(),
        "person_id": PERSON,
        "opened_at": NOON - 7 * DAY,
        "target": "psoas_major",
        "side": "left",
        "leads": (Lead(ANNA, CLINIC, NOON - 7 * DAY),),
    }
    return Episode(**fields | changes)


def session(**changes: Any) -> Session:
    fields: dict[str, Any] = {
        "session_id": new_id(),
        "person_id": PERSON,
        "therapist_id": ANNA,
        "clinic_id": CLINIC,
        "episode_id": None,
        "appointment_id": None,
        "started_at": NOON,
        "signed_at": None,
        "addenda": 0,
    }
    return Session(**fields | changes)


def check_in(**changes: Any) -> CheckIn:
    fields: dict[str, Any] = {
        "check_in_id": new_id(),
        "person_id": PERSON,
        "episode_id": None,
        "session_id": None,
        "planned_at": NOON - 7 * DAY,
        "due_at": NOON,
        "good_until": None,
        "delivered": True,
        "answered_at": None,
        "score": None,
        "places": (),
        "cancelled_at": None,
        "cause": None,
    }
    return CheckIn(**fields | changes)


@pytest.mark.parametrize(
    ("before", "kind"),
    [(None, "new"), (NOON - 365 * DAY, "returning"), (NOON - 365 * DAY - timedelta.resolution, "reactivated")],
)
def test_a_client_returns_within_a_year_and_is_reactivated_after_it(before: datetime | None, kind: str) -> None:
    assert visits.kind_of(visit(), before) == kind


def test_a_person_is_classed_by_the_first_visit_of_the_period_alone() -> None:
    first, second = visit(person_id=PERSON), visit(person_id=PERSON, last_at_chain=NOON, last_with_therapist=NOON)
    to_chain, _, _ = visits.new_and_returning([visit(status="noshow"), first, second])
    assert {part.code: part.value for part in to_chain.parts} == {"new": 1, "returning": 0, "reactivated": 0}


def test_no_visits_give_no_rates() -> None:
    rates = (visits.cancellation_rate([]), visits.no_show_rate([]), visits.rebooking_rate([], {}, NOON))
    assert [(rate.value, rate.interval, rate.why_none) for rate in rates] == [(None, None, "nobody")] * 3


@pytest.mark.parametrize(("minutes", "short"), [(1439, 1), (1440, 0), (-5, 1), (None, 0)])
def test_short_notice_is_less_than_a_day(minutes: int | None, short: int) -> None:
    gone = visit(status="cancelled", initiator="client", notice_minutes=minutes)
    [part] = [each for each in visits.cancellation_rate([gone]).parts if each.code == "by_client_under_24_h"]
    assert part.numerator == short


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (NOON - timedelta.resolution, {}),
        (NOON, {"planned_discharge": 1}),
        (NOON + 73 * HOUR, {"planned_discharge": 1}),
        (NOON + 73 * HOUR + timedelta.resolution, {}),
    ],
)
def test_after_an_agreed_last_visit_nobody_has_to_come_again(end: datetime, left: dict[str, int]) -> None:
    metric = visits.rebooking_rate([visit(person_id=PERSON)], {PERSON: [end]}, NOON + 30 * DAY)
    assert {each.reason: each.n for each in metric.exclusions} == left


def test_a_visit_is_asked_about_rebooking_once_72_hours_have_gone() -> None:
    ready = visits.rebooking_rate([visit()], {}, NOON + 73 * HOUR)
    early = visits.rebooking_rate([visit()], {}, NOON + 73 * HOUR - timedelta.resolution)
    assert (ready.denominator, early.denominator) == (1, 0)


@pytest.mark.parametrize(
    ("presence", "asked", "active"),
    [
        (Presence(WINDOW.shown_at - 42 * DAY, is_expected=False), False, 1),
        (Presence(WINDOW.shown_at - 42 * DAY - timedelta.resolution, is_expected=False), False, 0),
        (Presence(None, is_expected=True), False, 1),
        (None, True, 1),
        (None, False, 0),
    ],
)
def test_the_caseload_is_who_came_is_expected_or_is_asked(presence: Presence | None, asked: bool, active: int) -> None:
    known = {PERSON: presence} if presence else {}
    two = [episode(), episode()]
    metric = care.active_caseload(two, known, frozenset([PERSON] if asked else []), WINDOW)
    assert metric.value == active
    assert care.active_caseload([episode(ended_at=NOON)], known, frozenset([PERSON]), WINDOW).value == 0


@pytest.mark.parametrize(
    ("planned_on", "came_at", "expected", "late"),
    [
        (date(2026, 10, 24), None, False, 1),
        (date(2026, 10, 25), None, False, 0),
        (date(2026, 10, 1), NOON + HOUR, False, 0),
        (date(2026, 10, 1), NOON, False, 1),
        (date(2026, 10, 1), None, True, 0),
        (None, None, False, 0),
    ],
)
def test_a_follow_up_is_overdue_after_seven_days(
    planned_on: date | None, came_at: datetime | None, expected: bool, late: int
) -> None:
    """The period ends on 1 November."""
    planned = episode(plan=Plan(planned_on, NOON))
    known = {PERSON: Presence(came_at, is_expected=expected)}
    assert len(care.overdue([planned, episode()], known, WINDOW)) == late
    assert care.overdue([replace(planned, is_held=True), replace(planned, ended_at=NOON)], known, WINDOW) == []


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (check_in(), ""),
        (check_in(due_at=NOON - 7 * DAY + timedelta.resolution), "too_recent"),
        (check_in(delivered=False), "undelivered"),
        (check_in(delivered=False, cancelled_at=NOON, cause="opted_out"), "opted_out"),
        (check_in(delivered=False, cancelled_at=NOON, cause="replaced"), "cancelled"),
        (check_in(cancelled_at=NOON, cause="replaced"), ""),
    ],
)
def test_only_who_was_reached_and_had_seven_days_is_asked_about(question: CheckIn, reason: str) -> None:
    at = NOON + 7 * DAY if reason != "too_recent" else NOON
    assert follow_up.reason_out(question, at) == reason


@pytest.mark.parametrize(("after", "in_time"), [(7 * DAY, 1), (7 * DAY + timedelta.resolution, 0), (-HOUR, 1)])
def test_an_answer_counts_for_seven_days(after: timedelta, in_time: int) -> None:
    asked = follow_up.Asked(ANNA, CLINIC, check_in(answered_at=NOON + after))
    assert follow_up.check_in_response([asked], NOON + 30 * DAY).numerator == in_time


@pytest.mark.parametrize(
    ("planned", "answered", "good_until", "running"),
    [(-HOUR, None, None, True), (HOUR, None, None, False), (-DAY, -HOUR, None, False), (-DAY, None, -HOUR, False)],
)
def test_a_check_in_runs_until_it_is_answered_or_over(
    planned: timedelta, answered: timedelta | None, good_until: timedelta | None, running: bool
) -> None:
    question = check_in(
        planned_at=NOON + planned,
        answered_at=answered and NOON + answered,
        good_until=good_until and NOON + good_until,
    )
    assert question.is_running(NOON) is running


def outcome(baseline: int | None, latest: int | None, person_id: UUID = PERSON) -> Outcome:
    scores = [Score(latest, NOON, "check_in")] if latest is not None else []
    return Outcome(episode=episode(person_id=person_id), baseline=baseline, scores=scores, has_check_in=bool(scores))


@pytest.mark.parametrize(
    ("baseline", "latest", "responds"),
    [
        (10, 7, True),
        (10, 8, False),
        (7, 5, False),
        (6, 4, True),
        (2, 0, True),
        (3, 2, False),
        (1, 0, False),
        (9, 9, False),
    ],
)
def test_who_responds_is_down_by_two_points_and_thirty_percent(baseline: int, latest: int, responds: bool) -> None:
    assert outcome(baseline, latest).has_responded is responds


SCORES = st.none() | st.integers(0, 10)


@given(st.lists(st.tuples(SCORES, SCORES)))
def test_everybody_who_began_is_counted_once(cases: list[tuple[int | None, int | None]]) -> None:
    found = [outcome(*case) for case in cases]
    of_started, of_completers = of_pain.responders(found)
    left = {each.reason: each.n for each in of_completers.exclusions}
    assert of_completers.numerator is not None
    non = (of_completers.denominator or 0) - of_completers.numerator
    assert of_completers.numerator + non + sum(left.values()) == len(cases)
    assert of_started.numerator == of_completers.numerator


def test_the_case_mix_compares_like_with_like() -> None:
    tried = new_id()
    chain = [outcome(8, 2), outcome(8, 8), *(outcome(3, 0, tried) for _ in range(4))]
    known = strata(chain, frozenset([tried]))
    assert known == {(2, "trunk", False): (2, 1), (0, "trunk", True): (4, 4)}
    assert [area_of(each) for each in ("sacroiliac_joint", "deltoid", "hip_joint", "running")] == [
        "trunk",
        "arm",
        "leg",
        "trunk",
    ]
    own = [outcome(8, 2) for _ in range(30)]
    metric = of_pain.case_mix(own, known, frozenset([tried]))
    assert (metric.value, metric.numerator, metric.denominator) == (2, 30, 15)
    assert of_pain.case_mix(own[:29], known, frozenset()).why_none == "not_enough"


def pain_of(
    scores: list[PainScore], baseline: Baseline | None, treated: Treated | None, answers: list[CheckIn]
) -> Outcome:
    begun = episode(baseline=baseline)
    course = Course({begun.episode_id: scores}, {begun.episode_id: treated} if treated else {})
    asked = [replace(each, episode_id=begun.episode_id) for each in answers]
    [found] = outcomes([begun], asked, course, WINDOW.shown_at).values()
    return found


def test_scores_count_after_the_first_treatment_and_of_the_complaint_alone() -> None:
    first, later = new_id(), new_id()
    scores = [
        PainScore(first, 2, None, None, NOON + HOUR),
        PainScore(later, 3, "psoas_major", "right", NOON + DAY),
        PainScore(later, 5, "psoas_major", "left", NOON + DAY),
    ]
    answers = [
        check_in(answered_at=NOON + 2 * DAY, score=4),
        check_in(answered_at=NOON - DAY, score=9),
        check_in(answered_at=WINDOW.shown_at, score=0),
    ]
    found = pain_of(scores, Baseline(7, NOON - HOUR), Treated(first, NOON), answers)
    assert [each.score for each in found.scores] == [5, 4]
    assert (found.baseline, found.latest, found.has_check_in) == (7, 4, True)


@pytest.mark.parametrize(
    ("before", "counts"),
    [(timedelta(), True), (7 * DAY, True), (7 * DAY + timedelta.resolution, False), (-timedelta.resolution, False)],
)
def test_a_baseline_is_from_the_week_before_the_first_treatment(before: timedelta, counts: bool) -> None:
    found = pain_of([], Baseline(7, NOON - before), Treated(new_id(), NOON), [])
    assert found.baseline == (7 if counts else None)
    assert pain_of([], Baseline(7, NOON - before), None, []).baseline == 7


def steps(*names: str) -> list[Step]:
    """One a day, each in a session of its own."""
    return [Step(name, at := NOON + n * DAY, each := session(started_at=at), each) for n, name in enumerate(names)]


def test_the_first_cold_retest_decides_whether_a_correction_held() -> None:
    kept, lost, redone = corrections_in(
        steps("confirmed", "corrected", "held", "relapsed", "corrected", "relapsed", "corrected"), PERSON
    )
    assert (kept.passed, kept.retested_at, kept.held_until, kept.lost_at) == (
        True,
        *(NOON + n * DAY for n in (2, 2, 3)),
    )
    assert (lost.passed, lost.retested_at, lost.held_until, lost.lost_at) == (
        False,
        NOON + 5 * DAY,
        None,
        NOON + 5 * DAY,
    )
    assert (redone.passed, redone.retested_at) == (False, None)


def test_what_comes_back_after_a_resolution_is_counted_from_it() -> None:
    first, second = resolved_in(
        steps("corrected", "held", "resolved", "held", "relapsed", "corrected", "resolved"), PERSON
    )
    assert (first.relapsed_at, first.held_until) == (NOON + 4 * DAY, NOON + 3 * DAY)
    assert (second.relapsed_at, second.held_until) == (None, None)


def test_relapse_is_watched_as_long_as_there_was_word() -> None:
    gone, silent = resolved_in(steps("corrected", "resolved", "relapsed", "corrected", "resolved"), PERSON)
    unseen = patterns.relapse([gone, silent], {}, WINDOW)
    assert (unseen.denominator, [each.n for each in unseen.exclusions]) == (1, [1])
    answers = {PERSON: [silent.resolved_at + 100 * DAY]}
    heard = patterns.relapse([gone, silent], answers, WINDOW)
    assert (heard.denominator, heard.numerator, heard.why_none) == (2, 1, "not_reached")
    assert [part.value for part in heard.parts] == [0.5, 0.5]


def test_resolution_leaves_out_the_refuted_and_counts_visits_from_the_confirmation() -> None:
    seen = session(started_at=NOON)
    fields: dict[str, Any] = {"person_id": PERSON, "therapist_id": ANNA, "clinic_id": CLINIC, "session": seen}
    ends: dict[str, Any] = {"resolved_at": None, "lost_sight_at": None, "refuted": False}
    solved = Confirmed(**fields | ends | {"confirmed_at": NOON, "resolved_at": NOON + 14 * DAY})
    refuted = Confirmed(**fields | ends | {"confirmed_at": NOON, "refuted": True})
    starts = {PERSON: [NOON - DAY, NOON, NOON + 7 * DAY, NOON + 14 * DAY, NOON + 20 * DAY]}
    metric = patterns.resolution([solved, refuted], starts, WINDOW)
    [by_visit] = metric.parts
    assert (metric.value, by_visit.value) == (1, 1)
    assert [(each.reason, each.n) for each in metric.exclusions] == [("refuted", 1)]
    one_more = {PERSON: [NOON, *(NOON + n * DAY for n in (1, 7, 14))]}
    assert patterns.resolution([solved], one_more, WINDOW).parts[0].numerator == 0


def test_visits_per_episode_are_of_those_that_ended_beside_those_still_open() -> None:
    ended, running, before = episode(ended_at=NOON), episode(), episode(ended_at=NOON - 30 * DAY)
    taken = Counter({ended.episode_id: 4, running.episode_id: 6, before.episode_id: 99})
    metric = care.visits_per_episode(
        [ended, running, before], taken, [visit(), visit(last_at_chain=NOON - DAY)], WINDOW
    )
    assert (metric.value, metric.denominator) == (4, 1)
    assert {part.code: part.value for part in metric.parts} == {"with_open_episodes": 4, "legacy_visit_average": 2}


def test_a_note_is_unsigned_for_as_long_as_it_was_at_the_moment_shown() -> None:
    ends = WINDOW.shown_at
    late = session(started_at=ends - 48 * HOUR - timedelta.resolution)
    held = [
        late,
        session(started_at=ends - 48 * HOUR),
        replace(late, signed_at=ends),
        replace(late, signed_at=ends - HOUR),
    ]
    unsigned, hours, _ = process.notes(held, WINDOW)
    assert unsigned.value == 2
    assert hours.denominator == 1


def test_a_pair_of_ratings_is_of_two_people() -> None:
    fields: dict[str, Any] = {
        "session_id": new_id(),
        "therapist_id": ANNA,
        "clinic_id": CLINIC,
        "target": "t",
        "side": "left",
    }
    one, other = new_id(), new_id()
    ratings = [
        Rating(**fields, after=0, rater=one, response="holds"),
        Rating(**fields, after=0, rater=one, response="fails"),
        Rating(**fields, after=0, rater=other, response="delayed"),
        Rating(**fields, after=1, rater=other, response="holds"),
    ]
    assert process.pair_of(ratings[:3]) == ("holds", "delayed")
    metric = process.rater_agreement(ratings)
    assert (metric.denominator, metric.why_none) == (1, "not_enough")
    many = [replace(each, session_id=new_id_) for new_id_ in (new_id() for _ in range(20)) for each in ratings[:3]]
    assert process.rater_agreement(many).denominator == 20


def test_who_leads_an_episode_is_who_led_it_then() -> None:
    ben = new_id()
    handed = episode(leads=(Lead(ANNA, CLINIC, NOON), Lead(ben, CLINIC, NOON + DAY)))
    assert [handed.lead_at(NOON + n * HOUR).therapist_id for n in (-1, 0, 23, 24)] == [ANNA, ANNA, ANNA, ben]
