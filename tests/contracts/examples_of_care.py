"""One example of every event about the care of a client over time: episodes; the same rules as for all examples."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from shared.events import treatment_episodes as e


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-9000-{number:012x}")


CLIENT, EPISODE, GOAL, THERAPIST, CLINIC, VISIT = map(an_id, range(1, 7))
AT = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
IDS: dict[str, Any] = {"episode_id": EPISODE, "client_id": CLIENT, "happened_at": AT}

FILLED = (
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
    e.EpisodeTransferred(**IDS, lead_therapist_id=THERAPIST, clinic_id=CLINIC, reason="Has moved to another town"),
    e.EpisodeHeld(**IDS, until=date(2026, 5, 1), reason="Away for two months"),
    e.EpisodeResumed(**IDS),
    e.EpisodeDischarged(**IDS, outcome="goal_met", planned=True),
    e.EpisodeReopened(**IDS, reason="It hurts again"),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    e.EpisodeOpened: {"complaint": None, "appointment_id": None},
    e.EpisodeHeld: {"until": None, "reason": None},
    e.EpisodeReopened: {"reason": None},
}
