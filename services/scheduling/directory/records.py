"""Things that are added once and changed later: a change records the whole new state, or nothing if nothing changed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from shared.decider import Decider, NotThere

Fields: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Add:
    fields: Fields


@dataclass(frozen=True, slots=True)
class Change:
    fields: Fields


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take it back, where the kind of thing allows that."""


RecordCommand: TypeAlias = Add | Change | Withdraw


def record_decider(
    added: type, changed: type, withdrawn: type | None = None, *, counted: str | None = None
) -> Decider[Fields | None, RecordCommand]:
    """The decider of one kind of thing; its state is the fields of the latest event, None before it and after its end.

    `counted` names a field that goes up by one with every change.
    """

    def decide(command: RecordCommand, state: Fields | None) -> list[Any]:
        match command:
            case Add():
                return [added(**command.fields)]
            case Change():
                if state is None:
                    raise NotThere
                following = {**state, **command.fields}
                if following == state:
                    return []
                return [changed(**following | ({counted: state[counted] + 1} if counted else {}))]
            case Withdraw():
                if state is None or withdrawn is None:
                    raise NotThere
                return [withdrawn(**{field.name: state[field.name] for field in fields(withdrawn)})]

    def evolve(state: Fields | None, event: Any) -> Fields | None:
        del state
        if withdrawn is not None and isinstance(event, withdrawn):
            return None
        return {field.name: getattr(event, field.name) for field in fields(event)}

    return Decider(None, decide, evolve)
