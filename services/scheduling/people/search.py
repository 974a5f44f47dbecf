"""Finding a client again by a part of a name, the last digits of a number, an e-mail or a birth date.

What is typed may have a mistake in it. Everything that is asked for has to fit one person; it may stand with different
clients who were merged. The best match comes first, equal ones in the order of their registration.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

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


def search_persons(connection: Connection, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the persons whom `q` asks for; raises BadFields when it asks for nothing."""
    looked_for = wanted(query["q"])
    found = criteria(looked_for)
    if not found:
        raise BadFields(q=["Give a part of a name, at least 4 digits of a number, an e-mail or a birth date."])
    after = read_cursor(query["cursor"], tuple[int, UUID])
    values = values_of(looked_for) | {"most": query["limit"] + 1, "criteria": len(found)}
    if after:
        values |= {"after_score": after[0], "after_id": after[1]}
    rows = connection.execute(text(statement(found, goes_on=after is not None)), values).all()
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


def statement(found: list[str], *, goes_on: bool) -> str:
    """Who fits every criterion; each is a list of clients with scores."""
    hits = " UNION ALL ".join(
        f"SELECT {number} AS criterion, client_id, score FROM ({sql}) AS hits{number} (client_id, score)"  # noqa: S608 - our own
        for number, sql in enumerate(found)
    )
    following = "WHERE (-found.score, shown.id) > (-:after_score, :after_id)" if goes_on else ""
    return f"""
        WITH hits AS ({hits}),
        persons AS (
          SELECT coalesce(alias.survivor_id, hits.client_id) AS id, criterion, max(score) AS score
          FROM hits LEFT JOIN client_aliases alias ON alias.client_id = hits.client_id GROUP BY 1, criterion
        ),
        found AS (SELECT id, sum(score)::integer AS score FROM persons GROUP BY id HAVING count(*) = :criteria)
        SELECT shown.*, found.score FROM found JOIN ({PERSONS}) AS shown ON shown.id = found.id
        {following}
        ORDER BY found.score DESC, shown.id LIMIT :most
    """  # noqa: S608 - names from our own code
