"""The life of one session: charted in any order of word, signed, locked, and from then on only added to.

The state is in `state.py`, the rules of each kind of decision in a module of `decisions`; here they come together.
"""

from typing import Any, TypeAlias, assert_never

from services.treatment.sessions.decisions.amending import Append, Revise, Withdraw, append, revise, withdraw
from services.treatment.sessions.decisions.charting import Chart, chart
from services.treatment.sessions.decisions.signing import Countersign, Lock, Sign, countersign, lock, sign
from services.treatment.sessions.decisions.starting import Link, Start, link, start
from services.treatment.sessions.state import Session, evolve
from shared.decider import Decider

Command: TypeAlias = Start | Link | Chart | Revise | Append | Withdraw | Sign | Lock | Countersign


def decide(command: Command, session: Session) -> list[Any]:  # noqa: PLR0911 - one case for each command
    match command:
        case Start():
            return start(command, session)
        case Link():
            return link(command, session)
        case Chart():
            return chart(command, session)
        case Revise():
            return revise(command, session)
        case Append():
            return append(command, session)
        case Withdraw():
            return withdraw(command, session)
        case Sign():
            return sign(command, session)
        case Lock():
            return lock(command, session)
        case Countersign():
            return countersign(command, session)
        case _:
            assert_never(command)


SESSION: Decider[Session, Command] = Decider(Session(), decide, evolve)
