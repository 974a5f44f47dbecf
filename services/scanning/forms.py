"""The ways in which a plain text may stand in a store: as it is, without case or marks, backwards, and encoded.

What is encrypted, compressed or hashed is not plain text, and is not found.
"""

import json
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Fewer characters are found everywhere."""


@dataclass(frozen=True, slots=True)
class Forms:
    """`folded` are looked for without regard to case, `exact` as they are; none is empty."""

    folded: tuple[str, ...]
    exact: tuple[str, ...]

    def count(self, content: bytes) -> int:
        """How often bytes hold the text, each place counted once at least."""
        text = content.decode("utf-8", "replace")
        low = text.casefold()
        return sum(low.count(form) for form in self.folded) + sum(text.count(form) for form in self.exact)

    def count_along(self, pieces: Iterable[bytes]) -> int:
        """How often the text is in what comes piece by piece; pieces overlap here, so nothing is lost between two."""
        places, before = 0, b""
        for piece in pieces:
            content = before + piece
            before = content[1 - self.longest :]
            places += self.count(content) - self.count(before)
        return places + self.count(before)

    @property
    def longest(self) -> int:
        """The bytes that the longest form may take."""
        return max(len(form.encode()) for form in (*self.folded, *self.exact))


def forms_of(text: str) -> Forms:
    """All ways to look for a text; raises ValueError for one too short to mean anything."""
    if len(text) < SHORTEST:
        raise ValueError(f"a text of less than {SHORTEST} characters is found everywhere")
    plain = {text, without_marks(text), text[::-1], json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    plain |= {quote(text), quote_plus(text)}
    folded = {low for form in plain for low in (form.casefold(), form.lower())}
    return Forms(tuple(sorted(folded)), tuple(sorted((plain - folded) | in_base64(text.encode()))))


def without_marks(text: str) -> str:
    """As read models keep names to find them again."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def in_base64(content: bytes) -> set[str]:
    """What a text looks like within something longer that was encoded, at each of the three places it may begin."""
    found = set()
    for before in range(3):
        usable = (before + len(content)) // 3 * 3 - before
        start = -(-before * 4 // 3)
        for encode in (b64encode, urlsafe_b64encode):
            encoded = encode(bytes(before) + content[:usable]).decode()[start:]
            found.add(encoded)
    return {each for each in found if len(each) >= SHORTEST}
