"""Finds targets by what people type: any of their names, in any case, without accents, half a word or one misspelt.

Best first: the whole name, names that begin so, words that begin so, names that hold it, names that look like it. Of
equals those found by their own name come before those found by Latin, a synonym or German.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from shared.catalogue.model import Target

ALIKE = 0.75
"""How alike two words are at least, from 0 to 1, when one is taken for a misspelling of the other."""
SHORTEST = 4
"""Letters of a word that may be misspelt; of shorter ones too many look alike."""


class Rank(NamedTuple):
    """Where a target stands among what was found, the lowest first; no two stand at the same place."""

    tier: int
    unlike: int
    by: int
    name: str
    code: str


def search(targets: Iterable[Target], wanted: str) -> list[tuple[Rank, Target]]:
    """The targets that were meant by `wanted`, best first; all of them, by name, when it has no letters.

    Misspellings are looked for only when no name fits as it was typed.
    """
    asked, among = plain(wanted), list(targets)
    found = ranked(among, lambda name: place_of(name, asked))
    return found or ranked(among, lambda name: place_of_misspelt(name, asked))


def ranked(targets: Iterable[Target], place: Callable[[str], tuple[int, int] | None]) -> list[tuple[Rank, Target]]:
    """The targets of which a name has a place, by the best one that it has."""
    found = []
    for each in targets:
        places = ((place(name), by) for by, name in enumerate(names(each)))
        ranks = (Rank(*at, by, each.name, each.code) for at, by in places if at is not None)
        if (rank := min(ranks, default=None)) is not None:
            found.append((rank, each))
    return sorted(found, key=itemgetter(0))


def names(target: Target) -> Iterator[str]:
    """All names of a target in plain letters, its own first."""
    latin = (target.latin,) if target.latin else ()
    former = (each.name for each in target.former)
    for name in (target.name, *latin, *target.synonyms, *target.german, *former):
        yield plain(name)


def place_of(name: str, asked: str) -> tuple[int, int] | None:
    """The tier in which a name stands that fits as it was typed."""
    words, wanted = name.split(), asked.split()
    if name == asked:
        return 0, 0
    if name.startswith(asked):
        return 1, 0
    if all(any(word.startswith(each) for word in words) for each in wanted):
        return 2, 0
    return (3, 0) if asked in name else None


def place_of_misspelt(name: str, asked: str) -> tuple[int, int] | None:
    """The last tier, and how unlike in thousandths, for a name in which every word that was typed can be seen."""
    likeness = [max(alike(word, typed) for word in name.split()) for typed in asked.split()]
    if min(likeness) < ALIKE:
        return None
    return 4, 1000 - round(1000 * sum(likeness) / len(likeness))


def alike(word: str, typed: str) -> float:
    """How alike a word and a typed one are, which may be its beginning; 1.0 when it is, 0.0 when hardly."""
    if word.startswith(typed):
        return 1.0
    if len(typed) < SHORTEST:
        return 0.0
    return max(likeness(word, typed), likeness(word[: len(typed)], typed))


def likeness(word: str, typed: str) -> float:
    matcher = SequenceMatcher(None, word, typed, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE else 0.0


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Letters and digits in lower case without accents, single spaces between words."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))
