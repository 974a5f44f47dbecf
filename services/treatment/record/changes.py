"""What each event of a record does to it: something is added, something is told otherwise than it was, or it ends."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from shared.events import (
    treatment_alerts as a,
    treatment_check_ins as c,
    treatment_episodes as e,
    treatment_history as h,
    treatment_homework as w,
    treatment_patterns as p,
    treatment_requests as q,
    treatment_sessions as s,
)

Change = Literal["added", "amended", "closed"]

ADDED: tuple[type, ...] = (
    a.AlertRaised,
    c.CheckInAnswered,
    c.CheckInPlanned,
    e.BaselineSet,
    e.EpisodeOpened,
    e.FunctionGoalScored,
    e.FunctionGoalSet,
    e.NextVisitPlanned,
    h.ConsentGiven,
    h.ContraindicationNoted,
    h.InjuryRecorded,
    h.PriorAttemptRecorded,
    p.PatternHypothesised,
    q.AmendmentRequestedByClient,
    q.DisagreementStated,
    s.ActivationPerformed,
    s.AddendumAppended,
    s.AdverseReactionRecorded,
    s.BodyChartMarked,
    s.BodyworkGiven,
    s.MovementReassessed,
    s.MuscleRetested,
    s.MuscleTested,
    s.NoteWritten,
    s.PainScored,
    s.ReleaseApplied,
    s.SessionCountersigned,
    s.SessionSigned,
    s.SessionStarted,
    w.HomeworkAssigned,
    w.HomeworkReported,
)
AMENDED: tuple[type, ...] = (
    a.AlertAcknowledged,
    a.AlertEscalated,
    c.CheckInCorrected,
    c.CheckInOpened,
    c.CheckInSent,
    c.CheckInUndeliverable,
    c.CheckInsResumed,
    e.EpisodeHeld,
    e.EpisodeReopened,
    e.EpisodeResumed,
    e.EpisodeTransferred,
    h.ContraindicationRevised,
    h.InjuryRevised,
    h.PriorAttemptRevised,
    p.PatternClearedWithPrimary,
    p.PatternConfirmed,
    p.PatternCorrectedInSession,
    p.PatternHeld,
    p.PatternPromoted,
    p.PatternRelapsed,
    p.PatternSubordinated,
    s.AmendmentMade,
    s.EntryRevised,
    s.SessionLinked,
    w.HomeworkRevised,
)
CLOSED: tuple[type, ...] = (
    a.AlertClosed,
    c.CheckInCancelled,
    c.CheckInsStopped,
    e.EpisodeDischarged,
    h.ConsentWithdrawn,
    h.ContraindicationLifted,
    h.HistoryEnteredInError,
    p.PatternClosedUnverified,
    p.PatternEnteredInError,
    p.PatternRefuted,
    p.PatternResolved,
    q.AmendmentRequestAccepted,
    q.AmendmentRequestDeclined,
    s.EnteredInError,
    s.SessionLocked,
    w.HomeworkStopped,
)

CHANGE: Mapping[type, Change] = {
    **dict.fromkeys(ADDED, "added"),
    **dict.fromkeys(AMENDED, "amended"),
    **dict.fromkeys(CLOSED, "closed"),
}

MOMENTS = (
    "happened_at",
    "started_at",
    "signed_at",
    "locked_at",
    "given_at",
    "effective_at",
    "answered_at",
    "corrected_at",
    "planned_at",
    "opened_at",
    "sent_at",
    "noticed_at",
    "cancelled_at",
    "stopped_at",
    "resumed_at",
)
"""The fields by which events say when it happened."""


def happened_at(event: Any) -> datetime | None:
    """When it happened; None where the event says a day alone, or how something reads from now on."""
    return next((getattr(event, name) for name in MOMENTS if hasattr(event, name)), None)
