"""The public keys of one issuer: the set that its configured address names, and no key from anywhere else."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
from jwt import PyJWK, PyJWKSet

from shared.auth import IssuerAway, NotAuthenticated
from shared.remote_json import NoDocument, read_json

ALGORITHMS = ("EdDSA", "RS256")
FRESH_SECONDS = 300
RETRY_SECONDS = 10
GOOD_SECONDS = 3600
"""How long keys are believed while their issuer is away: it might have taken one back."""

WAIT_SECONDS = 2
"""How long a request waits while another one reads the set; with a known key it does not wait at all."""

NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Known:
    """The keys by their id, when they were read, and when reading them was last over, whether well or not."""

    keys: Mapping[str, PyJWK] = field(default_factory=dict)
    read_at: float = NEVER
    tried_at: float = NEVER


@dataclass
class KeySet:
    """Keys read with `read` when they are wanted, and again when an unknown key id appears.

    What is known changes as one, and only when reading is over: whoever comes meanwhile waits for it.
    """

    read: Callable[[], dict[str, Any]]
    clock: Callable[[], float] = time.monotonic
    known: Known = field(default_factory=Known)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def at(cls, url: str) -> "KeySet":
        """The set at an https, http or file address."""
        return cls(lambda: read_json(url))

    def key(self, key_id: str) -> PyJWK:
        """The key with this id; raises NotAuthenticated for one that is not in the set, IssuerAway without a set."""
        if self.is_old(key_id) and self.lock.acquire(timeout=0 if key_id in self.known.keys else WAIT_SECONDS):
            try:
                if self.is_old(key_id):
                    self.refresh()
            finally:
                self.lock.release()
        known = self.known
        found = known.keys.get(key_id)
        if self.clock() - known.read_at > GOOD_SECONDS or (found is None and known.read_at < known.tried_at):
            raise IssuerAway
        if found is None:
            raise NotAuthenticated
        return found

    def is_old(self, key_id: str) -> bool:
        known, now = self.known, self.clock()
        is_wanted = now - known.read_at > FRESH_SECONDS or key_id not in known.keys
        return is_wanted and now - known.tried_at > RETRY_SECONDS

    def refresh(self) -> None:
        """Read the set; what was read before stays in use when it cannot be."""
        try:
            found = PyJWKSet.from_dict(self.read())
        except (NoDocument, ValueError, TypeError, AttributeError, jwt.PyJWTError):
            self.known = replace(self.known, tried_at=self.clock())
            return
        now = self.clock()
        self.known = Known({key.key_id: key for key in found.keys if key.key_id and is_usable(key)}, now, now)


def is_usable(key: PyJWK) -> bool:
    """Whether signatures of our algorithms can be checked with a key."""
    return key.algorithm_name in ALGORITHMS and key.public_key_use in {None, "sig"}
