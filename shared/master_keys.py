"""The master keys, which wrap the keys of chains: from the settings alone, the first is current, none is weak."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.cipher import KEY_BYTES, decrypt, encrypt, new_key

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
FEWEST_DIFFERENT_BYTES = 16
"""Of 32 random bytes; fewer come by chance less than once in 10^12."""


class MasterKeyMissing(Exception):
    """A key in the database is wrapped by a master key that the settings do not give."""

    def __init__(self, master_id: str) -> None:
        super().__init__(f"SYNERGIST_MASTER_KEYS lacks the key {master_id}, which keys in the database are wrapped by.")


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """`current` wraps whatever is wrapped from now on; the others only open."""

    current: str
    secrets: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "MasterKeys":
        """`id:base64,id:base64`, 32 bytes each. Raises ValueError, which says what is wrong and nothing of the keys."""
        secrets: dict[str, bytes] = {}
        for number, entry in enumerate(text.split(","), start=1):
            name, _, encoded = entry.strip().partition(":")
            if not ID.fullmatch(name):
                raise ValueError(f"key {number} has no id (small letters, digits, hyphens) before its colon")
            if name in secrets:
                raise ValueError(f"there are two keys {name}")
            secrets[name] = checked(name, encoded)
        if len(set(secrets.values())) < len(secrets):
            raise ValueError("two ids have the same key")
        return cls(next(iter(secrets)), secrets)

    def wrap(self, key: bytes, about: bytes) -> bytes:
        return encrypt(self.secrets[self.current], key, about)

    def unwrap(self, master_id: str, wrapped: bytes, about: bytes) -> bytes:
        """Raises MasterKeyMissing, and Unreadable when this is not what was wrapped."""
        if master_id not in self.secrets:
            raise MasterKeyMissing(master_id)
        return decrypt(self.secrets[master_id], wrapped, about)


def checked(name: str, encoded: str) -> bytes:
    try:
        secret = b64decode(encoded, validate=True)
    except ValueError:
        raise ValueError(f"the key {name} is not base64") from None
    if len(secret) != KEY_BYTES:
        raise ValueError(f"the key {name} has {len(secret)} bytes, not {KEY_BYTES}")
    if len(set(secret)) < FEWEST_DIFFERENT_BYTES or all(0x20 <= byte < 0x7F for byte in secret):  # noqa: PLR2004 - printable ASCII
        raise ValueError(f"the key {name} is not random; make one with `synergist keys new`")
    return secret


def new_master_key(name: str) -> str:
    """A new key in the form of the setting."""
    return f"{name}:{b64encode(new_key()).decode()}"
