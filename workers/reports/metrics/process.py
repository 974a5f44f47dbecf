"""What a therapist has in their own hands: loops that end with a retest, notes that are signed, raters who agree."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from shared.reports.document import Metric
from workers.reports.known.sessions import Loops, Rating, Session
from workers.reports.metrics.numbers import HOUR, count, median, share
from workers.reports.statistics import agreement
from workers.reports.window import Window

SIGN_WITHIN = timedelta(hours=48)


def loop_completeness(loops: Sequence[Loops]) -> Metric:
    released = sum(each.released for each in loops)
    return share("loop_completeness", sum(each.retested for each in loops), released, "loops_with_release")


def notes(sessions: Sequence[Session], window: Window) -> list[Metric]:
    """What is not signed at the moment shown, how long it took where it was in the period, and what was added later."""
    late = window.shown_at - SIGN_WITHIN
    unsigned = sum(each.started_at < late and not is_signed(each, window) for each in sessions)
    signed = [each for each in sessions if each.signed_at is not None and window.holds(each.signed_at)]
    hours = [(each.signed_at - each.started_at) / HOUR for each in signed if each.signed_at is not None]
    addenda = sum(each.addenda for each in sessions)
    per_100 = Metric(
        code="addenda_per_100_sessions",
        unit="ratio",
        population="sessions_signed_in_period",
        value=100 * addenda / len(signed) if signed else None,
        numerator=float(addenda),
        denominator=float(len(signed)),
        why_none=None if signed else "nobody",
    )
    return [
        count("unsigned_notes", unsigned, "sessions"),
        median("hours_to_sign", "hours", hours, "sessions_signed_in_period"),
        per_100,
    ]


def is_signed(session: Session, window: Window) -> bool:
    return session.signed_at is not None and session.signed_at < window.shown_at


def rater_agreement(ratings: Sequence[Rating]) -> Metric:
    """Cohen's kappa of blinded pairs of the year: two raters, the same target and side, and no work in between."""
    place = attrgetter("session_id", "target", "side", "after")
    pairs = [pair for _, group in groupby(ratings, place) if (pair := pair_of(list(group))) is not None]
    found = agreement(pairs)
    return Metric(
        code="rater_agreement",
        unit="kappa",
        population="blinded_pairs_in_year",
        value=found.kappa,
        denominator=float(found.n),
        why_none=None if found.kappa is not None else "not_enough",
    )


def pair_of(ratings: Sequence[Rating]) -> tuple[str, str] | None:
    """The first rating, and the first one of somebody else after it."""
    first = ratings[0]
    other = next((each for each in ratings if each.rater != first.rater), None)
    return (first.response, other.response) if other else None
