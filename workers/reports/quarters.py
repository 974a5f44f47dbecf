"""Which numbers of a year are told at the end of a quarter: pure.

Years of two quarters overlap: the difference of their numbers tells of those who came into the count since the earlier
one, less those who left it. So a place's numbers are told again when enough came and enough left since each quarter of
the last year in which they were told, and when some of both met with the same: then neither can be told from the other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace

from shared.reports.document import Scope
from workers.reports.adding import Clinics, Gathered, add_up, place_of
from workers.reports.hiding.rounds import hidden
from workers.reports.hiding.safety import DIFFERENT
from workers.reports.hiding.tables import Cell, Tables
from workers.reports.once import OF_THE_YEAR, Yearly

MONTHS = 12

Cohort = Mapping[str, Sequence[int]]
"""By what became of them, how many of a population began in each of the MONTHS before the end, the last one first."""

Cohorts = Mapping[str, Cohort]
"""By population."""

ALIKE = DIFFERENT - 1
"""So many of those who came, and as many of those who left, met with the same fates: for so many could be exchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """What the reports with which a quarter ended counted over the year; `month` is the last one, counted from year 0.

    `told` is what of it others than the therapists were told.
    """

    month: int
    cohorts: Mapping[Scope, Cohorts]
    works_at: Clinics
    told: frozenset[Yearly] = frozenset()


def kept_back(now: Quarter, earlier: Sequence[Quarter]) -> frozenset[Yearly]:
    """What must not be told now, because of what was told earlier."""
    recent = [then for then in earlier if 0 < now.month - then.month < MONTHS]
    return frozenset(
        Yearly(place, population) for population in OF_THE_YEAR for place in changed_little(now, recent, population)
    )


def changed_little(now: Quarter, earlier: Sequence[Quarter], population: str) -> set[str]:
    """Of the places of which one population was told, those that must not be told again so soon.

    How many came adds up over the places, and so does how many left. Where one place is kept back, so are others: by
    the differences of these it could be worked out. What is kept back since one quarter hides others since the next.
    """
    since = [tables for then in earlier for tables in came_and_left(now, then, population)]
    back = {cell for tables in since for cell in tables.shown if tables.is_protected(cell)}
    for tables in since:
        back |= hidden(tables, back)
    return {cell.place for cell in back}


def came_and_left(now: Quarter, then: Quarter, population: str) -> tuple[Tables, Tables]:
    """How many came to each place since, and how many left; where it was told, it would be shown."""
    months = now.month - then.month
    there = {place_of(scope) for scope in now.cohorts}
    told = {place for place, what in then.told if what == population and place in there}
    came = {place_of(scope): last(of[population], months) for scope, of in now.cohorts.items()}
    left = {place_of(scope): first(of[population], months) for scope, of in then.cohorts.items()}
    unlike = {place for place in told if alike(came[place], left[place]) < ALIKE}
    return tables_of(now, came, told, unlike), tables_of(then, left, told, unlike)


def last(cohort: Cohort, months: int) -> Counter[str]:
    """Who came in so many months, by fate."""
    return Counter({fate: sum(began[:months]) for fate, began in cohort.items()})


def first(cohort: Cohort, months: int) -> Counter[str]:
    """Who is not counted any more so many months later, by fate."""
    return Counter({fate: sum(began[MONTHS - months :]) for fate, began in cohort.items()})


def alike(came: Mapping[str, int], left: Mapping[str, int]) -> int:
    """How many of each met with the same fates."""
    return sum(min(n, left.get(fate, 0)) for fate, n in came.items())


def tables_of(
    quarter: Quarter, counted: Mapping[str, Counter[str]], told: AbstractSet[str], unlike: AbstractSet[str]
) -> Tables:
    """Of each place how many are counted; zero is protected too, and where what became of them is unlike."""
    gathered = Gathered()
    for place, fates in counted.items():
        cell, n = Cell(place, "counted"), fates.total()
        if place in told:
            gathered.show(cell, n)
        else:
            gathered.derive(cell, n)
    add_up(gathered, list(quarter.cohorts), quarter.works_at)
    also = frozenset(cell for cell in gathered.shown if not gathered.counts[cell] or cell.place in unlike)
    return replace(gathered.tables, also=also)
