"""The contacts of people as the read models have them: one statement, however many are asked about."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, text

from services.scheduling.contacts.rules import Contacts, NoWay, Point, Said, in_force, way_to

CONTACTS = text("""
    SELECT id, chosen_channel, chosen_fallback,
      (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'kind', p.kind, 'address', p.address,
         'verified', p.verified IS NOT NULL, 'blocked', p.blocked) ORDER BY p.place)
       FROM contact_points p WHERE p.client_id = clients.id AND NOT p.replaced) AS points,
      (SELECT jsonb_agg(to_jsonb(p) - 'evidence') FROM permissions p WHERE p.client_id IN (
         SELECT clients.id UNION ALL SELECT client_id FROM client_aliases WHERE survivor_id = clients.id)
      ) AS permissions
    FROM clients WHERE id = ANY(:ids)
""")


def contacts_of(connection: Connection, client_ids: Collection[UUID]) -> dict[UUID, Contacts]:
    """The contacts of each client that there is, without the points that were replaced."""
    return {row.id: contacts(row) for row in connection.execute(CONTACTS, {"ids": list(set(client_ids))})}


def contacts(row: Row[Any]) -> Contacts:
    return Contacts(
        points=msgspec.convert(row.points or [], tuple[Point, ...]),
        permissions={
            key: said.given
            for key, said in in_force(row.id, msgspec.convert(row.permissions or [], list[Said])).items()
        },
        chosen=row.chosen_channel,
        chosen_fallback=row.chosen_fallback,
    )


def reachability(contacts: Contacts | None) -> dict[str, Any]:
    """Whether messages about visits reach a person, and why not, as the API says it."""
    way = way_to(contacts or Contacts())
    reason = way.reason if isinstance(way, NoWay) else None
    return {"reachable": reason is None, "unreachable_reason": reason}
