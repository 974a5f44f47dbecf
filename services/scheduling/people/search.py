"""Finding a client again by a part of a name, the last digits of a number, an e-mail or a birth date, or by an id.

What is typed may have a mistake in it. Everything that is asked for has to fit one person; it may stand with different
clients who were merged. The best match comes first, equal ones in the order of their registration. Who searches for
some clinics only finds their clients; where nobody of them fits, whom an exact identifier names, and nobody else.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.people.identifiers import identifiers
from services.scheduling.people.reading import PERSONS
from services.scheduling.people.rules import Wanted, wanted
from shared.http.paging import page, read_cursor
from shared.http.problems import BadFields

LAST_SIGN = "\U0010ffff"
"""Sorts behind whatever a searched text may go on with."""

BY_NAME = "SELECT client_id, score FROM clients_called(CAST(:words AS text[]))"
BY_NUMBER = """
    SELECT client_id, 1000 FROM contact_points
    WHERE kind = 'phone' AND NOT replaced AND reversed_key >= :digits AND reversed_key < :digits_end
"""
BY_EMAIL = """
    SELECT client_id, 1000 FROM contact_points
    WHERE kind = 'email' AND NOT replaced
      AND address_key COLLATE "C" >= :email AND address_key COLLATE "C" < :email_end
"""
BY_BIRTH_DATE = "SELECT id, 1000 FROM clients WHERE birth_date = ANY(CAST(:birth_dates AS date[]))"

BEST = 1_000_000
BY_ADDRESS = "SELECT client_id, false FROM contact_points WHERE NOT replaced AND address_key = ANY(:addresses)"
BY_WHOLE_NAME = """
    SELECT client.id, false FROM clients client JOIN client_names called ON called.client_id = client.id
    WHERE client.birth_date = ANY(CAST(:born AS date[])) AND :name = ANY(called.whole)
"""
BY_EXTERNAL_ID = "SELECT client_id, true FROM client_external_ids WHERE external_id = :external_id"
BY_ID = "SELECT id, true FROM clients WHERE id = CAST(:client_id AS uuid)"
EXACT = f"{BY_ADDRESS} UNION ALL {BY_WHOLE_NAME} UNION ALL {BY_EXTERNAL_ID} UNION ALL {BY_ID}"
"""Whom the query names exactly, and whether it is an id of theirs as a whole."""

OWN = "EXISTS (SELECT FROM client_clinics own WHERE own.client_id = found.id AND own.clinic_id = ANY(:clinics))"
EXACTLY = "found.id IN (SELECT id FROM exact)"


def search_persons(
    connection: Connection,
    query: dict[str, Any],
    clinics: Collection[UUID] | None = None,
    *,
    named: bool = False,
) -> dict[str, Any]:
    """One page of the persons whom `q` asks for, of some clinics (None: of all), or only those it names exactly.

    Raises BadFields when it asks for nothing.
    """
    looked_for = wanted(query["q"])
    found = criteria(looked_for)
    if not found:
        raise BadFields(q=["Give a part of a name, at least 4 digits of a number, an e-mail or a birth date."])
    after = read_cursor(query["cursor"], tuple[int, UUID])
    values = values_of(looked_for) | exactly(query["q"]) | {"most": query["limit"] + 1, "criteria": len(found)}
    conditions = ["NOT shown.erased"]
    if clinics is not None:
        conditions.append(OWN)
        values["clinics"] = list(clinics)
    if named:
        conditions.append(EXACTLY)
    if after:
        conditions.append("(-found.score, shown.id) > (-:after_score, :after_id)")
        values |= {"after_score": after[0], "after_id": after[1]}
    rows = connection.execute(text(statement(found, conditions)), values).all()
    return page(rows, query["limit"], lambda row: (row.score, row.id))


def criteria(looked_for: Wanted) -> list[str]:
    asked = (
        (looked_for.words, BY_NAME),
        (looked_for.digits, BY_NUMBER),
        (looked_for.email, BY_EMAIL),
        (looked_for.birth_dates, BY_BIRTH_DATE),
    )
    return [sql for value, sql in asked if value]


def values_of(looked_for: Wanted) -> dict[str, Any]:
    digits = looked_for.digits[::-1]
    return {
        "words": list(looked_for.words),
        "digits": digits,
        "digits_end": digits + LAST_SIGN,
        "email": looked_for.email,
        "email_end": looked_for.email + LAST_SIGN,
        "birth_dates": list(looked_for.birth_dates),
    }


def exactly(query: str) -> dict[str, Any]:
    named = identifiers(query)
    return {
        "addresses": list(named.addresses),
        "name": named.name,
        "born": list(named.birth_dates),
        "external_id": named.external_id,
        "client_id": named.client_id,
        "best": BEST,
    }


def statement(found: list[str], conditions: list[str]) -> str:
    """Who fits every criterion, each of which is a list of clients with scores, or has the query as an id."""
    hits = " UNION ALL ".join(
        f"SELECT {number} AS criterion, client_id, score FROM ({sql}) AS hits{number} (client_id, score)"  # noqa: S608 - our own
        for number, sql in enumerate(found)
    )
    return f"""
        WITH hits AS ({hits}),
        persons AS (
          SELECT coalesce(alias.survivor_id, hits.client_id) AS id, criterion, max(score) AS score
          FROM hits LEFT JOIN client_aliases alias ON alias.client_id = hits.client_id GROUP BY 1, criterion
        ),
        exact AS MATERIALIZED (
          SELECT coalesce(alias.survivor_id, named.client_id) AS id, bool_or(named.by_id) AS by_id
          FROM ({EXACT}) AS named (client_id, by_id)
            LEFT JOIN client_aliases alias ON alias.client_id = named.client_id GROUP BY 1
        ),
        found AS (
          SELECT id, max(score) AS score FROM (
            SELECT id, sum(score)::integer AS score FROM persons GROUP BY id HAVING count(*) = :criteria
            UNION ALL SELECT id, :best FROM exact WHERE by_id
          ) AS fitting GROUP BY id
        )
        SELECT shown.*, found.score FROM found JOIN ({PERSONS}) AS shown ON shown.id = found.id
        WHERE {" AND ".join(conditions)}
        ORDER BY found.score DESC, shown.id LIMIT :most
    """  # noqa: S608 - names from our own code
