"""Another master key for the keys of chains: wrapped anew in batches, each in a transaction of its own.

What they wrap stays as it is, so nothing sealed is touched, and whoever was stopped goes on where they were. Processes
hold the keys of chains themselves, so they notice nothing; they only have to know both master keys meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from shared.keys import about_chain
from shared.master_keys import MasterKeys

BATCH = 500

OTHERS = text("""
    SELECT chain_id, purpose, master_id, wrapped FROM keys.chain_keys WHERE master_id <> :current
    ORDER BY master_id, chain_id, purpose LIMIT :most FOR UPDATE
""")
WRAP = text("""
    UPDATE keys.chain_keys SET master_id = :master_id, wrapped = :wrapped
    WHERE chain_id = :chain_id AND purpose = :purpose
""")
BY_MASTER = text("SELECT master_id, count(*) AS number FROM keys.chain_keys GROUP BY master_id ORDER BY master_id")
DATA_KEYS = text("""
    SELECT count(*) FILTER (WHERE wrapped IS NOT NULL) AS kept, count(*) FILTER (WHERE wrapped IS NULL) AS destroyed
    FROM keys.data_keys
""")


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """The keys of chains by the master key that wraps them, and the data keys."""

    by_master: Mapping[str, int]
    kept: int
    destroyed: int


def rewrap(owner: Engine, masters: MasterKeys) -> int:
    """Wrap every key of a chain by the current master key; gives how many were wrapped by another.

    Raises MasterKeyMissing and Unreadable; the batches before it are done.
    """
    done = 0
    while True:
        with owner.begin() as connection:
            batch = rewrap_some(connection, masters)
        if batch == 0:
            return done
        done += batch


def rewrap_some(connection: Connection, masters: MasterKeys) -> int:
    rows = connection.execute(OTHERS, {"current": masters.current, "most": BATCH}).all()
    wrapped = []
    for row in rows:
        about = about_chain(row.chain_id, row.purpose)
        secret = masters.unwrap(row.master_id, bytes(row.wrapped), about)
        key = {"chain_id": row.chain_id, "purpose": row.purpose, "master_id": masters.current}
        wrapped.append(key | {"wrapped": masters.wrap(secret, about)})
    if wrapped:
        connection.execute(WRAP, wrapped)
    return len(rows)


def counted(owner: Engine) -> KeyCounts:
    """What keys a service has."""
    with owner.connect() as connection:
        by_master = {row.master_id: row.number for row in connection.execute(BY_MASTER)}
        data_keys = connection.execute(DATA_KEYS).one()
    return KeyCounts(by_master, data_keys.kept, data_keys.destroyed)
