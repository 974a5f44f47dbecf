"""An invented chain over a year and more: every event that both services would have recorded, the same for one seed.

Nobody in it exists. Things happen as they do: clients move and cancel visits or do not come, charts are written days
late, statuses are put right, notes are amended, two records turn out to be one person, somebody is forgotten. Whatever
a report counts happens in it, and be it seldom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

from demo.year.chain import found
from demo.year.changes import changed
from demo.year.client import lived
from demo.year.rare import rare_care, second_patterns
from demo.year.telling import Entry, Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of an invented chain; everybody is seen for the first time within `days` of `first`."""

    clinics: int = 5
    therapists: int = 14
    clients: int = 2000
    first: date = date(2025, 1, 1)
    days: int = 365


def year(seed: int, size: Size = Size()) -> tuple[UUID, Iterator[Entry]]:
    """The chain's id and its events in the order in which they were recorded; the same for the same seed and size."""
    teller = Teller(Random(seed))
    chain = found(teller, size.first, size.days, clinics=size.clinics, therapists=size.therapists)
    for _ in range(size.clients):
        lived(teller, chain, size.first, size.days)
    draw = Random(f"rare {seed}")
    second_patterns(teller, draw)
    rare_care(teller, draw)
    changed(teller, chain, draw, size.first, size.days)
    return chain.id, teller.entries()
