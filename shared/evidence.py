"""All that was signed of one service's logs, from both places, and what is wrong with the anchors themselves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jwt import PyJWKSet

from shared.anchors import NotAnAnchor, Signed, opened


@dataclass(frozen=True, slots=True)
class Evidence:
    """The anchors of a service in the order of their numbers; `faults` are sentences for a person."""

    anchors: tuple[Signed, ...]
    faults: tuple[str, ...]


def gathered(service: str, in_file: Iterable[str], kept: Iterable[str], keys: PyJWKSet) -> Evidence:
    """The anchors of a service out of the file (in its order) and out of the other service's database."""
    ours, told = readable(in_file, keys, "the file of anchors")
    theirs, also = readable(kept, keys, f"what is kept of {service}")
    here = {s.text: s for s in ours if s.anchor.service == service}
    there = {s.text: s for s in theirs if s.anchor.service == service}
    faults = [*told, *also, *lacking(here, there), *faults_among([*(here | there).values()])]
    ordered = sorted((here | there).values(), key=lambda signed: signed.anchor.number)
    return Evidence(tuple(ordered), tuple(faults))


def readable(texts: Iterable[str], keys: PyJWKSet, place: str) -> tuple[list[Signed], list[str]]:
    found, faults = [], []
    for number, text in enumerate(texts, start=1):
        try:
            found.append(opened(text, keys))
        except NotAnAnchor:
            faults.append(f"{place}: entry {number} is not signed with a known key, or was altered")
    return found, faults


def lacking(here: dict[str, Signed], there: dict[str, Signed]) -> list[str]:
    """What one place lacks although the other has it; what is newest in the file may still be on its way."""
    newest = max((signed.anchor.number for signed in there.values()), default=0)
    gone = sorted(there[text].anchor.number for text in there.keys() - here.keys())
    lost = sorted(s.anchor.number for s in (here[t] for t in here.keys() - there.keys()) if s.anchor.number < newest)
    places = (("the file lacks", gone), ("the other service lacks", lost))
    return [f"{place} the anchor {number}" for place, numbers in places for number in numbers]


def faults_among(anchors: Sequence[Signed]) -> list[str]:
    """Whether an anchor is missing at both places, or two tell different pasts."""
    by_number: dict[int, list[Signed]] = defaultdict(list)
    for signed in anchors:
        by_number[signed.anchor.number].append(signed)
    faults = []
    for number in range(1, max(by_number, default=0) + 1):
        before: set[str | None] = {signed.digest for signed in by_number[number - 1]} if number > 1 else {None}
        match by_number[number]:
            case []:
                faults.append(f"the anchor {number} is missing at both places")
            case [signed]:
                if before and signed.anchor.previous not in before:
                    faults.append(f"the anchor {number} does not follow from the one before")
            case _:
                faults.append(f"two different anchors have the number {number}")
    return faults
