"""The public keys of one issuer: the set that its configured address names, and no key from anywhere else."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
from jwt import PyJWK, PyJWKSet

from shared.auth import NotAuthenticated
from shared.remote_json import NoDocument, read_json

ALGORITHMS = ("EdDSA", "RS256")
FRESH_SECONDS = 300
RETRY_SECONDS = 10


@dataclass
class KeySet:
    """Keys by their id, read with `read` when they are wanted, and again when an unknown key id appears."""

    read: Callable[[], dict[str, Any]]
    keys: dict[str, PyJWK] = field(default_factory=dict)
    read_at: float = -FRESH_SECONDS
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def at(cls, url: str) -> "KeySet":
        """The set at an https, http or file address."""
        return cls(lambda: read_json(url))

    def key(self, key_id: str) -> PyJWK:
        """The key with this id; raises NotAuthenticated when the set does not have it."""
        if self.is_old(key_id):
            with self.lock:
                if self.is_old(key_id):
                    self.refresh()
        if key_id not in self.keys:
            raise NotAuthenticated
        return self.keys[key_id]

    def is_old(self, key_id: str) -> bool:
        age = time.monotonic() - self.read_at
        return age > FRESH_SECONDS or (key_id not in self.keys and age > RETRY_SECONDS)

    def refresh(self) -> None:
        """Read the set; what was read before stays in use when it cannot be."""
        try:
            found = PyJWKSet.from_dict(self.read())
        except (NoDocument, ValueError, TypeError, AttributeError, jwt.PyJWTError):
            pass
        else:
            self.keys = {key.key_id: key for key in found.keys if key.key_id and is_usable(key)}
        self.read_at = time.monotonic()


def is_usable(key: PyJWK) -> bool:
    """Whether signatures of our algorithms can be checked with a key."""
    return key.algorithm_name in ALGORITHMS and key.public_key_use in {None, "sig"}
