"""Which relations can be entered, and how they end."""

from dataclasses import replace
from typing import Any

import pytest

from services.scheduling.relations.decider import (
    RELATION,
    AddRelation,
    CircularGuardianship,
    ClientIsAdult,
    EndRelation,
    Family,
    GuardianIsMinor,
    OwnRelation,
    RelationExists,
    RelationHasEnded,
    Standing,
)
from shared.decider import NotThere, Refused
from shared.events.scheduling_relations import RelationAdded, RelationEnded
from shared.ids import new_id

ADDED = RelationAdded(
    relation_id=new_id(),
    client_id=new_id(),
    related_client_id=new_id(),
    kind="guardian",
    may=("book",),
    until=None,
    source="document",
    evidence=None,
)


def test_a_guardian_is_entered_and_ended_once() -> None:
    assert RELATION.decide(AddRelation(ADDED, Family()), Standing()) == [ADDED]
    [ended] = RELATION.decide(EndRelation("moved away"), Standing(ADDED))
    assert isinstance(ended, RelationEnded)
    assert (ended.client_id, ended.reason) == (ADDED.client_id, "moved away")
    with pytest.raises(RelationHasEnded):
        RELATION.decide(EndRelation(None), RELATION.evolve(Standing(ADDED), ended))
    with pytest.raises(NotThere):
        RELATION.decide(EndRelation(None), Standing())


@pytest.mark.parametrize(
    ("fields", "family", "refusal"),
    [
        ({"related_client_id": ADDED.client_id}, Family(), OwnRelation),
        ({}, Family(exists=True), RelationExists),
        ({}, Family(client_is_adult=True), ClientIsAdult),
        ({}, Family(related_is_minor=True), GuardianIsMinor),
        ({}, Family(guards_of_related={ADDED.client_id}), CircularGuardianship),
    ],
)
def test_what_contradicts_is_refused(fields: dict[str, Any], family: Family, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        RELATION.decide(AddRelation(replace(ADDED, **fields), family), Standing())


def test_only_guardians_must_be_of_age_and_guard_minors() -> None:
    partner = replace(ADDED, kind="partner")
    family = Family(guards_of_related={ADDED.client_id}, related_is_minor=True, client_is_adult=True)
    assert RELATION.decide(AddRelation(partner, family), Standing()) == [partner]
