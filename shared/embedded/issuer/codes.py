"""Authorization codes: each stands for one sign-in, for a minute, and works once."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from authlib.oidc.core import AuthorizationCodeMixin

from shared.embedded.issuer.remembered import SignedIn

CODE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """What a code stands for until it is used, or a minute has passed."""

    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    came: SignedIn
    expires_at: float

    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.came.at

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Codes:
    """Codes that have not been used yet; taking one out is using it, whatever comes of it."""

    clock: Callable[[], float] = time.time
    waiting: dict[str, Code] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, code: str, meaning: Code) -> None:
        with self.lock:
            now = self.clock()
            self.waiting = {name: each for name, each in self.waiting.items() if each.expires_at > now}
            self.waiting[code] = meaning

    def take(self, code: str) -> Code | None:
        with self.lock:
            found = self.waiting.pop(code, None)
        return found if found and found.expires_at > self.clock() else None

    def know(self, nonce: str) -> bool:
        with self.lock:
            return any(secrets.compare_digest(each.nonce, nonce) for each in self.waiting.values())
