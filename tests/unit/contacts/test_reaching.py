"""Whatever happens to addresses and permissions, no message takes a way that is closed or was not permitted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from itertools import product
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.scheduling.contacts import rules
from services.scheduling.contacts.commands import (
    AddPoint,
    Address,
    BlockAddress,
    BlockPoint,
    Command,
    Permit,
    Prefer,
    ReplacePoint,
    SetAddress,
    UnblockAddress,
    UnblockPoint,
)
from services.scheduling.contacts.decider import CONTACTS, decide, evolve
from services.scheduling.contacts.rules import KIND, Contacts, NoWay, Way, Wish, way_to
from shared.decider import NotThere
from shared.events import scheduling_contacts as c
from shared.ids import new_id

CLIENT = new_id()
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
POINTS = [new_id() for _ in range(4)]
EMAILS = ("anna@demo.example", "Anna@Demo.example", "other@demo.example")
NUMBERS = ("+15005550006", "+15005550009")


def address(value: str, blocked: c.BlockCause | None = None) -> Address:
    return Address(point_id=new_id(), address=value, source="person", blocked=blocked)


def after(*commands: Command) -> Contacts:
    """The contacts after commands, each decided on what the ones before have made."""
    state: Contacts = CONTACTS.initial
    for command in commands:
        state = reduce(evolve, decide(command, state), state)
    return state


def known(email: str = EMAILS[0], phone: str = NUMBERS[0]) -> list[Command]:
    return [
        SetAddress(CLIENT, "email", address(email), "person"),
        SetAddress(CLIENT, "phone", address(phone), "person"),
    ]


def permit(purpose: c.Purpose, *, given: bool, channels: tuple[c.Via, ...] = ("email", "sms")) -> Permit:
    return Permit(client_id=CLIENT, channels=channels, purpose=purpose, given=given, source="person", evidence=None)


def taken(contacts: Contacts, **how: Any) -> tuple[str, str] | str:
    way = way_to(contacts, **how)
    return way.reason if isinstance(way, NoWay) else (way.via, way.point.address)


def test_who_gives_addresses_hears_of_visits_and_of_nothing_else() -> None:
    contacts = after(*known())
    assert taken(contacts) == ("email", EMAILS[0])
    assert taken(contacts, wish="sms") == ("sms", NUMBERS[0])
    assert taken(contacts, purpose="marketing") == "no_consent"
    assert taken(contacts, purpose="care") == "no_consent"


def test_nobody_is_reached_who_has_no_address_or_wants_no_messages() -> None:
    assert taken(after()) == "no_contact"
    assert taken(after(*known(), Prefer(CLIENT, {"preferred_channel": "none"}))) == "no_consent"


def test_the_fallback_is_taken_when_the_preferred_channel_is_closed_and_not_before() -> None:
    stop = BlockAddress(CLIENT, "phone", NUMBERS[0], "stop", "STOP")
    sms_first = [*known(), Prefer(CLIENT, {"preferred_channel": "sms"})]
    assert taken(after(*sms_first)) == ("sms", NUMBERS[0])
    assert taken(after(*sms_first, stop)) == ("email", EMAILS[0])
    assert taken(after(*sms_first, Prefer(CLIENT, {"fallback_channel": "none"}), stop)) == "blocked"


def test_a_stop_closes_the_address_and_not_the_purpose() -> None:
    contacts = after(*known(), BlockAddress(CLIENT, "phone", NUMBERS[0], "stop", "STOP"))
    assert taken(contacts, wish="sms") == "blocked"
    again = after(*known(), BlockAddress(CLIENT, "phone", NUMBERS[0], "stop", None), *known(phone=NUMBERS[1])[1:])
    assert taken(again, wish="sms") == ("sms", NUMBERS[1])


def test_asking_to_stop_closes_the_purpose_at_every_address_the_client_will_ever_have() -> None:
    contacts = after(known()[0], permit("appointment", given=False), *known(email=EMAILS[2]))
    assert taken(contacts) == "no_consent"
    assert taken(contacts, wish="sms") == "no_consent"


def test_another_address_replaces_the_one_before_and_the_same_one_changes_nothing() -> None:
    contacts = after(*known(), *known(email=EMAILS[2]))
    assert taken(contacts) == ("email", EMAILS[2])
    assert [point.replaced for point in contacts.points if point.kind == "email"] == [True, False]
    assert decide(known(email=EMAILS[2])[0], contacts) == []


def test_a_new_address_that_is_closed_in_the_chain_is_closed_from_the_start() -> None:
    contacts = after(AddPoint(CLIENT, "email", address(EMAILS[0], blocked="bounce")))
    assert taken(contacts) == "blocked"


def test_an_open_address_is_taken_before_a_closed_newer_one() -> None:
    contacts = after(known()[0], AddPoint(CLIENT, "email", address(EMAILS[2], blocked="complaint")))
    assert taken(contacts) == ("email", EMAILS[0])


def test_a_wrong_person_stays_closed_when_the_address_opens_for_others() -> None:
    point = SetAddress(CLIENT, "email", Address(point_id=POINTS[0], address=EMAILS[0], source="person"), "person")
    wrong = after(point, BlockPoint(CLIENT, POINTS[0], "wrong_person", "Her sister"))
    assert decide(UnblockAddress(CLIENT, "email", EMAILS[0], None, NOW), wrong) == []
    assert taken(reduce(evolve, decide(UnblockPoint(CLIENT, POINTS[0], "Hers after all", NOW), wrong), wrong)) == (
        "email",
        EMAILS[0],
    )


def test_what_was_replaced_can_be_changed_no_more() -> None:
    point = SetAddress(CLIENT, "email", Address(point_id=POINTS[0], address=EMAILS[0], source="person"), "person")
    gone = after(point, ReplacePoint(CLIENT, POINTS[0], None, "person"))
    with pytest.raises(NotThere):
        decide(BlockPoint(CLIENT, POINTS[0], "stop", None), gone)


kinds = st.sampled_from([("email", each) for each in EMAILS] + [("phone", each) for each in NUMBERS])
causes = st.sampled_from(["stop", "bounce", "complaint"])
channels = st.sampled_from(["email", "sms", "none", None])
blocked = st.none() | causes
numbers = st.integers(0, 5)
purposes = st.sampled_from(["appointment", "care", "marketing"])
vias = st.sampled_from([("email",), ("sms",), ("email", "sms")])

Step = Callable[[Contacts], Command | None]


def point_of(contacts: Contacts, number: int) -> UUID | None:
    usable = [point.id for point in contacts.points if not point.replaced]
    return usable[number] if number < len(usable) else None


def of_a_point(make: Callable[[UUID], Command]) -> Callable[[int], Step]:
    """Steps about the points that there are by then."""

    def step(number: int) -> Step:
        return lambda contacts: make(point_id) if (point_id := point_of(contacts, number)) else None

    return step


def always(command: Command) -> Step:
    return lambda _: command


steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda k, b: always(AddPoint(CLIENT, k[0], address(k[1], b))), kinds, blocked),
    st.builds(lambda k, b: always(SetAddress(CLIENT, k[0], address(k[1], b), "person")), kinds, blocked),
    st.builds(lambda k, cause: always(BlockAddress(CLIENT, k[0], k[1], cause, None)), kinds, causes),
    st.builds(lambda k: always(UnblockAddress(CLIENT, k[0], k[1], None, NOW)), kinds),
    st.builds(of_a_point(lambda point_id: ReplacePoint(CLIENT, point_id, None, "person")), numbers),
    st.builds(of_a_point(lambda point_id: BlockPoint(CLIENT, point_id, "wrong_person", None)), numbers),
    st.builds(of_a_point(lambda point_id: UnblockPoint(CLIENT, point_id, None, NOW)), numbers),
    st.builds(
        lambda preferred, fallback: always(
            Prefer(CLIENT, {"preferred_channel": preferred, "fallback_channel": fallback})
        ),
        channels,
        channels,
    ),
    st.builds(
        lambda purpose, given, via: always(permit(purpose, given=given, channels=via)), purposes, st.booleans(), vias
    ),
)


@dataclass
class Said:
    """What was said last of each point and each purpose, told apart from the rule."""

    closed: set[UUID] = field(default_factory=set)
    may: dict[tuple[str, str], bool] = field(default_factory=dict)

    def hear(self, event: Any) -> None:
        match event:
            case c.ContactPointBlocked() | c.ContactPointReplaced():
                self.closed.add(event.contact_point_id)
            case c.ContactPointUnblocked():
                self.closed.discard(event.contact_point_id)
            case c.PermissionGiven() | c.PermissionWithdrawn():
                self.may[event.channel, event.purpose] = isinstance(event, c.PermissionGiven)
            case _:
                pass


@given(st.lists(steps, max_size=25))
def test_no_mix_of_changes_ever_lets_a_message_take_a_way_that_is_closed(taken_steps: list[Step]) -> None:
    contacts, said = CONTACTS.initial, Said()
    for step in taken_steps:
        command = step(contacts)
        for event in decide(command, contacts) if command else ():
            contacts = evolve(contacts, event)
            said.hear(event)
        for purpose, wish in product(get_args(c.Purpose), get_args(Wish)):
            way = way_to(contacts, purpose, wish)
            if isinstance(way, Way):
                assert way.point.id not in said.closed
                assert said.may[way.via, purpose]
                assert way.point.kind == KIND[way.via]
                assert wish in {"any", way.via}


@given(st.lists(steps, max_size=15), kinds, causes)
def test_a_closed_address_is_taken_by_no_message_however_it_is_written(
    before: list[Step], of: tuple[c.PointKind, str], cause: c.BlockCause
) -> None:
    contacts = after_steps(before)
    kind, value = of
    contacts = reduce(evolve, decide(BlockAddress(CLIENT, kind, value, cause, None), contacts), contacts)
    for wish in get_args(Wish):
        way = way_to(contacts, "appointment", wish)
        assert isinstance(way, NoWay) or way.point.key != value.casefold()


def after_steps(taken_steps: list[Step]) -> Contacts:
    contacts = CONTACTS.initial
    for step in taken_steps:
        if command := step(contacts):
            contacts = reduce(evolve, decide(command, contacts), contacts)
    return contacts


IDS = [new_id() for _ in range(4)]
statements = st.builds(
    rules.Said,
    client_id=st.sampled_from(IDS),
    channel=st.just("email"),
    purpose=st.just("appointment"),
    given=st.booleans(),
    despite=st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
)


@given(st.lists(statements, max_size=4, unique_by=lambda each: each.client_id))
def test_a_withdrawal_under_any_id_of_a_person_holds_until_the_person_says_yes_again(said: list[rules.Said]) -> None:
    person = IDS[0]
    held = rules.in_force(person, said).get(("email", "appointment"))
    own = next((each for each in said if each.client_id == person), None)
    ended = {other for each in said if each.given for other in each.despite}
    silent = [each for each in said if not each.given and each.client_id not in ended]
    if silent:
        assert held in silent
    else:
        assert held == own
