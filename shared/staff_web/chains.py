"""The chain that somebody signs in to: found by its slug before anybody is known, and named on every page."""

import re
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection, text

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
NAME = text("SELECT name FROM chains")
Called = Callable[[str], UUID | None]
"""The id of the chain with a slug, if there is one."""


def name_of_chain(connection: Connection) -> str:
    """What the chain of the connection is called."""
    name: str = connection.execute(NAME).one().name
    return name
