"""Events to JSON and back: personal fields sealed, old versions brought up to date, one canonical form for hashes."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from shared.events import EVENTS, PERSONAL, name_of
from shared.sealing import Sealer

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]

UPCASTERS: Mapping[str, tuple[str, Upcaster]] = {}
"""From the name of an old event version to the next version's name and the pure function that changes its data."""

canonical = msgspec.json.Encoder(order="sorted").encode


class UnknownEvent(Exception):
    """The log holds an event that this version of the software does not know."""


def encode(event: Any, sealer: Sealer, *, chain_id: UUID, event_id: UUID) -> Json:
    """The stored form of an event's data; marked fields that have a value are sealed."""
    data: Json = msgspec.to_builtins(event)
    for field, mark in PERSONAL[type(event)].items():
        if data[field] is not None:
            data[field] = sealer.seal(
                data[field],
                chain_id=chain_id,
                event_id=event_id,
                field=field,
                data_class=mark.data_class,
                subject=getattr(event, mark.subject),
            )
    return data


def decode(name: str, data: Json, sealer: Sealer, *, chain_id: UUID, event_id: UUID) -> Any:
    """The event as the latest version of its class."""
    while name in UPCASTERS:
        name, upcast = UPCASTERS[name]
        data = upcast(data)
    if name not in EVENTS:
        raise UnknownEvent(name)
    event_class = EVENTS[name]
    plain = dict(data)
    for field in PERSONAL[event_class]:
        if isinstance(plain.get(field), dict):
            plain[field] = sealer.open(plain[field], chain_id=chain_id, event_id=event_id, field=field)
    return msgspec.convert(plain, event_class)


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
