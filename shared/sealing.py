"""Personal values are stored in envelopes that only their own place in the log, and the key of their person, can open.

`{"$sealed": key id, "class": …, "subject": …, "c": base64 of nonce, ciphertext and tag}`; the associated data are
chain, event, field and key. Without `c` the key was destroyed before there was anything to seal.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from shared.cipher import Unreadable, decrypt, encrypt, keyed_hash
from shared.keys import About, DataKey, Keyring
from shared.master_keys import MasterKeys
from shared.settings import Settings, SettingsFaulty
from shared.variables import VARIABLES

SEALED = "$sealed"
Envelope = dict[str, str]


class Forgotten:
    """What an envelope holds whose key was destroyed."""


FORGOTTEN = Forgotten()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; nowhere else does its envelope open."""

    chain_id: UUID
    event_id: UUID
    field: str

    def with_key(self, key_id: UUID) -> bytes:
        """The associated data: ids of fixed length first, so that no two places read alike."""
        return b"event field\0" + self.chain_id.bytes + self.event_id.bytes + key_id.bytes + self.field.encode()


@dataclass(frozen=True, slots=True)
class Plain:
    """A value (as JSON has it) before it is sealed: where it will stand, and whose it is."""

    place: Place
    about: About
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    place: Place
    envelope: Envelope


class Sealer(Protocol):
    """Makes what is personal unreadable and readable again, within a transaction, by a constant number of queries."""

    def seal(self, connection: Connection, chain_id: UUID, values: Sequence[Plain]) -> list[Envelope]:
        """The envelope of each value, in their order; all of one chain."""

    def open(self, connection: Connection, values: Sequence[Sealed]) -> list[Any]:
        """The value of each envelope, in their order, of whichever chains; FORGOTTEN where the key was destroyed.

        Raises Unreadable for an envelope that was changed or moved, and KeyUnknown for one of no key of ours.
        """

    def wrap(self, connection: Connection, chain_id: UUID, content: bytes, about: bytes) -> bytes:
        """Content that belongs to a chain and not to one person, to be opened with the same `about`."""

    def unwrap(self, connection: Connection, chain_id: UUID, wrapped: bytes, about: bytes) -> bytes:
        """The content. Raises Unreadable."""

    def index(self, connection: Connection, chain_id: UUID, kind: str, value: str) -> bytes:
        """The blind index of a value: 32 bytes, the same for the same chain, kind and value, of no use without keys."""


class AesGcmSealer:
    """Seals with AES-256-GCM by the keys of a service."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    def seal(self, connection: Connection, chain_id: UUID, values: Sequence[Plain]) -> list[Envelope]:
        keys = self.keyring.keys_for(connection, chain_id, {plain.about for plain in values})
        return [in_envelope(keys[plain.about], plain) for plain in values]

    def open(self, connection: Connection, values: Sequence[Sealed]) -> list[Any]:
        keys = self.keyring.keys_called(connection, {key_id_of(sealed.envelope) for sealed in values})
        return [out_of_envelope(keys[key_id_of(sealed.envelope)], sealed) for sealed in values]

    def wrap(self, connection: Connection, chain_id: UUID, content: bytes, about: bytes) -> bytes:
        return encrypt(self.keyring.chain_key(connection, chain_id, "answers"), content, about)

    def unwrap(self, connection: Connection, chain_id: UUID, wrapped: bytes, about: bytes) -> bytes:
        return decrypt(self.keyring.chain_key(connection, chain_id, "answers"), wrapped, about)

    def index(self, connection: Connection, chain_id: UUID, kind: str, value: str) -> bytes:
        return keyed_hash(self.keyring.chain_key(connection, chain_id, "index"), kind, value)


def sealer_of(settings: Settings) -> Sealer:
    """The sealer of a process. Raises SettingsFaulty without master keys."""
    return AesGcmSealer(Keyring(master_keys_of(settings)))


def master_keys_of(settings: Settings) -> MasterKeys:
    """Raises SettingsFaulty without master keys."""
    if settings.master_keys is None:
        name = "SYNERGIST_MASTER_KEYS"
        raise SettingsFaulty({name: f"is needed here: {VARIABLES[name]}"})
    return settings.master_keys


def in_envelope(key: DataKey, plain: Plain) -> Envelope:
    """Without its content when the key was destroyed: what is told of somebody forgotten is forgotten at once."""
    envelope = {SEALED: str(key.key_id), "class": key.about.data_class, "subject": str(key.about.subject)}
    if key.secret is None:
        return envelope
    content = encrypt(key.secret, msgspec.json.encode(plain.value), plain.place.with_key(key.key_id))
    return envelope | {"c": b64encode(content).decode()}


def out_of_envelope(key: DataKey, sealed: Sealed) -> Any:
    """Raises Unreadable."""
    content = sealed.envelope.get("c")
    if key.secret is None or content is None:
        return FORGOTTEN
    try:
        return msgspec.json.decode(decrypt(key.secret, b64decode(content), sealed.place.with_key(key.key_id)))
    except ValueError:
        raise Unreadable from None


def is_empty(envelope: Envelope) -> bool:
    """Whether there was no key any more when it was sealed."""
    return "c" not in envelope


def key_id_of(envelope: Envelope) -> UUID:
    """Raises Unreadable for what is none of our envelopes."""
    try:
        return UUID(envelope[SEALED])
    except (KeyError, ValueError):
        raise Unreadable from None
