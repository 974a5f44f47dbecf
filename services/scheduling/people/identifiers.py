"""What names one person exactly: a full number or e-mail address, an id, or the whole name with the birth date.

Who knows one of these has met the person; a part of them is a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from marshmallow import ValidationError

from services.scheduling.contacts.rules import address_key
from services.scheduling.contacts.schemas import address_of
from services.scheduling.people.rules import OF_A_NUMBER, Reason, dates_in, words_of


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What a query names exactly: `addresses` as they are compared, the query as an id, a whole name and birth dates.

    `name` has its words in the order of the alphabet.
    """

    addresses: tuple[str, ...]
    client_id: UUID | None
    external_id: str
    name: str
    birth_dates: tuple[date, ...]

    @property
    def names_somebody(self) -> bool:
        """Whether it may name one person in the whole chain; an id of another system has a digit, as no name has."""
        numbered = any(sign.isdigit() for sign in self.external_id)
        return bool(self.addresses or self.client_id or self.name or numbered)


def identifiers(query: str) -> Identifiers:
    """The exact identifiers in what somebody typed; a number counts in its international form."""
    numbers, emails, words = [], [], []
    born: tuple[date, ...] = ()
    for token in query.split():
        if dates := dates_in(token):
            born = dates
        elif "@" in token:
            emails.append(address_key(token))
        elif OF_A_NUMBER.fullmatch(token):
            numbers.append(token)
        else:
            words += words_of(token)
    number = international("".join(numbers))
    return Identifiers(
        addresses=(*emails, *((number,) if number else ())),
        client_id=id_in(query.strip()),
        external_id=query.strip(),
        name=in_order(words) if born else "",
        birth_dates=born if words else (),
    )


def international(number: str) -> str | None:
    """The number as it is kept; None for one without the code of its country, or that is not whole."""
    dialled = f"+{number[2:]}" if number.startswith("00") else number
    try:
        return address_key(address_of("phone", dialled))
    except ValidationError:
        return None


def id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def whole_names(name: str, called: str | None) -> list[str]:
    """The ways to write all of a person's name: as in their papers, as they go by, and both."""
    words, also = words_of(name), words_of(called or "")
    ways = [words, [*also, *words[1:]], [*words, *also]] if also else [words]
    return sorted({in_order(way) for way in ways if way})


def in_order(words: Iterable[str]) -> str:
    return " ".join(sorted(set(words)))


def names_exactly(reasons: Iterable[Reason]) -> bool:
    """Whether two who are alike for these reasons have an exact identifier in common."""
    known = set(reasons)
    return bool(known & {"same_phone", "same_email"}) or {"same_name", "same_birth_date"} <= known
