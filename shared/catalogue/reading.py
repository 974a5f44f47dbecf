"""Reads the catalogue out of its file, which must be whole: every code known, every id well-formed and used once."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any, TypeVar, get_args

import msgspec

from shared.catalogue.model import Catalogue, ChartRegion, EndangermentSite, Kind, Target

CODE = re.compile(r"[a-z]+(_[a-z]+)*")
UBERON = re.compile(r"UBERON:[0-9]{7}")
FMA = re.compile(r"FMA:[1-9][0-9]{3,5}")
APART = {"version", "source", "chart_regions", "endangerment"}

Row = TypeVar("Row", Target, ChartRegion, EndangermentSite)


class CatalogueBroken(Exception):
    """The file of the catalogue contradicts itself; the message says where."""


def read(document: str) -> Catalogue:
    """The catalogue in a TOML document. Raises CatalogueBroken with everything that is wrong."""
    content = tomllib.loads(document)
    kinds = get_args(Kind)
    rows = [(code, row | {"kind": kind}) for kind in kinds for code, row in content.get(kind, {}).items()]
    targets = [made(Target, code, {"sidedness": "paired"} | row) for code, row in rows]
    catalogue = Catalogue(
        version=content["version"],
        targets={each.code: each for each in sorted(targets, key=lambda each: each.code)},
        chart_regions={code: made(ChartRegion, code, row) for code, row in content["chart_regions"].items()},
        sites={code: made(EndangermentSite, code, row) for code, row in content["endangerment"].items()},
    )
    faults = [
        *(f"{name}: no kind of target" for name in content.keys() - APART - set(kinds)),
        *(f"{value}: used twice" for value in twice(targets)),
        *(f"{each.code}: {fault}" for each in targets for fault in faults_of(each, catalogue)),
        *(f"{code}: unknown parent" for code in stray_regions(catalogue)),
    ]
    if faults:
        raise CatalogueBroken("; ".join(faults))
    return catalogue


def made(shape: type[Row], code: str, row: dict[str, Any]) -> Row:
    """A row of the file in its shape, which has all its keys. Raises CatalogueBroken."""
    if strange := row.keys() - {field.name for field in fields(shape)}:
        raise CatalogueBroken(f"{code}: {', '.join(sorted(strange))}: no such key")
    try:
        return msgspec.convert(row | {"code": code}, shape)
    except msgspec.ValidationError as error:
        raise CatalogueBroken(f"{code}: {error}") from error


def twice(targets: Sequence[Target]) -> list[str]:
    """Codes and ids that more than one target has."""
    used = Counter(value for each in targets for value in (each.code, each.uberon, each.fma) if value)
    return [value for value, times in used.items() if times > 1]


def stray_regions(catalogue: Catalogue) -> list[str]:
    """Regions of the body chart under one that is not there."""
    regions = catalogue.chart_regions
    return [code for code, each in regions.items() if each.parent and each.parent not in regions]


def faults_of(target: Target, catalogue: Catalogue) -> Iterator[str]:
    """What is wrong with a target among the others."""
    if not CODE.fullmatch(target.code):
        yield "not a code"
    if target.uberon and not UBERON.fullmatch(target.uberon):
        yield "not an id of Uberon"
    if target.fma and not FMA.fullmatch(target.fma):
        yield "not an id of the FMA"
    if unknown := set(target.chart_regions) - catalogue.chart_regions.keys():
        yield f"unknown regions of the body chart: {sorted(unknown)}"
    if unknown := set(target.endangerment) - catalogue.sites.keys():
        yield f"unknown endangerment sites: {sorted(unknown)}"
    if target.parent and target.parent not in catalogue.targets:
        yield "unknown parent"
    elif len(list(islice(catalogue.above(target.code), len(catalogue.targets) + 1))) > len(catalogue.targets):
        yield "a part of itself"
    last = catalogue.version if target.until is None else target.until
    if not 1 <= target.since <= last <= catalogue.version:
        yield "is in no version"
    if any(not target.since <= each.until < last for each in target.former):
        yield "a former name that it never had"
