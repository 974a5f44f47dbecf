"""Answers to check-ins, as the client or a therapist for them gives them: whoever races, there is one to each question.

Everything is decided under the lock of the client, in the transaction of the caller.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from services.treatment.catalogue.targets import CATALOGUE
from services.treatment.check_ins.commands import Answer, Resume, Said, Stop
from services.treatment.check_ins.loading import Known, carry_out, hold, rules_of, whose
from services.treatment.check_ins.state import CheckIn
from shared.aliases import followers_of
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
    """Record an answer, or within a day its correction; the same again changes nothing. Gives the check-in then.

    Raises NotThere, NotOpen, AnswerStands, NoSuchScore, NoSuchPlace.
    """
    if said.details is not None and not all(map(is_place, said.details.places)):
        raise NoSuchPlace
    known = hold(tx, whose(tx.connection, check_in_id))
    command = Answer(
        check_in_id=check_in_id, said=said, source=source, after_session=was_treated(tx, known, now), now=now
    )
    known, _ = carry_out(tx, known, command)
    return known.ladder.check_ins[check_in_id]


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
