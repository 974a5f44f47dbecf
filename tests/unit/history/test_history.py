"""The history of a client: what was entered, told anew, lifted, or entered in error."""

from datetime import date, timedelta

import pytest

from services.treatment.history.decider import (
    MOST,
    EnterInError,
    HistoryFull,
    Lift,
    LiftedBeforeItBegan,
    Record,
    Revise,
)
from services.treatment.history.state import EntryInError, EntryLifted, id_of, together
from shared.decider import NotThere, VersionMismatch
from shared.events.treatment_history import ContraindicationLifted, HistoryEnteredInError, Recalled
from tests.unit.history.builders import (
    AT,
    CLIENT,
    CONTRAINDICATION,
    INJURY,
    an_id,
    decided,
    given,
    history,
    in_error,
    injury,
    injury_revised,
    lifted,
    noted,
    withdrawn,
)

MARCH_1, MARCH_5, MARCH_9 = date(2026, 3, 1), date(2026, 3, 5), date(2026, 3, 9)


def test_what_is_entered_stands_as_it_was_told() -> None:
    assert decided(Record(injury())) == [injury()]
    entry = history(injury()).entry(INJURY)
    assert (entry.told, entry.version, entry.in_error) == (injury(), 1, None)


def test_what_is_told_anew_replaces_all_of_it() -> None:
    anew = injury_revised(side="right", onset=Recalled(precision="year", year=2001))
    assert decided(Revise(anew, seen=1), injury()) == [anew]
    assert history(injury(), anew).entry(INJURY).told == anew
    assert history(injury(), anew).entry(INJURY).version == 2


def test_what_is_told_again_as_it_was_records_nothing() -> None:
    assert decided(Revise(injury_revised(), seen=1), injury()) == []


def test_somebody_who_has_seen_an_older_version_changes_nothing() -> None:
    events = (injury(), injury_revised(kind="surgery"))
    for command in (Revise(injury_revised(kind="scar"), seen=1), EnterInError(INJURY, "x", seen=1)):
        with pytest.raises(VersionMismatch):
            decided(command, *events)


def test_another_entry_does_not_make_what_was_seen_outdated() -> None:
    assert decided(Revise(injury_revised(kind="scar"), seen=1), injury(), noted(), given())


def test_an_entry_of_another_kind_is_not_there() -> None:
    for command in (
        Revise(injury_revised(injury_id=CONTRAINDICATION), seen=None),
        Lift(INJURY, MARCH_5, None, seen=None),
        Lift(an_id(99), MARCH_5, None, seen=None),
        EnterInError(an_id(99), "x", seen=None),
    ):
        with pytest.raises(NotThere):
            decided(command, injury(), noted())


def test_an_entry_in_error_stays_so() -> None:
    assert decided(EnterInError(INJURY, "x", seen=1), injury()) == [
        HistoryEnteredInError(client_id=CLIENT, entry_id=INJURY, reason="x")
    ]
    for command in (EnterInError(INJURY, "x", seen=None), Revise(injury_revised(kind="scar"), seen=None)):
        with pytest.raises(EntryInError):
            decided(command, injury(), in_error(INJURY))


def test_a_contraindication_counts_from_its_first_day_to_its_last() -> None:
    known = history(noted(starts_on=MARCH_1, ends_on=MARCH_5))
    days = [MARCH_1 - timedelta(days=1), MARCH_1, MARCH_5, MARCH_5 + timedelta(days=1)]
    assert [len(known.contraindications(day)) for day in days] == [0, 1, 1, 0]


def test_a_lifted_contraindication_counts_until_the_day_before() -> None:
    assert decided(Lift(CONTRAINDICATION, MARCH_5, "Healed", seen=1), noted()) == [
        ContraindicationLifted(
            client_id=CLIENT, contraindication_id=CONTRAINDICATION, lifted_on=MARCH_5, reason="Healed"
        )
    ]
    known = history(noted(), lifted(MARCH_5))
    days = [MARCH_5 - timedelta(days=1), MARCH_5, MARCH_9]
    assert [len(known.contraindications(day)) for day in days] == [1, 0, 0]


def test_a_contraindication_is_lifted_once_and_not_before_it_began() -> None:
    with pytest.raises(LiftedBeforeItBegan):
        decided(Lift(CONTRAINDICATION, MARCH_1 - timedelta(days=1), None, seen=None), noted(starts_on=MARCH_1))
    with pytest.raises(EntryLifted):
        decided(Lift(CONTRAINDICATION, MARCH_9, None, seen=None), noted(), lifted(MARCH_5))


def test_a_contraindication_in_error_never_counted() -> None:
    assert history(noted(), in_error(CONTRAINDICATION)).contraindications(MARCH_5) == []


def test_a_consent_counts_until_it_is_withdrawn_and_again_when_it_is_given_again() -> None:
    hour = timedelta(hours=1)
    known = history(
        given(5, given_at=AT),
        withdrawn(6, effective_at=AT + hour),
        given(7, given_at=AT + 2 * hour, text_hash="b8" * 32),
    )
    assert known.consent("treatment", AT - hour) is None
    assert known.consent("treatment", AT) == given(5)
    assert known.consent("treatment", AT + hour) is None
    again = known.consent("treatment", AT + 3 * hour)
    assert again is not None
    assert again.text_hash == "b8" * 32
    assert known.consent("case_study", AT + 3 * hour) is None


def test_of_what_is_said_at_one_moment_the_withdrawal_counts() -> None:
    for events in ((given(5), withdrawn(6)), (withdrawn(4), given(5))):
        assert history(*events).consent("treatment", AT) is None


def test_a_withdrawal_in_error_withdrew_nothing() -> None:
    assert history(given(5), withdrawn(6), in_error(an_id(6))).consent("treatment", AT) == given(5)


def test_entries_of_a_person_under_several_ids_are_one_history_in_the_order_of_their_entry() -> None:
    here, there = history(injury(), given(5)), history(noted(client_id=an_id(50)))
    assert [id_of(each.told) for each in together([here, there]).standing] == [INJURY, CONTRAINDICATION, an_id(5)]


def test_what_was_withdrawn_under_one_id_was_given_under_none() -> None:
    here, there = history(given(5)), history(withdrawn(6, client_id=an_id(50)))
    assert together([here, there]).consent("treatment", AT) is None


def test_a_history_takes_no_more_than_can_be_read_at_once() -> None:
    full = [injury(injury_id=an_id(number)) for number in range(1000, 1000 + MOST)]
    with pytest.raises(HistoryFull):
        decided(Record(injury(injury_id=an_id(1))), *full)
