"""When an address of staff is another one, and whether the one before is to hear of it."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from services.scheduling.staff.decider import (
    Deactivate,
    Member,
    RefuseAddress,
    SetAddress,
    StaffCommand,
    StaffInactive,
    decide,
    evolve,
)
from shared.events.scheduling_staff import StaffAdded, StaffAddressRefused, StaffAddressRemoved, StaffAddressSet

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SOMEBODY = evolve(Member(), StaffAdded(staff_id=UUID(int=1), name="Demo", therapist_id=None, roles=()))
FIRST, SECOND = "first@demo.example", "second@demo.example"


def done(member: Member, *commands: StaffCommand) -> tuple[Member, list[Any]]:
    """The member after the commands, and what the last of them led to."""
    events: list[Any] = []
    for command in commands:
        events = decide(command, member)
        member = reduce(evolve, events, member)
    return member, events


def at(address: str | None, locale: str | None = None, *, by_owner: bool = False, hours: int = 0) -> SetAddress:
    return SetAddress(address, locale, by_owner, NOW + timedelta(hours=hours))


@pytest.mark.parametrize("after", [SECOND, None])
def test_the_former_address_is_told_of_another_and_of_none(after: str | None) -> None:
    _, [event] = done(SOMEBODY, at(FIRST), at(after, hours=1))
    assert isinstance(event, StaffAddressRemoved if after is None else StaffAddressSet)
    assert event.tells_former


def test_nobody_is_told_of_a_first_address_or_of_another_language() -> None:
    _, [first] = done(SOMEBODY, at(FIRST))
    _, [language] = done(SOMEBODY, at(FIRST), at(FIRST, "de", hours=1))
    assert (first.tells_former, language.tells_former) == (False, False)


def test_the_same_again_changes_nothing() -> None:
    assert done(SOMEBODY, at(FIRST, "de"), at(FIRST, "de", hours=1))[1] == []
    assert done(SOMEBODY, at(None))[1] == []


def test_an_address_is_known_from_its_owner_once_they_have_said_it_and_until_somebody_says_another() -> None:
    member, [first] = done(SOMEBODY, at(FIRST))
    member, [owned] = done(member, at(FIRST, by_owner=True, hours=1))
    assert (first.by_owner, owned.by_owner, owned.tells_former) == (False, True, False)
    assert done(member, at(FIRST, hours=2))[1] == []
    assert done(member, at(FIRST, by_owner=True, hours=2))[1] == []
    assert done(member, at(FIRST, "de", hours=2))[1][0].by_owner
    assert not done(member, at(SECOND, hours=2))[1][0].by_owner
    assert done(SOMEBODY, at(None, by_owner=True))[1] == []


def test_a_mailbox_that_took_nothing_is_not_told_that_it_was_left() -> None:
    member, [refused] = done(SOMEBODY, at(FIRST), RefuseAddress(NOW, NOW))
    assert refused == StaffAddressRefused(staff_id=UUID(int=1), set_at=NOW, refused_at=NOW)
    assert done(member, at(SECOND, hours=1))[1][0].tells_former is False


def test_what_was_refused_is_tried_again_when_somebody_says_it_again() -> None:
    member, events = done(SOMEBODY, at(FIRST), RefuseAddress(NOW, NOW), at(FIRST, hours=1))
    assert len(events) == 1
    assert not member.mailbox.refused


def test_word_of_an_address_that_was_left_meanwhile_closes_nothing() -> None:
    member, events = done(SOMEBODY, at(FIRST), at(SECOND, hours=1), RefuseAddress(NOW, NOW))
    assert events == []
    assert not member.mailbox.refused
    assert (
        done(member, RefuseAddress(NOW + timedelta(hours=1), NOW), RefuseAddress(NOW + timedelta(hours=1), NOW))[1]
        == []
    )


def test_who_has_left_gets_no_address() -> None:
    with pytest.raises(StaffInactive):
        done(SOMEBODY, Deactivate(), at(FIRST))
