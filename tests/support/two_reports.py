"""Two reports of one chain and a reader with a solver who has both: what they learn of a few by comparing them."""

from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain as joined, combinations
from typing import NamedTuple
from uuid import UUID

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from shared.reports.document import Exclusion, Funnel, Place, Report, Scope
from tests.support.reports import CHAIN, invented_report, share
from workers.reports.once import Yearly
from workers.reports.suppression import leaving
from workers.reports.window import period_of

REPORT = invented_report(4)
EMPTY = replace(REPORT.series, funnel=Funnel(), complaints=(), treated=())
YEAR, RETESTS = "episodes_started_in_year", "first_cold_retests_in_period"
ANN, BEN, CEM = (UUID(int=each) for each in range(1, 4))
NORTH, SOUTH = UUID(int=11), UUID(int=12)
WHERE = {ANN: NORTH, BEN: NORTH, CEM: SOUTH}
WORKS_AT = {person: frozenset({clinic}) for person, clinic in WHERE.items()}
FATES = {"year": ("k", "heard", "missing", "unknown"), "held": ("passed", "failed"), "knees": ("knee",)}
"""What can become of an episode that began in the year, of a correction of the period, and of a mark on the body."""

STARTED, COMPLETERS = ("k", "heard", "missing"), ("k", "heard")


class Some(NamedTuple):
    """How many of a therapist met with a fate, by which of the two reports count them: `first`, `second` or `both`."""

    person: UUID
    part: str
    fate: str


Facts = Mapping[Some, int]
Said = tuple[frozenset[Some], float]
"""A number that is published, and whom it is a sum of."""


@dataclass(frozen=True)
class Case:
    """Two reports, as (period, whether it is closed with it), which parts there are of years and of periods, and which
    of them the reader recalls.
    """

    name: str
    first: tuple[str, bool]
    second: tuple[str, bool]
    year: tuple[str, ...]
    period: tuple[str, ...]
    recalled: tuple[str, ...] = ()

    def parts(self, kind: str) -> tuple[str, ...]:
        return self.year if kind == "year" else self.period

    @property
    def all(self) -> list[Some]:
        return [
            Some(person, part, fate)
            for person in WHERE
            for kind, fates in FATES.items()
            for part in self.parts(kind)
            for fate in fates
        ]


def count(facts: Facts, people: Sequence[UUID], parts: Sequence[str], *fates: str) -> int:
    return sum(facts.get(each, 0) for each in sums(people, parts, *fates))


def sums(people: Sequence[UUID], parts: Sequence[str], *fates: str) -> frozenset[Some]:
    return frozenset(Some(person, part, fate) for person in people for part in parts for fate in fates)


def scopes() -> dict[Scope, list[UUID]]:
    places = {Scope(kind="therapist", id=person): [person] for person in WHERE}
    for clinic in (NORTH, SOUTH):
        places[Scope(kind="clinic", id=clinic)] = [person for person in WHERE if WHERE[person] == clinic]
    return places | {Scope(kind="chain", id=CHAIN): list(WHERE)}


def report_of(scope: Scope, name: str, facts: Facts, parts: Sequence[str]) -> Report:
    """What one of the two reports says of a place before anything is hidden."""
    people = scopes()[scope]

    def n(*fates: str) -> int:
        return count(facts, people, parts, *fates)

    unknown = (Exclusion(reason="no_baseline", n=n("unknown")),) if n("unknown") else ()
    missing = (Exclusion(reason="missing", n=n("missing")),) if n("missing") else ()
    started = share("responders_of_started", n("k"), n(*STARTED), YEAR, *unknown, suppressible=True)
    heard = share("responders_of_completers", n("k"), n(*COMPLETERS), YEAR, *unknown, *missing, suppressible=True)
    hold = share("hold_rate", n("passed"), n("passed", "failed"), RETESTS, suppressible=True)
    knees = (Place(region="knee", side="left", n=n("knee")),) if n("knee") else ()
    return replace(
        REPORT,
        scope=scope,
        period=period_of(name, "Europe/Berlin"),
        metrics=(started, heard, hold, share("no_show_rate", 3, 9, "visits")),
        series=replace(EMPTY, complaints=knees),
    )


