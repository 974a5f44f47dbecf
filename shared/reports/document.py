"""A report is one document: the same report is the same bytes for ever, and its hash names these bytes.

Every rendering is made from the document alone. It holds no name and no words of anybody: clients whom somebody has to
call are ids, and whoever may see their names looks them up.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import Field, dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec

Kind = Literal["therapist", "clinic", "chain"]
Length = Literal["week", "month", "span"]
Unit = Literal["share", "count", "minutes", "hours", "days", "score", "visits", "ratio", "kappa"]
WhyNone = Literal[
    "no_capacity",
    "not_enough",
    "no_baseline",
    "nobody",
    "not_reached",
    "suppressed",
    "not_closed",
    "once_a_quarter",
    "changed_little",
]
PointSource = Literal["baseline", "session", "check_in"]
Side = Literal["left", "right", "midline", "bilateral"]

DECIMALS = 6
"""No number of a document has more of them, so no computer writes it otherwise than another."""

AS_IT_IS = frozenset({int, str, bool, type(None)})
"""What documents hold most of, and is written as it is."""

LONGEST = 16 * 1024 * 1024
"""No document is longer, in bytes."""


class Hashed(Protocol):
    """A document that is kept: `hash` is that of its bytes without it, and empty until it is finished."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def hash(self) -> str: ...


Kept = TypeVar("Kept", bound=Hashed)


class DocumentAltered(Exception):
    """The bytes are not those that the document was finished with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose report it is; `id` names the therapist, the clinic or the chain."""

    kind: Kind
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `starts_at` up to and without `ends_at`; `name` is as people write it: 2026-10, 2026-W41."""

    kind: Length
    name: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """What was known: each log up to and with this position; `at` is the moment that these were asked for."""

    scheduling: int
    treatment: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """How many were left out of the denominator, and why."""

    reason: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A Wilson 95 % interval of a share, or the two quartiles of a median."""

    kind: Literal["wilson_95", "quartiles", "greenwood_95"]
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number with everything it was made from; docs/reports.md says what each `code` and `population` means.

    A `value` of None says why in `why_none`. `suppressible` numbers tell of outcomes, and leave the clinic only in
    cells that are large enough.
    """

    code: str
    unit: Unit
    population: str
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    interval: Interval | None = None
    exclusions: tuple[Exclusion, ...] = ()
    parts: tuple["Metric", ...] = ()
    why_none: WhyNone | None = None
    suppressible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A pain score from 0 to 10; `day` counts from the day of the episode's baseline, or from its first day."""

    day: int
    score: int
    source: PointSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """The pain of one episode; `key` is a running number, which is the same in no two reports."""

    key: int
    baseline: int | None
    points: tuple[Point, ...]
    corrections: tuple[int, ...]
    relapses: tuple[int, ...]
    visits: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumbbell:
    key: int
    baseline: int
    latest: int


class FunnelPoint(NamedTuple):
    """`k` of `n` of one therapist of the chain, or of one clinic; `is_this`: the one that the report is about."""

    n: int
    k: int
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """`k` of `n` of each therapist of the chain, or of each clinic, in the order of these numbers, which tells nobody
    whose they are; `this` is the place of the one that the report is about, None where it is not among them.
    """

    n: tuple[int, ...] = ()
    k: tuple[int, ...] = ()
    this: int | None = None

    def __iter__(self) -> Iterator[FunnelPoint]:
        for at, (n, k) in enumerate(zip(self.n, self.k, strict=True)):
            yield FunnelPoint(n, k, at == self.this)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    responders: Points = Points()
    hold: Points = Points()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The share that still holds from this day on, with the limits of its 95 % interval."""

    day: int
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfWork:
    """Minutes on one day of the calendar of the clinics where the work was."""

    on: date
    attended: float
    capacity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How often a region of the body chart was complained of, or worked on."""

    region: str
    side: Side
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Somebody to be called; the client is who that person was known as when the report was made."""

    client_id: UUID
    episode_id: UUID
    planned_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the figures are drawn from."""

    trajectories: tuple[Trajectory, ...] = ()
    dumbbells: tuple[Dumbbell, ...] = ()
    funnel: Funnel = Funnel()
    holding: tuple[Step, ...] = ()
    utilisation: tuple[DayOfWork, ...] = ()
    complaints: tuple[Place, ...] = ()
    treated: tuple[Place, ...] = ()
    overdue: tuple[Overdue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`definitions` is the version of docs/reports.md that it was computed by; `hash` is empty until it is finished."""

    definitions: int
    chain_id: UUID
    scope: Scope
    period: Period
    as_of: AsOf
    metrics: tuple[Metric, ...]
    series: Series
    hash: str = ""

    def metric(self, code: str) -> Metric:
        """Raises KeyError."""
        for each in self.metrics:
            if each.code == code:
                return each
        raise KeyError(code)


def finished(document: Kept) -> Kept:
    """The document as reading it back gives it, with its hash."""
    read = replace(msgspec.convert(content_of(document), type(document)), hash="")
    return replace(read, hash=sha256(encode(read)).hexdigest())


def decode(document: bytes) -> Report:
    """Raises DocumentAltered when the bytes are not those of a finished report."""
    return read_back(document, Report)


def read_back(document: bytes, kind: type[Kept]) -> Kept:
    """The finished document of these bytes. Raises DocumentAltered when they are not those of one."""
    try:
        found = msgspec.json.decode(document, type=kind)
    except msgspec.MsgspecError as error:
        raise DocumentAltered from error
    if finished(found) != found or encode(found) != document:
        raise DocumentAltered
    return found


def packed(document: object) -> str:
    """A finished document on its way from one of our services to another: a tenth as long."""
    return b64encode(zlib.compress(encode(document))).decode()


def unpacked(text: str) -> bytes:
    """The bytes of a document that was packed. Raises DocumentAltered."""
    try:
        opened = zlib.decompressobj()
        document = opened.decompress(b64decode(text, validate=True), LONGEST)
    except (ValueError, zlib.error) as error:
        raise DocumentAltered from error
    if not opened.eof:
        raise DocumentAltered
    return document


def encode(document: object) -> bytes:
    """The bytes of a finished document: JSON with sorted keys."""
    return msgspec.json.encode(document, order="sorted")


def written(part: object) -> bytes:
    """The bytes of what is not finished, as a finished document has them."""
    return encode(content_of(part))


def content_of(document: object) -> Any:
    return plain(msgspec.to_builtins(document, builtin_types=(datetime,)))


def plain(value: Any) -> Any:
    """What a finished document holds: times in UTC, and numbers of at most DECIMALS decimals."""
    match value:
        case float():
            return round(value, DECIMALS) + 0.0
        case dict():
            return {name: each if type(each) in AS_IT_IS else plain(each) for name, each in value.items()}
        case list() | tuple():
            return value if AS_IT_IS.issuperset(map(type, value)) else [plain(each) for each in value]
        case datetime():
            return value.astimezone(UTC)
        case _:
            return value
