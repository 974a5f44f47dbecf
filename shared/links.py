"""The address of a client's page: `<chain>.<token>` in URL-safe base64. The token is the key; only its hash is kept.

Nobody guesses one, and whoever reads the database learns none. Cookies and references that must be as secret have the
same form.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

TOKEN_BYTES = 16


def new_token() -> bytes:
    return token_bytes(TOKEN_BYTES)


def hash_of(token: bytes) -> bytes:
    """What is kept of a token, 32 bytes."""
    return sha256(token).digest()


def joined(chain_id: UUID, token: bytes) -> str:
    """The address that `parse` takes apart."""
    return f"{encoded(chain_id.bytes)}.{encoded(token)}"


def parse(address: str) -> tuple[UUID, bytes] | None:
    """The chain and token in `<chain>.<token>`, or None when it cannot be one of ours."""
    chain, _, token = address.partition(".")
    try:
        chain_id, secret = UUID(bytes=decoded(chain)), decoded(token)
    except ValueError:
        return None
    if len(secret) != TOKEN_BYTES or joined(chain_id, secret) != address:
        return None
    return chain_id, secret


def chain_in(address: str) -> UUID | None:
    """The chain that an address names, also one whose token is cut off; None when it names none."""
    chain = address.partition(".")[0]
    try:
        return UUID(bytes=decoded(chain))
    except ValueError:
        return None


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def decoded(content: str) -> bytes:
    return urlsafe_b64decode(content.encode("ascii") + b"=" * (-len(content) % 4))
