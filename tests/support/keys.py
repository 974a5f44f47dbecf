"""Keys for tests, the sealer that has them, and envelopes made without a database."""

from typing import Any
from uuid import UUID

from shared import codec
from shared.keys import About, DataKey, Keyring
from shared.master_keys import MasterKeys, new_master_key
from shared.sealing import FORGOTTEN, AesGcmSealer, Envelope, in_envelope, key_id_of, out_of_envelope

MASTER_KEYS = new_master_key("test-1")
SECRET = bytes(range(32))
KEY = UUID("0192f000-0000-7000-8000-0000000000aa")


def sealer(master_keys: str = MASTER_KEYS) -> AesGcmSealer:
    """A sealer as a new process has one: it holds no key yet."""
    return AesGcmSealer(Keyring(MasterKeys.parse(master_keys)))


def envelopes(event: Any, chain_id: UUID, event_id: UUID) -> dict[str, Envelope]:
    """An event's personal fields, sealed by the test's one key."""
    plains = codec.to_seal(event, chain_id=chain_id, event_id=event_id)
    return {plain.place.field: in_envelope(DataKey(KEY, plain.about, SECRET), plain) for plain in plains}


def opened(name: str, data: codec.Json, chain_id: UUID, event_id: UUID) -> Any:
    """The event that was sealed so. Raises Unreadable."""
    values = {}
    for sealed in codec.sealed_in(name, data, chain_id=chain_id, event_id=event_id):
        key = DataKey(key_id_of(sealed.envelope), About(KEY, "contact"), SECRET)
        values[sealed.place.field] = out_of_envelope(key, sealed)
    assert FORGOTTEN not in values.values()
    return codec.decode(name, data, values)
