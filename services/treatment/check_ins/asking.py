"""Opening a question for a message that is about to go out, and what its link leads to."""

from datetime import datetime
from uuid import UUID

from services.treatment.check_ins.answers import CORRECTABLE
from services.treatment.check_ins.commands import Open
from services.treatment.check_ins.loading import carry_out, hold, rules_of, whose
from services.treatment.check_ins.state import CheckIn
from services.treatment.links import NothingThere, Target
from shared.decider import NotThere
from shared.event_store import Transaction


def target_of_check_in(tx: Transaction, check_in_id: UUID, now: datetime) -> Target:
    """Open it, unless it is; its link works for as long as an answer in time can be corrected. Raises NothingThere."""
    try:
        known = hold(tx, whose(tx.connection, check_in_id))
        known, _ = carry_out(tx, known, Open(check_in_id, rules_of(tx, known), now))
    except NotThere as error:
        raise NothingThere("unknown") from error
    check_in = known.ladder.check_ins[check_in_id]
    if check_in.opened is None or check_in.status(now) != "open":
        raise NothingThere(reason(check_in, now))
    until = check_in.opened.good_until
    return Target(
        purpose="check_in",
        client_id=check_in.client_id,
        about=check_in_id,
        good_until=until,
        expires_at=until + CORRECTABLE,
    )


def reason(check_in: CheckIn, now: datetime) -> str:
    """Why it is not asked any more."""
    return check_in.cancelled.cause if check_in.cancelled else check_in.status(now)
