"""One example of every event about the care of a client over time: episodes, patterns, homework; the same rules hold."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from shared.events import (
    treatment_episodes as e,
    treatment_homework as h,
    treatment_patterns as p,
    treatment_requests as q,
)


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-9000-{number:012x}")


CLIENT, EPISODE, GOAL, THERAPIST, CLINIC, VISIT = map(an_id, range(1, 7))
AT = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
IDS: dict[str, Any] = {"episode_id": EPISODE, "client_id": CLIENT, "happened_at": AT}

PATTERN, PRIMARY, SESSION, TEST, OTHER_TEST, LOOP, INJURY = map(an_id, range(10, 17))
OF_PATTERN: dict[str, Any] = {"pattern_id": PATTERN, "client_id": CLIENT, "happened_at": AT}
SEEN: dict[str, Any] = OF_PATTERN | {"session_id": SESSION, "sequence": 4}
MEMBERS = (
    p.Member(target="psoas_major", side="left", role="overactive"),
    p.Member(target="gluteus_maximus", side="left", role="inhibited"),
)
THRESHOLDS = p.Thresholds(hours_to_hold=48, holds=3, span_days=42, points=3, percent=50, little_pain=0)
HOMEWORK = an_id(20)
OF_HOMEWORK: dict[str, Any] = {"homework_id": HOMEWORK, "client_id": CLIENT, "happened_at": AT}
TO_DO: dict[str, Any] = {
    "pairs": (
        h.Pair(
            release=h.ReleaseStep(target="psoas_major", side="left", technique="ball", seconds=60),
            activate=h.ActivationStep(target="gluteus_maximus", side="left", exercise="bridge", reps=8, seconds=5),
        ),
        h.Pair(
            release=h.ReleaseStep(target="psoas_major", side="right"),
            activate=h.ActivationStep(target="gluteus_maximus", side="right"),
        ),
    ),
    "catalogue": 1,
    "per_day": 2,
    "until": date(2026, 3, 16),
    "instructions": "Stop if the knee hurts",
}

OF_REQUEST: dict[str, Any] = {"request_id": an_id(30), "client_id": CLIENT}

FILLED = (
    q.AmendmentRequestedByClient(
        **OF_REQUEST,
        session_id=SESSION,
        wish="It was the other knee",
        way="letter",
        requested_on=date(2026, 3, 20),
        due_on=date(2026, 4, 19),
    ),
    q.AmendmentRequestAccepted(**OF_REQUEST, changed=(an_id(31),), note="The side was changed", happened_at=AT),
    q.AmendmentRequestDeclined(**OF_REQUEST, reason="The test was of this knee", happened_at=AT),
    q.DisagreementStated(**OF_REQUEST, statement="I know which knee it was", way="letter", stated_on=date(2026, 4, 2)),
    e.EpisodeOpened(
        **IDS,
        target="knee",
        side="left",
        catalogue=1,
        complaint="Pain when going downstairs",
        lead_therapist_id=THERAPIST,
        clinic_id=CLINIC,
        opened_from="visit",
        appointment_id=VISIT,
    ),
    e.BaselineSet(**IDS, nrs_now=4, nrs_worst=8, nrs_average=6),
    e.FunctionGoalSet(**IDS, goal_id=GOAL, activity="Run for half an hour", score=3),
    e.FunctionGoalScored(**IDS, goal_id=GOAL, score=7),
    e.NextVisitPlanned(**IDS, on=date(2026, 3, 16)),
    e.EpisodeTransferred(**IDS, lead_therapist_id=THERAPIST, clinic_id=CLINIC, reason="Has moved to another town"),
    e.EpisodeHeld(**IDS, until=date(2026, 5, 1), reason="Away for two months"),
    e.EpisodeResumed(**IDS),
    e.EpisodeDischarged(**IDS, outcome="goal_met", planned=True),
    e.EpisodeReopened(**IDS, reason="It hurts again"),
    p.ThresholdsSet(chain_id=an_id(30), thresholds=THRESHOLDS),
    p.PatternHypothesised(
        **OF_PATTERN,
        episode_id=EPISODE,
        session_id=SESSION,
        origin_injury_id=INJURY,
        members=MEMBERS,
        catalogue=1,
    ),
    p.PatternConfirmed(**SEEN, by_tests=(TEST, OTHER_TEST)),
    p.PatternRefuted(**SEEN, by_tests=(TEST,), because="inhibited_holds_cold"),
    p.PatternCorrectedInSession(**SEEN, loop_id=LOOP, test_id=TEST),
    p.PatternHeld(
        **SEEN,
        episode_id=EPISODE,
        test_id=TEST,
        days_since_correction=7,
        hold_count=1,
        thresholds=THRESHOLDS,
    ),
    p.PatternResolved(**OF_PATTERN, hold_count=3, span_days=42, nrs_before=6, nrs_now=2, thresholds=THRESHOLDS),
    p.PatternRelapsed(**SEEN, episode_id=EPISODE, test_id=TEST, days_since_correction=90, trigger="After a long drive"),
    p.PatternSubordinated(**OF_PATTERN, primary_pattern_id=PRIMARY),
    p.PatternPromoted(**SEEN, primary_pattern_id=PRIMARY, test_id=TEST),
    p.PatternClearedWithPrimary(**SEEN, primary_pattern_id=PRIMARY, test_id=TEST, days_since_correction=7),
    p.PatternClosedUnverified(**OF_PATTERN, episode_id=EPISODE),
    p.PatternEnteredInError(**OF_PATTERN, reason="Charted with the wrong client"),
    h.HomeworkAssigned(
        **OF_HOMEWORK,
        **TO_DO,
        episode_id=EPISODE,
        pattern_id=PATTERN,
        session_id=SESSION,
        starts_on=date(2026, 3, 2),
    ),
    h.HomeworkRevised(**OF_HOMEWORK, **TO_DO),
    h.HomeworkReported(**OF_HOMEWORK, on=date(2026, 3, 3), done="some", difficulty=4, pain_during=2, source="client"),
    h.HomeworkStopped(**OF_HOMEWORK, reason="The pattern has been refuted"),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    q.AmendmentRequestedByClient: {"session_id": None},
    q.AmendmentRequestAccepted: {"note": None},
    h.HomeworkAssigned: {"episode_id": None, "pattern_id": None, "session_id": None, "instructions": None},
    h.HomeworkRevised: {"instructions": None},
    h.HomeworkReported: {"difficulty": None, "pain_during": None},
    h.HomeworkStopped: {"reason": None},
    e.EpisodeOpened: {"complaint": None, "appointment_id": None},
    e.EpisodeHeld: {"until": None, "reason": None},
    e.EpisodeReopened: {"reason": None},
    e.NextVisitPlanned: {"on": None},
    p.PatternHypothesised: {"episode_id": None, "session_id": None, "origin_injury_id": None},
    p.PatternHeld: {"episode_id": None, "days_since_correction": None},
    p.PatternResolved: {"nrs_before": None},
    p.PatternRelapsed: {"episode_id": None, "days_since_correction": None, "trigger": None},
}
