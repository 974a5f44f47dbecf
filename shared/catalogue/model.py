"""Targets as every version of the catalogue knew them: a code is for ever, and so are its kind and its sides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from shared.decider import NotThere

Kind: TypeAlias = Literal["muscle", "ligament", "fascia", "joint", "scar", "breathing", "jaw", "movement"]
Region: TypeAlias = Literal[
    "head", "neck", "shoulder", "arm", "trunk", "hip", "thigh", "leg", "foot", "whole_body", "anywhere"
]
Sidedness: TypeAlias = Literal["paired", "midline", "single"]
Side: TypeAlias = Literal["left", "right", "midline", "bilateral"]
View: TypeAlias = Literal["anterior", "posterior"]

SIDES: Mapping[Sidedness, tuple[Side, ...]] = {
    "paired": ("left", "right", "bilateral"),
    "midline": ("midline",),
    "single": ("left", "right", "midline"),
}
"""Where a target can be: one of a pair or both, in the middle only, or wherever this one happens to lie."""


class UnknownTarget(NotThere):
    """The catalogue has no target with this code in this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRegion:
    """A region of the body chart; one that can be drawn in no view is made of those whose parent it is."""

    code: str
    name: str
    views: tuple[View, ...]
    parent: str | None = None
    midline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndangermentSite:
    """Where vessels, nerves or organs lie without protection, and which."""

    code: str
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerName:
    """What a target was called up to and including a version."""

    name: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Anything that can be tested, released or moved.

    `parent` is the target that it is a part of. It is in the catalogue's versions `since` to `until`, both included.
    `chart_regions` are those of the body chart that it lies under.
    """

    code: str
    kind: Kind
    name: str
    region: Region
    sidedness: Sidedness
    latin: str | None = None
    parent: str | None = None
    uberon: str | None = None
    fma: str | None = None
    synonyms: tuple[str, ...] = ()
    german: tuple[str, ...] = ()
    chart_regions: tuple[str, ...] = ()
    endangerment: tuple[str, ...] = ()
    since: int = 1
    until: int | None = None
    former: tuple[FormerName, ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        return SIDES[self.sidedness]

    def is_in(self, version: int) -> bool:
        return self.since <= version and (self.until is None or version <= self.until)

    def as_of(self, version: int) -> "Target":
        """The same target under the name that it had in a version."""
        names = sorted((each for each in self.former if version <= each.until), key=lambda each: each.until)
        return replace(self, name=names[0].name) if names else self


@dataclass(frozen=True)
class Catalogue:
    """All targets that there ever were, the regions of the body chart and the endangerment sites, by code."""

    version: int
    targets: Mapping[str, Target]
    chart_regions: Mapping[str, ChartRegion]
    sites: Mapping[str, EndangermentSite]

    def find(self, code: str, version: int | None = None) -> Target:
        """A target as it was in a version, the newest unless given. Raises UnknownTarget."""
        version = self.version if version is None else version
        target = self.targets.get(code)
        if target is None or version > self.version or not target.is_in(version):
            raise UnknownTarget(code)
        return target.as_of(version)

    def has(self, code: str) -> bool:
        """Whether something new can be recorded of it."""
        return code in self.targets and self.targets[code].is_in(self.version)

    def allows(self, code: str, side: Side, version: int | None = None) -> bool:
        """Whether a target can be on this side. Raises UnknownTarget."""
        return side in self.find(code, version).sides

    def at(self, version: int) -> list[Target]:
        """All targets of a version, in the order of their codes."""
        return [each.as_of(version) for each in self.targets.values() if each.is_in(version)]

    def family(self, code: str) -> frozenset[str]:
        """A target with all that it is a part of, and all that are parts of it."""
        return frozenset([*self.above(code), *self.below(code)])

    def above(self, code: str) -> Iterator[str]:
        """A target, and all that it is a part of."""
        at: str | None = code
        while at is not None:
            yield at
            at = self.targets[at].parent if at in self.targets else None

    def below(self, code: str) -> Iterator[str]:
        for part in self.parts.get(code, ()):
            yield part
            yield from self.below(part)

    @cached_property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """What is directly a part of each target that has any."""
        wholes = {each.parent for each in self.targets.values() if each.parent}
        return {whole: tuple(c for c, each in self.targets.items() if each.parent == whole) for whole in wholes}

    def chart_above(self, region: str) -> tuple[str, ...]:
        """A region of the body chart, and all that hold it: the thigh, then the leg."""
        parent = self.chart_regions[region].parent
        return (region, *self.chart_above(parent)) if parent else (region,)
