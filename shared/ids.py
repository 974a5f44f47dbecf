"""Ids that sort by the moment they were made: UUID version 7 (RFC 9562)."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh id; the only place outside tests that draws one."""
    return uuid7()


def made_at(made: UUID) -> datetime:
    """When one of our ids was made, to the millisecond: its first 48 bits say so."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