def left(
    name: str, facts: Facts, parts: Sequence[str], *, is_closed: bool, kept_back: AbstractSet[Yearly] = frozenset()
) -> tuple[Report, ...]:
    return leaving(whole(name, facts, parts), WORKS_AT, is_closed=is_closed, kept_back=kept_back)


def whole(name: str, facts: Facts, parts: Sequence[str]) -> list[Report]:
    return [report_of(scope, name, facts, parts) for scope in scopes()]


def both(case: Case, facts: Facts) -> list[Said]:
    readings = []
    for (name, is_closed), parts in ((case.first, ("first", "both")), (case.second, ("both", "second"))):
        for report in left(name, facts, parts, is_closed=is_closed):
            readings += list(published(report, parts))
    return readings


def published(report: Report, parts: Sequence[str]) -> Iterator[Said]:
    people = scopes()[report.scope]
    fates = {
        "responders_of_started": (("k",), STARTED),
        "responders_of_completers": (("k",), COMPLETERS),
        "hold_rate": (("passed",), ("passed", "failed")),
    }
    for code, (k, n) in fates.items():
        metric = report.metric(code)
        if metric.numerator is not None:
            yield sums(people, parts, *k), metric.numerator
        if metric.denominator is not None:
            yield sums(people, parts, *n), metric.denominator
        for each in metric.exclusions:
            yield sums(people, parts, "missing" if each.reason == "missing" else "unknown"), each.n
    for (k, n), points in ((fates["responders_of_started"], "responders"), (fates["hold_rate"], "hold")):
        for point in getattr(report.series.funnel, points):
            if point.is_this:
                yield sums(people, parts, *k), point.k
                yield sums(people, parts, *n), point.n
    for place in report.series.complaints:
        yield sums(people, parts, "knee"), place.n


class Reader:
    """Knows what is published, what is recalled, and all of one therapist."""

    def __init__(self, case: Case, facts: Facts, said: Sequence[Said], insider: UUID | None) -> None:
        self.at = {each: index for index, each in enumerate(case.all)}
        mine = [
            (frozenset({each}), float(facts[each]))
            for each in case.all
            if each.person == insider or each.part in case.recalled
        ]
        known = [(self.vector(some), value) for some, value in (*said, *mine)]
        rows, values = np.array([row for row, _ in known]), [value for _, value in known]
        self.known = [LinearConstraint(rows, values, values)] if known else []
        self.seen: list[np.ndarray] = []

    def vector(self, some: frozenset[Some]) -> np.ndarray:
        found = np.zeros(len(self.at))
        found[[self.at[each] for each in some if each in self.at]] = 1
        return found

    def knows(self, some: frozenset[Some]) -> bool:
        """Whether everything that fits what is known has as many of them."""
        aim = self.vector(some)
        if len({round(aim @ each) for each in self.seen}) > 1:
            return False
        ends = set()
        for sign in (1, -1):
            solved = milp(sign * aim, constraints=self.known, bounds=Bounds(0, 5_000), integrality=1)
            assert solved.success
            self.seen.append(np.round(solved.x))
            ends.add(round(aim @ solved.x))
        return len(ends) == 1


def small(case: Case, facts: Facts, insider: UUID | None) -> Iterator[frozenset[Some]]:
    """All counts of 1 to 10 that somebody could want to know: of any place, any parts and any fates."""
    for people in scopes().values():
        if people == [insider]:
            continue
        for kind, fates in FATES.items():
            for parts in subsets([each for each in case.parts(kind) if each not in case.recalled]):
                for some in subsets(fates):
                    if 0 < count(facts, people, parts, *some) <= 10:
                        yield sums(people, parts, *some)


def subsets(of: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return joined.from_iterable(combinations(of, size) for size in range(1, len(of) + 1))


def worked_out(
    case: Case, facts: Facts, said: Sequence[Said], insider: UUID | None, brought: Sequence[Said] = ()
) -> Iterator[frozenset[Some]]:
    """What the reader learns that was not plain from what they `brought` along, and the zeros among the numbers."""
    reader = Reader(case, facts, (*said, *brought), insider)
    bare = Reader(case, facts, (*brought, *(each for each in said if each[1] == 0)), insider)
    return (each for each in small(case, facts, insider) if reader.knows(each) and not bare.knows(each))
