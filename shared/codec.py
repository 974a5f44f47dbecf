"""Events to JSON and back: personal fields only in envelopes, old versions brought up to date, one form for hashes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from shared.events import EVENTS, NULLS, PERSONAL, name_of
from shared.keys import About
from shared.sealing import Envelope, Place, Plain, Sealed

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]

UPCASTERS: Mapping[str, tuple[str, Upcaster]] = {}
"""From the name of an old event version to the next version's name and the pure function that changes its data.

A personal field keeps its name, because its envelope opens under no other.
"""

canonical = msgspec.json.Encoder(order="sorted").encode


class UnknownEvent(Exception):
    """The log holds an event that this version of the software does not know."""


class NotSealed(Exception):
    """A personal field would have been stored as plain text."""


def to_seal(event: Any, *, chain_id: UUID, event_id: UUID) -> list[Plain]:
    """What has to be sealed before the event can be stored: its marked fields that have a value."""
    values: Json = msgspec.to_builtins(event)
    return [
        Plain(
            Place(chain_id, event_id, field), About(getattr(event, mark.subject), mark.data_class), value=values[field]
        )
        for field, mark in PERSONAL[type(event)].items()
        if values[field] is not None
    ]


def encode(event: Any, sealed: Mapping[str, Envelope]) -> Json:
    """The stored form of an event's data. Raises NotSealed for a marked field that has a value and no envelope."""
    data: Json = msgspec.to_builtins(event)
    for field in PERSONAL[type(event)]:
        if field in sealed:
            data[field] = sealed[field]
        elif data[field] is not None:
            raise NotSealed(f"{name_of(type(event))}: {field}")
    return data


def current(name: str, data: Json) -> tuple[type, Json]:
    """The latest version of an event's class, and the data in its shape. Raises UnknownEvent."""
    while name in UPCASTERS:
        name, upcast = UPCASTERS[name]
        data = upcast(data)
    if name not in EVENTS:
        raise UnknownEvent(name)
    return EVENTS[name], data


def sealed_in(name: str, data: Json, *, chain_id: UUID, event_id: UUID) -> list[Sealed]:
    """The envelopes in an event's data."""
    event_class, data = current(name, data)
    fields = (field for field in PERSONAL[event_class] if isinstance(data.get(field), dict))
    return [Sealed(Place(chain_id, event_id, field), data[field]) for field in fields]


def decode(name: str, data: Json, opened: Mapping[str, Any]) -> Any:
    """The event as the latest version of its class; of what is sealed, it tells only what was opened, by field."""
    event_class, data = current(name, data)
    nulls = NULLS[event_class]
    sealed = (field for field in PERSONAL[event_class] if isinstance(data.get(field), dict))
    return msgspec.convert(data | {field: opened.get(field, nulls[field]) for field in sealed}, event_class)


def without(event: Any, fields: list[str]) -> Any:
    """The event as it is read once these fields are forgotten."""
    return replace(event, **{field: NULLS[type(event)][field] for field in fields}) if fields else event


def digest(
    *, chain_id: UUID, stream: str, version: int, event_id: UUID, name: str, data: Json, metadata: Json
) -> bytes:
    """SHA-256 of the canonical event: JSON with sorted keys and no floats, as jsonb gives it back."""
    content = {
        "chain_id": str(chain_id),
        "stream": stream,
        "version": version,
        "event_id": str(event_id),
        "name": name,
        "data": data,
        "metadata": metadata,
    }
    return sha256(canonical(content)).digest()


__all__ = ["Json", "UnknownEvent", "canonical", "decode", "digest", "encode", "name_of"]
