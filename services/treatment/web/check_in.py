"""The question that a link leads to, as it stands, and what its holder does with it.

A link to a question in whose place another is asked leads to that one, also when it has been answered by this very
link: there is one question at a time, and whoever has answered it may say more. What somebody sends from a page that
shows another question than is asked now is not taken for an answer to this one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.treatment.check_ins import answering
from services.treatment.check_ins.answers import CORRECTABLE, AnswerStands, NotOpen, SaidOtherwise
from services.treatment.check_ins.commands import Said
from services.treatment.check_ins.loading import hold
from services.treatment.check_ins.reading import read
from services.treatment.check_ins.state import CheckIn, Ladder
from services.treatment.web.safety import Safety, safety_of
from services.treatment.web.visitor import Reader, Visitor
from shared.aliases import followers_of
from shared.decider import NotThere
from shared.event_store import Transaction
from shared.sealing import Sealer

Stage = Literal["open", "answered", "over"]
"""To be answered; answered, and it may still be corrected; nothing to do about it."""

Outcome = Literal["done", "changed meanwhile"]

AT_HOME = text("SELECT EXISTS (SELECT FROM homework WHERE recorded_client_id = ANY(:ids) AND NOT stopped)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A check-in as its page shows it; `stopped`: no more are asked. `has_homework`: there is some to ask about."""

    check_in: CheckIn
    stage: Stage
    stopped: bool
    has_homework: bool
    reader: Reader
    safety: Safety


def question(visitor: Visitor) -> Question:
    """What the link leads to now; NotThere when it does not work."""

    def shown(connection: Connection, sealer: Sealer, reader: Reader) -> Question:
        ladder = read(connection, sealer, visitor.chain_id, reader.client_id)
        check_in = asked_now(ladder, reader.about, visitor.now)
        ids = followers_of(connection, reader.client_id)
        return Question(
            check_in=check_in,
            stage=stage_of(check_in, visitor.now),
            stopped=ladder.is_stopped,
            has_homework=bool(connection.execute(AT_HOME, {"ids": ids}).scalar()),
            reader=reader,
            safety=safety_of(connection, visitor.chain_id, check_in, reader.locale),
        )

    return visitor.look(shown)


def asked_now(ladder: Ladder, about: UUID, now: datetime) -> CheckIn:
    """The check-in of the link, unless there is nothing to do about it any more and there is about another one.

    That is the one that is open, or else the one that was answered last.
    """
    own = ladder.check_ins.get(about)
    if own is None:
        raise NotThere
    if stage_of(own, now) != "over":
        return own
    answered = (each for each in ladder.check_ins.values() if stage_of(each, now) == "answered")
    return ladder.open(now) or max(answered, key=lambda each: each.must_be_answered().answered_at, default=own)


def stage_of(check_in: CheckIn, now: datetime) -> Stage:
    if check_in.answered is not None:
        return "answered" if now <= check_in.answered.answered_at + CORRECTABLE else "over"
    return "open" if check_in.status(now) == "open" else "over"


def answer(visitor: Visitor, seen: UUID, said: Said) -> Outcome:
    """Answer the question that the page showed, or correct its answer."""

    def work(tx: Transaction, link: Row[Any]) -> Outcome:
        known = hold(tx, link.client_id)
        if seen not in known.ladder.check_ins:
            raise NotThere
        if asked_now(known.ladder, link.about, visitor.now).id != seen:
            return "changed meanwhile"
        try:
            answering.answer(tx, seen, said, visitor.now, "client")
        except (NotOpen, AnswerStands, SaidOtherwise):
            return "changed meanwhile"
        return "done"

    return visitor.change(work)


def stop(visitor: Visitor) -> None:
    """Ask the holder nothing more."""
    visitor.change(lambda tx, link: answering.stop(tx, link.client_id, visitor.now, "client"))


def resume(visitor: Visitor) -> None:
    """Ask the holder again."""
    visitor.change(lambda tx, link: answering.resume(tx, link.client_id, visitor.now, "client"))
