"""AES-256-GCM with a random 96-bit nonce: what was written cannot be read, changed or moved without its key."""

from hashlib import sha256
from hmac import digest
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Unreadable(Exception):
    """What was sealed has been changed or moved, or it was sealed with another key."""


def new_key() -> bytes:
    """256 random bits."""
    return token_bytes(KEY_BYTES)


def encrypt(key: bytes, content: bytes, about: bytes) -> bytes:
    """Nonce, ciphertext and tag; `about` is not kept, but must be the same when it is read."""
    nonce = token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, about)


def decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """The content. Raises Unreadable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise Unreadable from None


def keyed_hash(key: bytes, kind: str, value: str) -> bytes:
    """HMAC-SHA-256 by which equal values of one kind are found, and by which nobody without the key can try values."""
    return digest(key, f"{kind}\0{value}".encode(), sha256)
