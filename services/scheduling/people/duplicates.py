"""Clients who may be one person, each with why: proposed to the desk, never merged by themselves and never refused.

Who sees some clinics only hears of their clients, and of others who have an exact identifier in common with the one.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.people.identifiers import names_exactly
from services.scheduling.people.rules import Known, Likeness, likeness, names_of
from shared.aliases import person_of
from shared.client_clinics import among_clients_of
from shared.decider import NotThere

MOST_LOOKED_AT = 50
"""Of each kind: those with a like name, with the same address, with the same birth date."""

MOST_PROPOSED = 20

PEOPLE = text("""
    SELECT id, name, called, birth_date, email, phone,
      ARRAY(SELECT address_key FROM contact_points WHERE client_id = clients.id AND NOT replaced) AS addresses
    FROM clients WHERE id = ANY(:ids)
""")
NEAR = text("""
    SELECT DISTINCT coalesce(alias.survivor_id, near.id) AS id
    FROM (
      SELECT id FROM clients_like(:names, :most) AS id
      UNION ALL (
        SELECT client_id FROM contact_points
        WHERE NOT replaced AND address_key = ANY(:addresses) ORDER BY client_id LIMIT :most)
      UNION ALL (SELECT id FROM clients WHERE birth_date = :birth_date ORDER BY id LIMIT :most)
    ) AS near LEFT JOIN client_aliases alias ON alias.client_id = near.id
""")


def duplicates_of(
    connection: Connection, client_id: UUID, clinics: Collection[UUID] | None, *, beyond: bool = True
) -> list[dict[str, Any]]:
    """The persons who may be this one, the likeliest first, as somebody may hear who sees these clinics (None: all).

    Without `beyond` nobody else is among them, whatever they have in common.

    Raises NotThere.
    """
    person = person_of(connection, client_id)
    asked = people(connection, [person]).get(person)
    if asked is None:
        raise NotThere
    near = connection.execute(
        NEAR,
        {
            "names": names_of(asked.name, asked.called),
            "addresses": asked.addresses,
            "birth_date": asked.birth_date,
            "most": MOST_LOOKED_AT,
        },
    )
    others = people(connection, set(near.scalars()) - {person}).values()
    likely = [shown(row, found) for row in others if (found := likeness(known(asked), known(row))) is not None]
    if clinics is not None:
        own = among_clients_of(connection, clinics, [each["id"] for each in likely])
        likely = [each for each in likely if each["id"] in own or (beyond and names_exactly(each["reasons"]))]
    return sorted(likely, key=lambda each: (-each["score"], each["id"]))[:MOST_PROPOSED]


def people(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    return {row.id: row for row in connection.execute(PEOPLE, {"ids": list(ids)})}


def known(row: Row[Any]) -> Known:
    emails = frozenset(address for address in row.addresses if "@" in address)
    return Known(
        name=row.name,
        called=row.called,
        birth_date=row.birth_date,
        phones=frozenset(row.addresses) - emails,
        emails=emails,
    )


def shown(row: Row[Any], found: Likeness) -> dict[str, Any]:
    return row._asdict() | {"score": found.score, "strong": found.strong, "reasons": found.reasons}
