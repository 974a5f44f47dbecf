"""PINs: which are too easy to guess, and how one is kept so that neither a thief of the database nor a wait opens it.

Argon2id (RFC 9106) with 19 MiB, two passes and one lane, the least that OWASP's password storage cheat sheet asks for.
Six digits are few, however slowly they are tried: what a stolen database cannot do without is the pepper, a keyed hash
under a key that is wrapped by the master key.
"""

from itertools import pairwise
from os import urandom
from typing import Literal

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST, LONGEST = 6, 12
MOST_WRONG = 5
"""After so many wrong tries in a row a PIN is worth nothing any more."""

FEWEST_DIGITS = 4
"""So many different digits at least: 112233, 121212 and 123123 are the first that anybody tries."""

SALT_BYTES, HASH_BYTES = 16, 32
PASSES, LANES, MEMORY_KIB = 2, 1, 19 * 1024

WELL_KNOWN = frozenset({"102030", "112358", "147258", "147369", "159753", "258369", "271828", "314159", "741852"})
"""Patterns on the keypad and numbers that everybody knows, as far as no rule has them."""

Fault = Literal["not_digits", "too_short", "too_long", "too_easy", "different"]
"""`different`: the two times that it was typed are not the same."""


def fault_of(pin: str) -> Fault | None:
    """Why nobody may take this PIN; None when they may."""
    if not (pin.isascii() and pin.isdigit()):
        return "not_digits"
    if len(pin) < SHORTEST:
        return "too_short"
    if len(pin) > LONGEST:
        return "too_long"
    return "too_easy" if is_easy(pin) else None


def is_easy(pin: str) -> bool:
    """Whether it has few different digits, goes up or down in equal steps (9 is followed by 0), or is well known."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(set(pin)) < FEWEST_DIGITS or len(steps) == 1 or pin in WELL_KNOWN


def kept(pin: str, pepper: bytes) -> str:
    """What is kept of a PIN: a PHC string with parameters, salt and hash."""
    argon = Argon2id(
        salt=urandom(SALT_BYTES),
        length=HASH_BYTES,
        iterations=PASSES,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
        secret=pepper,
    )
    return argon.derive_phc_encoded(pin.encode())


def is_right(pin: str, pepper: bytes, known: str) -> bool:
    """Whether `known` was kept of this PIN."""
    if len(pin) > LONGEST:
        return False
    try:
        Argon2id.verify_phc_encoded(pin.encode(), known, pepper)
    except InvalidKey:
        return False
    return True
