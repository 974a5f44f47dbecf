"""What an event says, as the columns of a read model take it: what is personal stays in its envelope."""

from collections.abc import Collection
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from shared.event_store import Happened
from shared.events import PERSONAL
from shared.kept import kept


def row_of(entry: Happened, *, readable: Collection[str] = ()) -> dict[str, Any]:
    """An event's fields as columns take them; personal ones sealed, except those that are to be `readable`."""
    sealed = {field: kept(entry, field) for field in PERSONAL[type(entry.event)] if field not in readable}
    return fields_of(entry.event) | sealed


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as columns take them: instants, dates and ids as they are, the rest as in JSON."""
    return {name: column(getattr(value, name), item) for name, item in msgspec.to_builtins(value).items()}


def as_json(value: Any) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


def column(value: Any, as_json: Any) -> Any:
    match as_json:
        case str():
            return value
        case tuple():
            return list(as_json)
        case _:
            return as_json
