"""Whom a client's id stands for at treatment, so that its access log is read under all ids of the person."""

from uuid import UUID

from sqlalchemy import Connection, text

from shared.decider import Gone, NotThere

PERSON = text("SELECT client_id, erased FROM clients WHERE client_id = person_of(:client_id)")


def person(connection: Connection, client_id: UUID) -> UUID:
    """The person; raises NotThere for nobody's id, and Gone when nothing clinical is left of them."""
    row = connection.execute(PERSON, {"client_id": client_id}).first()
    if row is None:
        raise NotThere
    if row.erased:
        raise Gone
    found: UUID = row.client_id
    return found
