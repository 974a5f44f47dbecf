"""What makes a dataclass an event: a name that is for ever, a frozen shape, and a mark on what is personal in it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

DataClass = Literal["identity", "contact", "clinical"]
T = TypeVar("T")
HIDDEN = "[sealed]"

EVENTS: dict[str, type] = {}
"""Every event class by its full name."""


@dataclass(frozen=True)
class Personal:
    """Marks an event's field as personal: its data class, and the field that holds the id of the person it is about."""

    data_class: DataClass
    subject: str


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(name: str) -> Callable[[type[T]], type[T]]:
    """Make a class an event and register it as `name`, for example `scheduling.appointment_booked.v1`."""

    def register(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, kw_only=True, slots=True, repr=False)(cls)
        if name in EVENTS:
            message = f"two events are called {name}"
            raise TypeError(message)
        check_subjects(made)
        made.__repr__ = shown  # type: ignore[method-assign]
        personal = personal_fields(made)
        NULLS[made] = {field: null_of(made, field) for field in personal}
        PERSONAL[made], NAMES[made], EVENTS[name] = personal, name, made
        return made

    return register


NAMES: dict[type, str] = {}
PERSONAL: dict[type, dict[str, Personal]] = {}
NULLS: dict[type, dict[str, str | None]] = {}
"""What stands in an event's personal fields when they are forgotten: nothing where that is allowed, or no letters."""


def shown(event: Any) -> str:
    """How an event looks in a log line or a traceback: without what is personal in it."""
    personal = PERSONAL[type(event)]
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    told = (f"{name}={HIDDEN if name in personal and value else repr(value)}" for name, value in values.items())
    return f"{type(event).__name__}({', '.join(told)})"


def name_of(event_class: type) -> str:
    """The full name under which the class is stored."""
    return NAMES[event_class]


def personal_fields(event_class: type) -> dict[str, Personal]:
    """The marked fields of an event class, by field name."""
    hints = get_type_hints(event_class, include_extras=True)
    return {name: mark for name, hint in hints.items() for mark in marks_of(hint)}


def marks_of(hint: Any) -> list[Personal]:
    if get_origin(hint) is not Annotated:
        return []
    return [mark for mark in hint.__metadata__ if isinstance(mark, Personal)]


def null_of(event_class: type, field: str) -> str | None:
    """Raises TypeError for a field that could hold neither."""
    hint = get_type_hints(event_class)[field]
    alternatives = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    if type(None) in alternatives:
        return None
    if str in alternatives:
        return ""
    message = f"{event_class.__name__}.{field} is personal, but cannot be forgotten: let it be text, or None as well"
    raise TypeError(message)


def check_subjects(event_class: type) -> None:
    names = {field.name for field in fields(event_class)}
    for field, mark in personal_fields(event_class).items():
        if mark.subject not in names:
            message = f"{event_class.__name__}.{field} is about {mark.subject}, which is not a field"
            raise TypeError(message)
