"""How a report finds its message: an unguessable reference for each, handed out with the answer whom it goes to.

`<chain>.<token>` like a link, and like a link kept as a hash: whoever reads it in an address, a header or a provider's
log learns nothing of anybody. It works until 90 days after it was made.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.deliveries.decider import About
from shared.links import hash_of, joined, new_token

KEEP = text("""
    INSERT INTO receipts (token_hash, chain_id, message_key, appointment_id, client_id, contact_point_id, channel)
    VALUES (:token_hash, :chain_id, :message_key, :appointment_id, :client_id, :contact_point_id, :channel)
""")
FIND = text("""
    SELECT message_key, appointment_id, client_id, contact_point_id, channel FROM receipts
    WHERE token_hash = :token_hash AND created_at > now() - interval '90 days'
""")


def mint(connection: Connection, chain_id: UUID, messages: Iterable[About]) -> list[str]:
    """A new reference for each message, in their order; committed with the connection's transaction."""
    references, rows = [], []
    for about in messages:
        token = new_token()
        references.append(joined(chain_id, token))
        rows.append({"token_hash": hash_of(token), "chain_id": chain_id} | about.fields)
    if rows:
        connection.execute(KEEP, rows)
    return references


def find(connection: Connection, token: bytes) -> About | None:
    """The message behind a token, in the chain of the connection."""
    row = connection.execute(FIND, {"token_hash": hash_of(token)}).first()
    return None if row is None else About(**row._asdict())
