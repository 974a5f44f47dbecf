"""The chain with a slug, as scheduling has told of it."""

from uuid import UUID

from sqlalchemy import Engine, text

from shared.database import reading
from shared.providers import NO_CHAIN

CALLED = text("SELECT chain_called(:slug)")


def chain_called(engine: Engine, slug: str) -> UUID | None:
    """The id of the chain with this slug, if there is one."""
    with reading(engine, NO_CHAIN) as connection:
        found: UUID | None = connection.execute(CALLED, {"slug": slug}).scalar_one_or_none()
        return found
