"""The keys of one service: master keys wrap chains' keys, these wrap one data key for each person and class of data.

Whatever needs a key for the first time makes it in its own transaction, and two at once make one. A data key is held
open for the length of a transaction, a chain's for a minute. A destroyed key stays as a mark that it was there: nothing
can be sealed for that person and class any more.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.cipher import decrypt, encrypt, new_key
from shared.events.registry import DataClass
from shared.ids import new_id
from shared.master_keys import MasterKeys

Purpose = Literal["data_keys", "answers", "index"]

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the schema `keys` in a service's database."""

THE_SERVICE = UUID(int=0)
"""In the place of a chain: for what cannot know yet which chain it is about."""

CHAIN_KEY_SECONDS = 60.0

FIND_CHAIN_KEYS = text(
    "SELECT chain_id, master_id, wrapped, created_at < now() AS settled FROM keys.chain_keys"
    " WHERE chain_id = ANY(:chain_ids) AND purpose = :purpose"
)
ADD_CHAIN_KEY = text(
    "INSERT INTO keys.chain_keys (chain_id, purpose, master_id, wrapped)"
    " VALUES (:chain_id, :purpose, :master_id, :wrapped) ON CONFLICT DO NOTHING"
)
FIND_DATA_KEYS = text("SELECT key_id, chain_id, subject, class, wrapped FROM keys.data_keys WHERE key_id = ANY(:ids)")
# Held until the transaction ends, so a destruction comes wholly before or wholly after what is sealed here.
HOLD_DATA_KEYS = text("""
    SELECT key_id, chain_id, subject, class, wrapped
    FROM keys.data_keys JOIN unnest(CAST(:subjects AS uuid[]), CAST(:classes AS text[])) AS wanted (subject, class)
      USING (subject, class)
    WHERE chain_id = :chain_id ORDER BY key_id FOR SHARE OF data_keys
""")
ADD_DATA_KEYS = text("""
    INSERT INTO keys.data_keys (key_id, chain_id, subject, class, wrapped)
    SELECT made.key_id, :chain_id, made.subject, made.class, made.wrapped FROM unnest(
      CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]), CAST(:classes AS text[]), CAST(:wrapped AS bytea[])
    ) AS made (key_id, subject, class, wrapped)
    ON CONFLICT (chain_id, subject, class) DO NOTHING
""")
DESTROY = text("""
    INSERT INTO keys.data_keys AS had (key_id, chain_id, subject, class, destroyed_at)
    SELECT gen_random_uuid(), :chain_id, subject, class, now()
    FROM unnest(CAST(:subjects AS uuid[])) AS subject, unnest(CAST(:classes AS text[])) AS class
    ORDER BY subject, class
    ON CONFLICT (chain_id, subject, class)
    DO UPDATE SET wrapped = NULL, destroyed_at = coalesce(had.destroyed_at, excluded.destroyed_at)
    RETURNING key_id
""")


class KeyUnknown(Exception):
    """Something is sealed by a key that the store neither has nor remembers: its backup has to be restored."""


@dataclass(frozen=True, slots=True)
class About:
    """Whose data a key is for, and of which class."""

    subject: UUID
    data_class: DataClass


@dataclass(frozen=True, slots=True)
class DataKey:
    """Without a secret it was destroyed."""

    key_id: UUID
    about: About
    secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    secret: bytes = field(repr=False)
    until: float


