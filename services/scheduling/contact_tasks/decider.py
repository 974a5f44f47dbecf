"""The life of one contact task: opened once, tried any number of times, settled by an outcome that settles it.

A task also ends when its visit no longer needs it; that follows from the visit's own events, in the read model.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias, assert_never, get_args
from uuid import UUID

from shared.decider import Decider, NotThere, Refused
from shared.events.scheduling_reaching import ContactAttempted, ContactTaskOpened, Outcome

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SETTLING: frozenset[Outcome] = frozenset({"reached", "no_longer_needed"})

Status = Literal["none", "open", "settled"]


class TaskClosed(Refused):
    """The task is closed already."""

    code = "task_closed"


@dataclass(frozen=True, slots=True)
class ContactTask:
    status: Status = "none"
    client_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Open:
    opened: ContactTaskOpened


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    task_id: UUID
    outcome: Outcome
    note: str | None
    now: datetime


Command: TypeAlias = Open | Attempt


def decide(command: Command, task: ContactTask) -> list[Any]:
    match command:
        case Open(opened):
            return [opened] if task.status == "none" else []
        case Attempt():
            if task.client_id is None:
                raise NotThere
            if task.status == "settled":
                raise TaskClosed
            return [
                ContactAttempted(
                    task_id=command.task_id,
                    client_id=task.client_id,
                    outcome=command.outcome,
                    note=command.note,
                    attempted_at=command.now,
                )
            ]
        case _:
            assert_never(command)


def evolve(task: ContactTask, event: Any) -> ContactTask:
    match event:
        case ContactTaskOpened():
            return ContactTask("open", event.client_id)
        case ContactAttempted():
            return ContactTask("settled" if event.outcome in SETTLING else task.status, task.client_id)
        case _:
            raise TypeError(event)


CONTACT_TASK: Decider[ContactTask, Command] = Decider(ContactTask(), decide, evolve)
