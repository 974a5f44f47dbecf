"""Ids that sort by the moment they were made: UUID version 7 (RFC 9562)."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh id; the only place outside tests that draws one."""
    return uuid7()
