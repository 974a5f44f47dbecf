"""What makes two ways of writing a person the same: words without case and marks, and how alike two people are."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

# Letters that are no letter with a mark, so that taking marks away leaves them as they are.
PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
WORD = re.compile(r"\w+")
OF_A_NUMBER = re.compile(r"[+()\d][\d()./-]*")
ISO_DATE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")
WRITTEN_DATE = re.compile(r"(\d\d?)[./](\d\d?)[./](\d{4})")
LEAST_DIGITS = 4
WHOLE_NUMBER = 7
"""From so many digits on, zeros in front are those of dialling within a country, or out of it."""

MOST_WORDS = 6

Reason = Literal[
    "same_name",
    "similar_name",
    "same_phone",
    "same_email",
    "same_birth_date",
    "other_birth_date",
    "other_first_name",
]
WEIGHTS: dict[Reason, int] = {
    "same_phone": 25,
    "same_email": 20,
    "same_birth_date": 30,
    "other_birth_date": -40,
}
NAMES = 50
ALIKE = 0.6
ALIKE_FIRST_NAME = 0.5
LIKELY = 50
STRONG = 70


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for: words of names, the last digits of a number, the beginning of an e-mail, birth dates."""

    words: tuple[str, ...] = ()
    digits: str = ""
    email: str = ""
    birth_dates: tuple[date, ...] = ()


def words_of(text: str) -> list[str]:
    """The words of a name, without case and marks."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    return WORD.findall("".join(sign for sign in apart if not unicodedata.combining(sign)).replace("_", " "))


def names_of(name: str, called: str | None) -> str:
    """All words that a person goes by, each once, with a space before and after each."""
    words = dict.fromkeys(words_of(f"{name} {called or ''}"))
    return f" {' '.join(words)} " if words else " "


def wanted(query: str) -> Wanted:
    """What somebody who typed this is looking for."""
    words: list[str] = []
    digits, email, born = "", "", None
    for token in query.split():
        if dates := dates_in(token):
            born = dates
        elif "@" in token:
            email = token.casefold()
        elif OF_A_NUMBER.fullmatch(token):
            digits += re.sub(r"\D", "", token)
        else:
            words += words_of(token)
    if len(digits) >= WHOLE_NUMBER:
        digits = digits.lstrip("0")
    if len(digits) < LEAST_DIGITS:
        words, digits = [*words, *words_of(digits)], ""
    longest_first = sorted(dict.fromkeys(words), key=len, reverse=True)[:MOST_WORDS]
    return Wanted(words=tuple(longest_first), digits=digits, email=email, birth_dates=born or ())


def dates_in(token: str) -> tuple[date, ...]:
    """The days that a date may mean: where day and month cannot be told apart, both ways."""
    if found := ISO_DATE.fullmatch(token):
        return real_dates((int(found[1]), int(found[2]), int(found[3])))
    if found := WRITTEN_DATE.fullmatch(token):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        return real_dates((year, second, first), (year, first, second))
    return ()


def real_dates(*parts: tuple[int, int, int]) -> tuple[date, ...]:
    def tried() -> Iterator[date]:
        for each in parts:
            try:
                yield date(*each)
            except ValueError:
                continue

    return tuple(dict.fromkeys(tried()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a client, to be held against another; addresses in the form in which they are compared."""

    name: str
    called: str | None = None
    birth_date: date | None = None
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two clients are one person, from 0 to 100, and why; `strong` enough to be asked about at once."""

    score: int
    reasons: tuple[Reason, ...]
    strong: bool


def likeness(one: Known, other: Known) -> Likeness | None:
    """Whether two clients may be one person; None when that is not likely.

    Another birth date outweighs a shared address, which families share. Another first name alone is never strong:
    twins have all the rest in common.
    """
    names = name_likeness(one, other)
    reasons = list(reasons_for(one, other))
    score = sum(WEIGHTS[reason] for reason in reasons)
    if names >= ALIKE:
        reasons.insert(0, "same_name" if names == 1 else "similar_name")
        score += round(NAMES * names)
    first_names_differ = not first_names_alike(one, other)
    if first_names_differ:
        reasons.append("other_first_name")
    if score < LIKELY:
        return None
    strong = score >= STRONG and not first_names_differ and "other_birth_date" not in reasons
    return Likeness(min(score, 100), tuple(reasons), strong)


def reasons_for(one: Known, other: Known) -> Iterator[Reason]:
    if one.phones & other.phones:
        yield "same_phone"
    if one.emails & other.emails:
        yield "same_email"
    if one.birth_date and other.birth_date:
        yield "same_birth_date" if one.birth_date == other.birth_date else "other_birth_date"


def name_likeness(one: Known, other: Known) -> float:
    """How alike two names are, from 0 to 1, in whatever order the words stand; the name one goes by counts as well."""
    return max(words_likeness(mine, theirs) for mine in ways_to_call(one) for theirs in ways_to_call(other))


def ways_to_call(known: Known) -> list[list[str]]:
    """The words of the name, and the same with the name one goes by in the place of the first."""
    words = words_of(known.name)
    called = words_of(known.called or "")
    return [words, [*called, *words[1:]]] if called else [words]


def words_likeness(mine: Sequence[str], theirs: Sequence[str]) -> float:
    fewer, more = sorted((mine, theirs), key=len)
    if not fewer:
        return 0.0
    best = [max(word_likeness(word, other) for other in more) for word in fewer]
    missing = (len(more) - len(fewer)) / 2
    return sum(best) / (len(fewer) + missing)


def first_names_alike(one: Known, other: Known) -> bool:
    """Whether the first word of one is like any word of the other's, so that it may have been written for it."""
    return any(
        word_likeness(first, word) >= ALIKE_FIRST_NAME
        for mine in ways_to_call(one)
        for theirs in ways_to_call(other)
        for firsts, words in ((mine[:1], theirs), (theirs[:1], mine))
        for first in firsts
        for word in words
    )


def word_likeness(one: str, other: str) -> float:
    """The share of the groups of three letters that two words have in common, from 0 to 1."""
    mine, theirs = trigrams(one), trigrams(other)
    return len(mine & theirs) / len(mine | theirs)


def trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
