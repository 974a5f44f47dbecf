"""Addresses that several people read, and what may be said there of anybody's name: an initial and no more."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, text

SHARED = text("""
    SELECT mine.id FROM contact_points mine
    WHERE mine.id = ANY(:points) AND EXISTS (
      SELECT FROM contact_points other
      WHERE other.kind = mine.kind AND other.address_key = mine.address_key AND NOT other.replaced
        AND person_of(other.client_id) <> person_of(mine.client_id))
""")


def shared_points(connection: Connection, point_ids: Collection[UUID | None]) -> frozenset[UUID]:
    """Those of the contact points whose address another person of the chain has, too."""
    points = [each for each in point_ids if each is not None]
    return frozenset(connection.execute(SHARED, {"points": points}).scalars()) if points else frozenset()


def initial(name: str) -> str:
    """The first letter of a name, such as `A.`; empty for an empty name."""
    letters = name.strip()[:1].upper()
    return f"{letters}." if letters else ""
