"""Answers to check-ins, as the client or a therapist for them gives them: whoever races, there is one to each question.

Everything is decided under the lock of the client, in the transaction of the caller, with the alerts that it raises.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from services.treatment.alerts import raising as alerts
from services.treatment.alerts.raising import raise_for
from services.treatment.alerts.rules import Scored
from services.treatment.check_ins.commands import Answer, Open, Resume, Said, Stop
from services.treatment.check_ins.loading import Known, carry_out, hold, rules_of, whose
from services.treatment.check_ins.state import CheckIn, Ladder
from shared.aliases import followers_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import Refused
from shared.event_store import Transaction
from shared.events.treatment_sessions import Source

SORE = timedelta(hours=48)
"""For so long after a session, soreness is expected."""

SIDES = ("left", "right")
TREATED = text("""
    SELECT EXISTS (
      SELECT FROM sessions WHERE chain_id = :chain_id AND recorded_client_id = ANY(:ids)
        AND status <> 'in_error' AND started_at > :since AND started_at <= :now
    )
""")
GOING = text("SELECT id FROM episodes WHERE recorded_client_id = ANY(:ids) AND status <> 'discharged'")


class NoSuchPlace(Refused):
    """The body chart has no such place."""

    code = "no_such_place"


def answer(tx: Transaction, check_in_id: UUID, said: Said, now: datetime, source: Source) -> CheckIn:
    """Record an answer, or within a day its correction, with the alerts that it raises; the same again changes nothing.

    Gives the check-in then.

    Whom no message has reached is asked by telephone: what a therapist writes down opens a question that is due.

    Raises NotThere, NotOpen, SaidOtherwise, AnswerStands, NoSuchScore, NoSuchPlace.
    """
    if said.details is not None and not all(map(is_place, said.details.places)):
        raise NoSuchPlace
    known = hold(tx, whose(tx.connection, check_in_id))
    if source == "therapist" and is_due(known.ladder, check_in_id, now):
        known, _ = carry_out(tx, known, Open(check_in_id, rules_of(tx, known), now))
    command = Answer(
        check_in_id=check_in_id, said=said, source=source, after_session=was_treated(tx, known, now), now=now
    )
    known, events = carry_out(tx, known, command)
    check_in = known.ladder.check_ins[check_in_id]
    if events:
        raise_for(tx, judged(check_in), earlier(known.ladder, check_in), now)
    return check_in


def is_due(ladder: Ladder, check_in_id: UUID, now: datetime) -> bool:
    """Whether a question could be asked now and has not been."""
    check_in = ladder.check_ins.get(check_in_id)
    return check_in is not None and check_in.status(now) == "planned" and check_in.due_at <= now


def judged(check_in: CheckIn) -> alerts.Answer:
    """The answer that holds, as alerts are raised for it."""
    plan, said = check_in.planned, check_in.must_be_said()
    return alerts.Answer(
        check_in_id=check_in.id,
        client_id=check_in.client_id,
        episode_id=plan.episode_id,
        session_id=plan.session_id,
        said=scored(check_in),
        red_flags=said.red_flags,
    )


def earlier(ladder: Ladder, check_in: CheckIn) -> list[Scored]:
    """What was answered before in the same episode, or in none, as it reads now; the oldest first."""
    first = check_in.must_be_answered().answered_at
    others = [
        (each.answered.answered_at, scored(each))
        for each in ladder.check_ins.values()
        if each.answered is not None and each.planned.episode_id == check_in.planned.episode_id
    ]
    return [score for answered_at, score in sorted(others, key=lambda other: other[0]) if answered_at < first]


def scored(check_in: CheckIn) -> Scored:
    said = check_in.must_be_said()
    return Scored(score=said.score, after_session=said.after_session)


def stop(tx: Transaction, client_id: UUID, now: datetime, source: Source) -> Known:
    """Ask the client nothing more; again, it changes nothing."""
    known = hold(tx, client_id)
    known, _ = carry_out(tx, known, Stop(known.person, source, now))
    return known


def resume(tx: Transaction, client_id: UUID, now: datetime, by: Source) -> Known:
    """Ask the client again what is still ahead; where nothing was stopped, it changes nothing."""
    known = hold(tx, client_id)
    ids = followers_of(tx.connection, known.person)
    going = frozenset(tx.connection.execute(GOING, {"ids": ids}).scalars())
    known, _ = carry_out(tx, known, Resume(known.person, by, going, rules_of(tx, known), now))
    return known


def was_treated(tx: Transaction, known: Known, now: datetime) -> bool:
    """Whether a session of the person was within the last 48 hours."""
    values = {"chain_id": tx.chain_id, "ids": list(known.versions), "since": now - SORE, "now": now}
    return bool(tx.connection.execute(TREATED, values).scalar())


def is_place(place: str) -> bool:
    """Whether it names a region of the body chart, and a side where the region has sides and one is named."""
    region, _, side = place.partition("-")
    known = CATALOGUE.chart_regions.get(region)
    if known is None or place != (f"{region}-{side}" if side else region):
        return False
    return not side or (side in SIDES and not known.midline)