class Keyring:
    """Opens and makes the keys of a service's chains in whatever transaction asks; kept by each process."""

    def __init__(self, masters: MasterKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self.masters = masters
        self.clock = clock
        self.held: dict[tuple[UUID, Purpose], Held] = {}

    def chain_key(self, connection: Connection, chain_id: UUID, purpose: Purpose) -> bytes:
        """The chain's key for a purpose, made when there is none."""
        if found := self.chain_keys(connection, [chain_id], purpose).get(chain_id):
            return found
        wrapped = self.masters.wrap(new_key(), about_chain(chain_id, purpose))
        row = {"chain_id": chain_id, "purpose": purpose, "master_id": self.masters.current, "wrapped": wrapped}
        connection.execute(ADD_CHAIN_KEY, row)
        return self.chain_keys(connection, [chain_id], purpose)[chain_id]

    def chain_keys(self, connection: Connection, chain_ids: Collection[UUID], purpose: Purpose) -> dict[UUID, bytes]:
        """The keys that these chains have for a purpose, by at most one query.

        One that this very transaction has made is not held for others: the transaction may yet come to nothing.
        """
        now, found = self.clock(), {}
        for chain_id in set(chain_ids):
            held = self.held.get((chain_id, purpose))
            if held is not None and held.until > now:
                found[chain_id] = held.secret
        if missing := [chain_id for chain_id in set(chain_ids) if chain_id not in found]:
            for row in connection.execute(FIND_CHAIN_KEYS, {"chain_ids": missing, "purpose": purpose}):
                about = about_chain(row.chain_id, purpose)
                secret = self.masters.unwrap(row.master_id, bytes(row.wrapped), about)
                found[row.chain_id] = secret
                if row.settled:
                    self.held[row.chain_id, purpose] = Held(secret, now + CHAIN_KEY_SECONDS)
        return found

    def keys_for(self, connection: Connection, chain_id: UUID, wanted: Collection[About]) -> dict[About, DataKey]:
        """The data key of each, made when there is none; by at most three queries, besides the chain's own."""
        if not wanted:
            return {}
        chain_key = self.chain_key(connection, chain_id, "data_keys")
        found = self.held_keys(connection, chain_id, wanted, chain_key)
        if missing := sorted(set(wanted) - set(found), key=lambda about: (about.subject, about.data_class)):
            connection.execute(ADD_DATA_KEYS, new_rows(chain_id, missing, chain_key))
            found |= self.held_keys(connection, chain_id, missing, chain_key)
        return found

    def held_keys(
        self, connection: Connection, chain_id: UUID, wanted: Iterable[About], chain_key: bytes
    ) -> dict[About, DataKey]:
        rows = connection.execute(HOLD_DATA_KEYS, {"chain_id": chain_id} | columns(list(wanted)))
        return {key.about: key for key in (unwrapped(row, chain_key) for row in rows)}

    def keys_called(self, connection: Connection, key_ids: Collection[UUID]) -> dict[UUID, DataKey]:
        """The data keys with these ids, of whichever chains, by at most two queries. Raises KeyUnknown."""
        if not key_ids:
            return {}
        rows = connection.execute(FIND_DATA_KEYS, {"ids": list(set(key_ids))}).all()
        chain_keys = self.chain_keys(connection, {row.chain_id for row in rows}, "data_keys")
        found = {row.key_id: unwrapped(row, chain_keys.get(row.chain_id)) for row in rows}
        if not found.keys() >= set(key_ids):
            raise KeyUnknown
        return found


def destroy(
    connection: Connection, chain_id: UUID, subjects: Iterable[UUID], classes: Iterable[DataClass]
) -> list[UUID]:
    """Destroy the data keys of these people and classes for ever, those also that were never made; gives all their ids.

    Whoever was merged has a key under each of their ids: name all of them.
    """
    pairs = {"chain_id": chain_id, "subjects": sorted(set(subjects)), "classes": sorted(set(classes))}
    return list(connection.execute(DESTROY, pairs).scalars())


def new_rows(chain_id: UUID, wanted: Sequence[About], chain_key: bytes) -> dict[str, Any]:
    ids = [new_id() for _ in wanted]
    contexts = (about_data(chain_id, key_id, about) for key_id, about in zip(ids, wanted, strict=True))
    wrapped = [encrypt(chain_key, new_key(), context) for context in contexts]
    return {"chain_id": chain_id, "ids": ids, "wrapped": wrapped} | columns(wanted)


def columns(wanted: Sequence[About]) -> dict[str, Any]:
    return {"subjects": [about.subject for about in wanted], "classes": [about.data_class for about in wanted]}


def unwrapped(row: Row[Any], chain_key: bytes | None) -> DataKey:
    """Raises Unreadable when the row is not as it was written, and KeyUnknown without its chain's key."""
    about = About(row.subject, getattr(row, "class"))
    if row.wrapped is None:
        return DataKey(row.key_id, about, None)
    if chain_key is None:
        raise KeyUnknown
    secret = decrypt(chain_key, bytes(row.wrapped), about_data(row.chain_id, row.key_id, about))
    return DataKey(row.key_id, about, secret)


def about_chain(chain_id: UUID, purpose: Purpose) -> bytes:
    return b"chain key\0" + chain_id.bytes + purpose.encode()


def about_data(chain_id: UUID, key_id: UUID, about: About) -> bytes:
    return b"data key\0" + chain_id.bytes + key_id.bytes + about.subject.bytes + about.data_class.encode()
