"""A fact: what one event says, as the row of one table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of `report_<table>`; `happened_at` None: when it was recorded."""

    table: str
    values: Mapping[str, Any]
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """An entry of a session stands otherwise from here on: these columns of it are others."""

    session_id: UUID
    entry_id: UUID
    values: Mapping[str, Any]
    happened_at: datetime | None = None


Told = Callable[[Any], Iterable[Fact | Revision]]
"""What an event says, by its class."""
