"""Rules as pure functions: a decider folds a stream into a state and turns a command into events or a refusal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Generic, Protocol, TypeVar

State = TypeVar("State")
Command = TypeVar("Command")


class Refused(Exception):
    """A rule of the business says no; the class's docstring is what the caller reads."""

    code: ClassVar[str]

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or (self.__doc__ or self.code).strip())
        self.details = details


class StreamChanged(Exception):
    """Somebody else has changed this at the same time; please load it again."""


class NotThere(Exception):
    """There is nothing here under this id."""


class Gone(Exception):
    """The client was forgotten; what is left are counts without a name."""


class VersionMismatch(Exception):
    """It has changed since you read it; the version in If-Match is out of date."""


class Entry(Protocol):
    """An event with the version that its stream had after it."""

    @property
    def event(self) -> Any: ...
    @property
    def version(self) -> int: ...


class Streams(Protocol):
    """Where histories come from and events go to: a transaction of the event store."""

    def load(self, stream: str) -> Sequence[Entry]: ...
    def load_all(self, streams: Sequence[str]) -> Mapping[str, Sequence[Entry]]: ...
    def append(self, stream: str, expected_version: int, events: Iterable[Any]) -> None: ...
    def append_all(self, appends: Iterable[tuple[str, int, Iterable[Any]]]) -> None: ...


@dataclass(frozen=True)
class Decider(Generic[State, Command]):
    """`decide(command, state)` gives events, `evolve(state, event)` the next state, from `initial` on."""

    initial: State
    decide: Callable[[Command, State], list[Any]]
    evolve: Callable[[State, Any], State]


def fold(decider: Decider[State, Command], history: Iterable[Entry]) -> State:
    """The state after a history."""
    return reduce(lambda state, entry: decider.evolve(state, entry.event), history, decider.initial)


def handle(
    streams: Streams,
    decider: Decider[State, Command],
    stream: str,
    command: Command,
    *,
    if_match: int | None = None,
) -> tuple[State, int]:
    """Load, decide, stage; gives the new state and stream version.

    Raises what `decide` refuses with, and VersionMismatch when `if_match` is not the stream's version.
    """
    history = streams.load(stream)
    version = history[-1].version if history else 0
    if if_match is not None and if_match != version:
        raise VersionMismatch
    state = fold(decider, history)
    events = decider.decide(command, state)
    streams.append(stream, version, events)
    return reduce(decider.evolve, events, state), version + len(events)


def handle_each(streams: Streams, decider: Decider[State, Command], commands: Mapping[str, Command]) -> None:
    """Load, decide and stage for many streams at once, each with its own command; raises what `decide` refuses with."""
    histories = streams.load_all(list(commands))
    streams.append_all(
        (stream, history[-1].version if history else 0, decider.decide(commands[stream], fold(decider, history)))
        for stream, history in histories.items()
    )
