"""Who may be merged into whom is decided without a database, on what was found under the locks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scheduling.people.decider import (
    MERGING,
    AlreadyMerged,
    Clash,
    Merge,
    MergedIntoItself,
    Merging,
    NotMerged,
    OverlappingVisits,
    RelatedToEachOther,
    Unmerge,
)
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged

ANNA, ANNE, OTHER = (UUID(int=number) for number in (1, 2, 3))
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
APART = Merging()


def merge(**changes: Any) -> Merge:
    both: dict[str, Any] = {"client_id": ANNA, "person_id": ANNA, "into_id": ANNE, "into_person_id": ANNE}
    return Merge(**both | {"clashes": [], "related": False, "circular": False, "now": NOW} | changes)


def clash(over_at: datetime, number: int = 7) -> Clash:
    visit, other = UUID(int=number), UUID(int=number + 1)
    return Clash(visit, over_at, ({"id": visit}, {"id": other}))


def test_a_client_is_merged_into_whom_the_other_stands_for() -> None:
    assert MERGING.decide(merge(into_person_id=OTHER), APART) == [
        ClientsMerged(client_id=ANNA, into_id=OTHER, merged_at=NOW)
    ]


@pytest.mark.parametrize("into", [{"into_id": ANNA, "into_person_id": ANNA}, {"into_person_id": ANNA}])
def test_nobody_is_merged_into_themselves_by_whatever_way(into: dict[str, UUID]) -> None:
    with pytest.raises(MergedIntoItself):
        MERGING.decide(merge(**into), APART)


def test_who_is_merged_is_not_merged_elsewhere_and_doing_it_again_does_nothing() -> None:
    merged = Merging(ANNE)
    assert MERGING.decide(merge(person_id=ANNE), merged) == []
    with pytest.raises(AlreadyMerged) as refused:
        MERGING.decide(merge(person_id=ANNE, into_id=OTHER, into_person_id=OTHER), merged)
    assert refused.value.details == {"merged_into": ANNE}


def test_who_acts_for_the_other_is_somebody_else() -> None:
    with pytest.raises(RelatedToEachOther):
        MERGING.decide(merge(related=True), APART)


def test_a_visit_that_is_not_over_stands_in_the_way_and_one_of_the_past_is_set_apart() -> None:
    past, running = clash(NOW), clash(NOW + timedelta.resolution, 17)
    with pytest.raises(OverlappingVisits) as refused:
        MERGING.decide(merge(clashes=[past, running]), APART)
    assert refused.value.details == {"conflicts": list(running.visits)}
    (event,) = MERGING.decide(merge(clashes=[past, past]), APART)
    assert event.apart == (past.appointment_id,)


def test_only_who_was_merged_is_unmerged_and_only_into_free_time() -> None:
    command = Unmerge(client_id=ANNA, person_id=ANNE, clashes=[])
    assert MERGING.decide(command, Merging(ANNE)) == [ClientsUnmerged(client_id=ANNA, from_id=ANNE)]
    with pytest.raises(NotMerged):
        MERGING.decide(command, APART)
    with pytest.raises(OverlappingVisits):
        MERGING.decide(Unmerge(client_id=ANNA, person_id=ANNE, clashes=[clash(NOW)]), Merging(ANNE))


def test_after_being_unmerged_a_client_can_be_merged_again() -> None:
    state = MERGING.evolve(
        MERGING.evolve(APART, ClientsMerged(client_id=ANNA, into_id=ANNE)),
        ClientsUnmerged(client_id=ANNA, from_id=ANNE),
    )
    assert MERGING.decide(merge(into_id=OTHER, into_person_id=OTHER), state)
