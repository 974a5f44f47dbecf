"""What an entry may say: a target that the catalogue has, on a side that it has, and a region of the body chart."""

from typing import TypeAlias

from services.treatment.sessions.entries import Entry, Intervention, Test
from shared.catalogue.model import UnknownTarget
from shared.catalogue.targets import CATALOGUE
from shared.events.treatment_sessions import (
    BodyChartMarked,
    BodyworkGiven,
    MovementReassessed,
    PainScored,
    Provocation,
    Side,
)

Faults: TypeAlias = dict[str, list[str]]
NO_TARGET = ["This is no target of the catalogue."]
NO_MOVEMENT = ["This is no movement of the catalogue."]
NO_REGION = ["This is no region of the body chart."]


def faults_of(entry: Entry) -> Faults:
    """All that an entry cannot say, by field."""
    match entry:
        case MovementReassessed(movement=movement, side=side, catalogue=version):
            return faults_of_movement(movement, side, version)
        case BodyChartMarked(region=region, side=side) | BodyworkGiven(region=region, side=side):
            return faults_of_region(region, side)
        case PainScored(target=None, side=side):
            return {} if side is None else {"side": ["A side of what? Name a target."]}
        case PainScored(target=str() as target, side=side, catalogue=version):
            return faults_of_target(target, side, version)
        case _ if isinstance(entry, Test):
            touched = faults_of_provocation(entry.provocation, entry.catalogue)
            return faults_of_target(entry.target, entry.side, entry.catalogue) | touched
        case _ if isinstance(entry, Intervention):
            return faults_of_target(entry.target, entry.side, entry.catalogue)
        case _:
            return {}


def faults_of_target(target: str, side: Side | None, version: int) -> Faults:
    try:
        sides = CATALOGUE.find(target, version).sides
    except UnknownTarget:
        return {"target": NO_TARGET}
    if side is None:
        return {"side": ["Say on which side."]}
    return {} if side in sides else {"side": [f"Can be {', '.join(sides)}."]}


def faults_of_movement(movement: str, side: Side, version: int) -> Faults:
    faults = faults_of_target(movement, side, version)
    if "target" in faults or CATALOGUE.find(movement, version).kind != "movement":
        return {"movement": NO_MOVEMENT}
    return faults


def faults_of_provocation(provocation: Provocation | None, version: int) -> Faults:
    """Whether what is touched is said with its side, where anything is."""
    if provocation is None or (provocation.target is None and provocation.side is None):
        return {}
    if provocation.target is None:
        return {"provocation": ["A side of what? Name a target."]}
    faults = faults_of_target(provocation.target, provocation.side, version)
    return {"provocation": [words for each in faults.values() for words in each]} if faults else {}


def faults_of_region(region: str, side: Side | None) -> Faults:
    known = CATALOGUE.chart_regions.get(region)
    if known is None:
        return {"region": NO_REGION}
    return {"side": ["This region is in the middle."]} if known.midline and side not in (None, "midline") else {}
