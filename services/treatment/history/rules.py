"""What an entry may say: a place that there is, on a side that it has, and a time no more precise than it is known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from services.treatment.history.state import Attempt, Contraindication, Entry, History, Injury, Told, said_at
from shared.catalogue.model import Catalogue, UnknownTarget
from shared.events.treatment_history import (
    ConsentGiven,
    ConsentWithdrawn,
    ContraindicationNoted,
    ContraindicationRevised,
    InjuryRecorded,
    InjuryRevised,
    Precision,
    PriorAttemptRecorded,
    PriorAttemptRevised,
    Recalled,
)

Faults = dict[str, list[str]]
EARLIEST_YEAR = 1900
OLDEST = 120
PARTS: Mapping[Precision, tuple[str, ...]] = {
    "day": ("year", "month", "day"),
    "month": ("year", "month"),
    "year": ("year",),
    "age": ("age",),
}
"""What is said of a time, by how precisely it is known."""


def faults_of(entry: Told, catalogue: Catalogue, today: date) -> Faults:
    """All that an entry cannot say, by field; `today` is the latest date there is anywhere."""
    match entry:
        case InjuryRecorded() | InjuryRevised():
            return faults_of_place(entry, catalogue) | faults_of_time("onset", entry.onset, today)
        case PriorAttemptRecorded() | PriorAttemptRevised():
            times = faults_of_time("started", entry.started, today) | faults_of_time("ended", entry.ended, today)
            return faults_of_place(entry, catalogue) | (times or faults_of_period(entry.started, entry.ended))
        case ContraindicationNoted() | ContraindicationRevised():
            return faults_of_place(entry, catalogue) | faults_of_extent(entry)
        case ConsentGiven() | ConsentWithdrawn():
            return {}
        case _:
            assert_never(entry)


def faults_of_place(entry: Injury | Attempt | Contraindication, catalogue: Catalogue) -> Faults:
    """Whether there are this target, in its version of the catalogue, and this region, and whether on this side."""
    target, region, side = entry.target, entry.region, entry.side
    faults: Faults = {}
    if region is not None and region not in catalogue.chart_regions:
        faults["region"] = ["This is no region of the body chart."]
    elif region is not None and catalogue.chart_regions[region].midline and side not in (None, "midline"):
        faults["side"] = ["This region is in the middle."]
    if target is not None:
        try:
            allowed = side is None or catalogue.allows(target, side, entry.catalogue)
        except UnknownTarget:
            return faults | {"target": ["This is no target of the catalogue."]}
        if not allowed:
            faults["side"] = [f"Can be {', '.join(catalogue.find(target, entry.catalogue).sides)}."]
    if side is None and (target or region):
        faults["side"] = ["Say on which side."]
    if side is not None and not (target or region):
        faults["side"] = ["A side of what? Name a target or a region."]
    return faults


def faults_of_time(name: str, when: Recalled | None, today: date) -> Faults:
    """What is wrong with a remembered time."""
    if when is None:
        return {}
    said = {part for part in ("year", "month", "day", "age") if getattr(when, part) is not None}
    if said != set(PARTS[when.precision]):
        return {name: [f"To the {when.precision} means: {', '.join(PARTS[when.precision])}, and nothing else."]}
    if when.age is not None:
        return {} if 0 <= when.age <= OLDEST else {name: [f"An age lies between 0 and {OLDEST}."]}
    try:
        first, _ = span(when)
    except ValueError:
        return {name: ["There is no such date."]}
    if first.year < EARLIEST_YEAR or first > today:
        return {name: [f"Must lie between {EARLIEST_YEAR} and today."]}
    return {}


def faults_of_period(started: Recalled | None, ended: Recalled | None) -> Faults:
    """Whether it ended before it began, as far as that is known; both times are good."""
    if started is None or ended is None:
        return {}
    if started.age is not None and ended.age is not None:
        is_before = ended.age < started.age
    elif started.age is None and ended.age is None:
        is_before = span(ended)[1] < span(started)[0]
    else:
        is_before = False
    return {"ended": ["Ended before it began."]} if is_before else {}


def faults_of_extent(noted: Contraindication) -> Faults:
    """Whether it says what it is about, and for how long."""
    faults: Faults = {}
    named = noted.target is not None or noted.region is not None
    if noted.scope == "local" and not named:
        faults["region"] = ["A local one needs a target or a region."]
    if noted.scope == "absolute" and named:
        faults["scope"] = ["An absolute one is about the whole body: name no target and no region."]
    if noted.ends_on is not None and noted.ends_on < noted.starts_on:
        faults["ends_on"] = ["Ends before it starts."]
    return faults


def span(when: Recalled) -> tuple[date, date]:
    """The first and the last day on which it can have been. Raises ValueError for an age, and for no date at all."""
    if when.year is None:
        raise ValueError("an age has no date")
    first = date(when.year, when.month or 1, when.day or 1)
    if when.day is not None:
        return first, first
    following = date(first.year + 1, 1, 1) if when.month in (None, 12) else date(first.year, first.month + 1, 1)
    return first, following - timedelta(days=1)


def had_happened(history: History, by: datetime) -> History:
    """The entries that tell of what had happened by a moment (its date in UTC), and of those without a date all."""
    today = by.astimezone(UTC).date()
    entries = {entry_id: known_by(entry, today) for entry_id, entry in history.entries.items()}
    return replace(
        history, entries={entry_id: each for entry_id, each in entries.items() if not is_later(each.told, today, by)}
    )


def known_by(entry: Entry, today: date) -> Entry:
    is_later = entry.lifted is not None and entry.lifted.lifted_on > today
    return replace(entry, lifted=None) if is_later else entry


def is_later(told: Told, today: date, by: datetime) -> bool:
    match told:
        case InjuryRecorded() | InjuryRevised():
            return began_after(told.onset, today)
        case PriorAttemptRecorded() | PriorAttemptRevised():
            return began_after(told.started, today)
        case ContraindicationNoted() | ContraindicationRevised():
            return told.starts_on > today
        case ConsentGiven() | ConsentWithdrawn():
            return said_at(told) > by
        case _:
            assert_never(told)


def began_after(when: Recalled | None, today: date) -> bool:
    return when is not None and when.age is None and span(when)[0] > today
