"""A restatement is one document beside a closed report: which of its numbers are others by now, and what events did it.

The changes of a line's causes add up to the difference between its two ends. It names events and moments, and nobody.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from shared.reports.document import (
    DECIMALS,
    AsOf,
    Exclusion,
    Metric,
    Period,
    Scope,
    Unit,
    WhyNone,
    finished,
    read_back,
    written,
)

HIDDEN: frozenset[WhyNone | None] = frozenset({"suppressed", "not_closed", "once_a_quarter", "changed_little"})
"""Why a number is there but not shown: beside one that is shown it says nothing."""

ELAPSED = "elapsed"
"""The name of what no event caused: a span that had not passed when the report was closed has passed by now."""

Code = tuple[str, str | None]
"""Of a number, and of the part of it that is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a report says of one number or one part of it."""

    value: float | None
    numerator: float | None
    denominator: float | None
    why_none: WhyNone | None
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much more there is. A value that was not there, or is not any more, has no change.

    A numerator or denominator that was not there counts as nothing. `exclusions` are those that changed, by how many.
    """

    value: float | None
    numerator: float | None
    denominator: float | None
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An event that came after the report was closed; or ELAPSED, without an id or moments.

    `happened_at` is when it was so, such as when a visit was booked, `about_at` the moment that it is about, such as
    when this visit begins.
    """

    name: str
    event_id: UUID | None
    recorded_at: datetime | None
    happened_at: datetime | None
    about_at: datetime | None
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number that is another by now, or was in between; `part` names a part of the number `code`."""

    code: str
    part: str | None
    unit: Unit
    population: str
    suppressible: bool
    before: Numbers
    after: Numbers
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restatement:
    """Of a report closed as of `closed`: what is known of it as of later; `hash` is empty until it is finished."""

    definitions: int
    chain_id: UUID
    scope: Scope
    period: Period
    closed: AsOf
    as_of: AsOf
    lines: tuple[Line, ...]
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One number in two reports."""

    code: str
    part: str | None
    unit: Unit
    population: str
    before: Numbers
    after: Numbers
    change: Change


def decode(document: bytes) -> Restatement:
    """Raises DocumentAltered when the bytes are not those of a finished restatement."""
    return read_back(document, Restatement)


def operational(restatement: Restatement) -> Restatement:
    """For everybody but the therapist: how an outcome changed would tell of a few clients."""
    return finished(replace(restatement, lines=tuple(each for each in restatement.lines if not each.suppressible)))


def hash_of_lines(restatement: Restatement) -> str:
    """The same as long as nothing changes, whenever it is looked at."""
    return sha256(written(restatement.lines)).hexdigest()


def hash_of_numbers(metrics: Sequence[Metric]) -> str:
    """The same where two documents would say the same numbers."""
    return sha256(written([numbers(metric) for metric in by_code(metrics).values()])).hexdigest()


def in_bytes(lines: Sequence[Line]) -> bytes:
    """Lines as they are kept until more is added to them."""
    return zlib.compress(written(lines))


def from_bytes(kept: bytes) -> tuple[Line, ...]:
    """The same lines, with their times in UTC."""
    return msgspec.json.decode(zlib.decompress(kept), type=tuple[Line, ...])


def by_code(metrics: Sequence[Metric]) -> dict[Code, Metric]:
    """Every number, with its parts beside it."""
    return {code: metric for each in metrics for code, metric in with_parts(each)}


def with_parts(metric: Metric) -> Iterator[tuple[Code, Metric]]:
    yield (metric.code, None), metric
    for part in metric.parts:
        yield (metric.code, part.code), part


def numbers(metric: Metric) -> Numbers:
    """As a document writes them."""
    return Numbers(
        value=rounded(metric.value),
        numerator=rounded(metric.numerator),
        denominator=rounded(metric.denominator),
        why_none=metric.why_none,
        exclusions=metric.exclusions,
    )


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DECIMALS) + 0.0


def change(before: Numbers, after: Numbers) -> Change:
    if {before.why_none, after.why_none} & HIDDEN:
        return Change(value=None, numerator=None, denominator=None, exclusions=())
    there = before.value is not None and after.value is not None
    reasons = {each.reason: each.n for each in after.exclusions}
    for each in before.exclusions:
        reasons[each.reason] = reasons.get(each.reason, 0) - each.n
    return Change(
        value=more(before.value, after.value) if there else None,
        numerator=more(before.numerator, after.numerator),
        denominator=more(before.denominator, after.denominator),
        exclusions=tuple(Exclusion(reason=reason, n=n) for reason, n in sorted(reasons.items()) if n),
    )


def more(before: float | None, after: float | None) -> float | None:
    if before is None and after is None:
        return None
    return rounded((after or 0.0) - (before or 0.0))


def compared(before: Sequence[Metric], after: Sequence[Metric]) -> list[Compared]:
    """The numbers that two reports have in common, in the order of the first."""
    later = by_code(after)
    return [
        Compared(
            code=code[0],
            part=code[1],
            unit=metric.unit,
            population=metric.population,
            before=(was := numbers(metric)),
            after=(now := numbers(later[code])),
            change=change(was, now),
        )
        for code, metric in by_code(before).items()
        if code in later
    ]
