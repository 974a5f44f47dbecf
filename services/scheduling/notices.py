"""What a provider passes on has its effect once in each chain, however often and by whomever the request is sent.

A signature alone does not say that a request is new. The note that it was taken is committed with its effect: of two
at once the second waits for the first, and a process that dies in between has taken nothing.
"""

from hashlib import sha256

from sqlalchemy import text

from shared.event_store import Transaction

NOTE = text("""
    INSERT INTO provider_notices (chain_id, notice_hash) VALUES (:chain_id, :notice_hash)
    ON CONFLICT DO NOTHING RETURNING true
""")
# Now and then a new notice clears out the chain's old ones (row-level security limits it to the chain).
FORGET = text("DELETE FROM provider_notices WHERE taken_at < now() - interval '1 year'")


def first_time(tx: Transaction, notice: str) -> bool:
    """Whether this notice, named by the provider's own id, comes to the chain for the first time in a year."""
    notice_hash = sha256(notice.encode()).digest()
    values = {"chain_id": tx.chain_id, "notice_hash": notice_hash}
    is_new = tx.connection.execute(NOTE, values).first() is not None
    if is_new and notice_hash[0] == 0:
        tx.connection.execute(FORGET)
    return is_new
