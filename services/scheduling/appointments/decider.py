"""The life of one appointment: only what is booked can move; a visit that has ended stays so, unless it is corrected.

The state is in `state.py`, the rules of each kind of decision in a module of `decisions`; here they come together.
"""

from typing import Any, TypeAlias, assert_never

from services.scheduling.appointments.decisions.attending import (
    Arrive,
    Confirm,
    Fulfil,
    Miss,
    arrive,
    confirm,
    fulfil,
    miss,
)
from services.scheduling.appointments.decisions.cancelling import Cancel, WaiveLateness, cancel, waive
from services.scheduling.appointments.decisions.changing import Change, change
from services.scheduling.appointments.decisions.correcting import Correct, correct
from services.scheduling.appointments.decisions.disrupting import (
    Disruption,
    Keep,
    Reassess,
    Reassign,
    Relocate,
    disrupted,
)
from services.scheduling.appointments.decisions.labelling import Label, label
from services.scheduling.appointments.decisions.placing import Book, Move, book, move
from services.scheduling.appointments.decisions.readdressing import Readdress, readdress
from services.scheduling.appointments.state import Appointment, evolve
from shared.decider import Decider

Attendance: TypeAlias = Confirm | Arrive | Fulfil | Miss
Command: TypeAlias = (
    Book | Move | Attendance | Cancel | WaiveLateness | Label | Correct | Change | Readdress | Disruption
)


def decide(command: Command, appointment: Appointment) -> list[Any]:  # noqa: C901, PLR0911, PLR0912 - one case for each
    match command:
        case Book():
            return book(command, appointment)
        case Move():
            return move(command, appointment)
        case Confirm():
            return confirm(command, appointment)
        case Cancel():
            return cancel(command, appointment)
        case WaiveLateness():
            return waive(command, appointment)
        case Arrive():
            return arrive(command, appointment)
        case Fulfil():
            return fulfil(command, appointment)
        case Miss():
            return miss(command, appointment)
        case Label():
            return label(command, appointment)
        case Correct():
            return correct(command, appointment)
        case Change():
            return change(command, appointment)
        case Readdress():
            return readdress(command, appointment)
        case Reassess() | Keep() | Reassign() | Relocate():
            return disrupted(command, appointment)
        case _:
            assert_never(command)


APPOINTMENT: Decider[Appointment, Command] = Decider(Appointment(), decide, evolve)
