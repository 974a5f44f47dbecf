"""Patterns, proposals and plans as their API shows them."""

from collections.abc import Sequence
from typing import Any

from services.treatment.patterns.evidence import Place
from services.treatment.patterns.load import fold
from services.treatment.patterns.plan import Planned
from services.treatment.patterns.proposals import Proposal
from services.treatment.patterns.state import LEADS_TO, Pattern
from services.treatment.patterns.withdrawn import Doubt, is_in_doubt
from services.treatment.records import name_of
from shared.decider import NotThere
from shared.event_store import Happened
from shared.events.treatment_patterns import Member


def shown(entries: Sequence[Happened], doubted: Sequence[Doubt]) -> dict[str, Any]:
    """What these events leave and what of it is in doubt; raises NotThere where they do not begin with its finding."""
    pattern = fold(entries)
    withdrawn = {each.number: each.because for each in doubted}
    found = pattern.found
    if found is None:
        raise NotThere
    return {
        "id": found.pattern_id,
        "client_id": found.client_id,
        "version": entries[-1].version,
        "state": pattern.state,
        "episode_id": pattern.episode_id,
        "session_id": found.session_id,
        "origin_injury_id": found.origin_injury_id,
        "primary_pattern_id": pattern.primary_id,
        "members": [member(each, found.catalogue) for each in found.members],
        "hold_count": len(pattern.holds),
        "corrected_at": pattern.corrected and pattern.corrected.happened_at,
        "in_doubt": is_in_doubt(pattern, doubted),
        "changes": [change(each, withdrawn.get(number)) for number, each in enumerate(entries)],
    }


def change(entry: Happened, withdrawn: str | None) -> dict[str, Any]:
    event = entry.event
    test_id = getattr(event, "test_id", None)
    return {
        "state": LEADS_TO[type(event)],
        "happened_at": event.happened_at,
        "session_id": getattr(event, "session_id", None),
        "test_ids": [test_id] if test_id else list(getattr(event, "by_tests", ())),
        "by": entry.metadata.actor,
        "withdrawn": withdrawn,
    }


def member(each: Member, catalogue: int) -> dict[str, Any]:
    return place((each.target, each.side), catalogue) | {"role": each.role}


def place(of: Place, catalogue: int) -> dict[str, Any]:
    target, side = of
    return {"target": target, "target_name": name_of(target, catalogue), "side": side}


def proposal(found: Proposal, catalogue: int) -> dict[str, Any]:
    return {
        "change": found.change,
        "pattern_id": found.pattern_id,
        "members": [member(each, catalogue) for each in found.members],
        "test_ids": list(found.test_ids),
        "loop_id": found.loop_id,
    }


def planned(item: Planned, pattern: Pattern) -> dict[str, Any]:
    if pattern.found is None:
        raise NotThere
    places = [place(each, pattern.found.catalogue) for each in item.places]
    about = {"kind": item.kind, "pattern_id": item.pattern_id, "since": item.since, "is_worse": item.is_worse}
    return about | {"places": places}
