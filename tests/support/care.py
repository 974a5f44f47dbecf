"""Builders of treatment's events for reports: every field is filled, a test names only those it is about."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.events import (
    treatment_alerts as a,
    treatment_check_ins as c,
    treatment_episodes as e,
    treatment_patterns as p,
    treatment_sessions as t,
)
from shared.ids import new_id


def opened(client_id: UUID, therapist_id: UUID, clinic_id: UUID, at: datetime, **changes: Any) -> e.EpisodeOpened:
    fields: dict[str, Any] = {
        "episode_id": new_id(),
        "client_id": client_id,
        "target": "rectus_femoris",
        "side": "left",
        "catalogue": 1,
        "complaint": None,
        "lead_therapist_id": therapist_id,
        "clinic_id": clinic_id,
        "opened_from": "none",
        "appointment_id": None,
        "happened_at": at,
    }
    return e.EpisodeOpened(**fields | changes)


def baseline(episode: e.EpisodeOpened, nrs: int, at: datetime) -> e.BaselineSet:
    ids = {"episode_id": episode.episode_id, "client_id": episode.client_id}
    return e.BaselineSet(**ids, nrs_now=nrs, nrs_worst=nrs, nrs_average=nrs, happened_at=at)


def planned(episode: e.EpisodeOpened, on: date | None, at: datetime) -> e.NextVisitPlanned:
    return e.NextVisitPlanned(episode_id=episode.episode_id, client_id=episode.client_id, on=on, happened_at=at)


def transferred(episode: e.EpisodeOpened, therapist_id: UUID, clinic_id: UUID, at: datetime) -> e.EpisodeTransferred:
    return e.EpisodeTransferred(
        episode_id=episode.episode_id,
        client_id=episode.client_id,
        lead_therapist_id=therapist_id,
        clinic_id=clinic_id,
        reason="moved",
        happened_at=at,
    )


def discharged(episode: e.EpisodeOpened, at: datetime, *, planned: bool = True) -> e.EpisodeDischarged:
    ids = {"episode_id": episode.episode_id, "client_id": episode.client_id}
    return e.EpisodeDischarged(**ids, outcome="goal_met", planned=planned, happened_at=at)


def started(episode: e.EpisodeOpened, at: datetime, **changes: Any) -> t.SessionStarted:
    fields: dict[str, Any] = {
        "session_id": new_id(),
        "client_id": episode.client_id,
        "episode_id": episode.episode_id,
        "appointment_id": None,
        "clinic_id": episode.clinic_id,
        "therapist_id": episode.lead_therapist_id,
        "room_id": None,
        "started_at": at,
        "approximate": False,
        "time_zone": "Europe/Berlin",
        "catalogue": 1,
    }
    return t.SessionStarted(**fields | changes)


def charted(session: t.SessionStarted, sequence: int) -> dict[str, Any]:
    """What every entry has; each is charted a minute after the one before."""
    return {
        "session_id": session.session_id,
        "client_id": session.client_id,
        "sequence": sequence,
        "catalogue": 1,
        "note": None,
        "happened_at": session.started_at + timedelta(minutes=sequence),
        "approximate": False,
    }


def released(session: t.SessionStarted, sequence: int, loop_id: UUID | None = None, **changes: Any) -> t.ReleaseApplied:
    fields = charted(session, sequence) | {
        "release_id": new_id(),
        "loop_id": loop_id,
        "target": "rectus_femoris",
        "side": "left",
        "technique": None,
        "seconds": None,
        "overridden": (),
        "override": None,
    }
    return t.ReleaseApplied(**fields | changes)


def retested(session: t.SessionStarted, sequence: int, loop_id: UUID | None = None, **changes: Any) -> t.MuscleRetested:
    fields = tested_fields(session, sequence, loop_id) | {"of_test_id": new_id()}
    return t.MuscleRetested(**fields | changes)


def tested(session: t.SessionStarted, sequence: int, **changes: Any) -> t.MuscleTested:
    return t.MuscleTested(**tested_fields(session, sequence, None) | changes)


def tested_fields(session: t.SessionStarted, sequence: int, loop_id: UUID | None) -> dict[str, Any]:
    return charted(session, sequence) | {
        "test_id": new_id(),
        "loop_id": loop_id,
        "target": "gluteus_maximus",
        "side": "left",
        "response": "holds",
        "cold": False,
        "grade": None,
        "provocation": None,
        "position": None,
        "quality": None,
        "rater": session.therapist_id,
        "blinded": None,
    }


def scored(
    session: t.SessionStarted, sequence: int, value: int, when: t.When = "before", **changes: Any
) -> t.PainScored:
    fields = charted(session, sequence) | {
        "score_id": new_id(),
        "scale": "nrs",
        "value": value,
        "when": when,
        "source": "client",
        "target": None,
        "side": None,
    }
    return t.PainScored(**fields | changes)


def signed(session: t.SessionStarted, at: datetime) -> t.SessionSigned:
    return t.SessionSigned(
        session_id=session.session_id,
        client_id=session.client_id,
        signer=session.therapist_id,
        role="therapist",
        covers=1,
        content_hash="5f" * 32,
        leaves=(),
        signed_at=at,
    )


def confirmed(session: t.SessionStarted, pattern_id: UUID, at: datetime) -> p.PatternConfirmed:
    ids = {"pattern_id": pattern_id, "client_id": session.client_id, "session_id": session.session_id}
    return p.PatternConfirmed(**ids, sequence=3, by_tests=(), happened_at=at)


def corrected(session: t.SessionStarted, pattern_id: UUID, at: datetime) -> p.PatternCorrectedInSession:
    ids = {"pattern_id": pattern_id, "client_id": session.client_id, "session_id": session.session_id}
    return p.PatternCorrectedInSession(**ids, sequence=5, loop_id=new_id(), test_id=new_id(), happened_at=at)


def held(session: t.SessionStarted, pattern_id: UUID, at: datetime) -> p.PatternHeld:
    return p.PatternHeld(
        pattern_id=pattern_id,
        client_id=session.client_id,
        episode_id=session.episode_id,
        session_id=session.session_id,
        sequence=1,
        test_id=new_id(),
        days_since_correction=7,
        hold_count=1,
        thresholds=p.Thresholds(),
        happened_at=at,
    )


def relapsed(session: t.SessionStarted, pattern_id: UUID, at: datetime) -> p.PatternRelapsed:
    return p.PatternRelapsed(
        pattern_id=pattern_id,
        client_id=session.client_id,
        episode_id=session.episode_id,
        session_id=session.session_id,
        sequence=1,
        test_id=new_id(),
        days_since_correction=7,
        trigger=None,
        happened_at=at,
    )


def asked(episode: e.EpisodeOpened, due_on: date, at: datetime) -> c.CheckInPlanned:
    return c.CheckInPlanned(
        check_in_id=new_id(),
        client_id=episode.client_id,
        episode_id=episode.episode_id,
        session_id=None,
        step="day_7",
        counted_from=due_on - timedelta(days=7),
        due_on=due_on,
        due_time="18:00",
        time_zone="Europe/Berlin",
        nudge_hours=(24, 72),
        planned_at=at,
    )


def sent(question: c.CheckInPlanned, at: datetime) -> c.CheckInSent:
    ids = {"check_in_id": question.check_in_id, "client_id": question.client_id}
    return c.CheckInSent(**ids, ordinal=0, channel="email", sent_at=at)


def answered(question: c.CheckInPlanned, score: int, at: datetime, **changes: Any) -> c.CheckInAnswered:
    fields: dict[str, Any] = {
        "check_in_id": question.check_in_id,
        "client_id": question.client_id,
        "score": score,
        "places": ("knee-left",),
        "homework": None,
        "note": None,
        "red_flags": (),
        "after_session": False,
        "source": "client",
        "answered_at": at,
    }
    return c.CheckInAnswered(**fields | changes)


def raised(question: c.CheckInPlanned, episode: e.EpisodeOpened, at: datetime) -> a.AlertRaised:
    return a.AlertRaised(
        alert_id=new_id(),
        client_id=question.client_id,
        episode_id=question.episode_id,
        check_in_id=question.check_in_id,
        rules=("red_flag",),
        level="emergency",
        red_flags=("fever",),
        score=8,
        before=(),
        therapist_id=episode.lead_therapist_id,
        clinic_id=episode.clinic_id,
        escalate_at=at + timedelta(minutes=30),
        happened_at=at,
    )


def acknowledged(alert: a.AlertRaised, at: datetime) -> a.AlertAcknowledged:
    return a.AlertAcknowledged(
        alert_id=alert.alert_id, client_id=alert.client_id, action="called", note=None, happened_at=at
    )
