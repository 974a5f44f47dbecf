"""What a session suggests about patterns: only what would be accepted, and nothing is recorded until somebody says so.

What is suggested of one pattern goes on in its order: confirmed, and then corrected by the same loop.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from uuid import UUID

from services.treatment.order import NotYet, OutOfOrder
from services.treatment.patterns import commands as c
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.evidence import (
    Place,
    Session,
    Test,
    is_plain,
    is_touched,
    place_of,
    shows_link,
)
from services.treatment.patterns.state import Change, Pattern
from services.treatment.patterns.withdrawn import Doubt, is_in_doubt
from shared.decider import Refused
from shared.events.treatment_patterns import Member, Thresholds
from shared.events.treatment_sessions import ReleaseApplied

ORDER: tuple[Change, ...] = ("relapse", "promote", "clear", "hold", "resolve", "confirm", "refute", "correct")
"""What is looked for first: a failure weighs more than a hold in the same session, a link more than none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """The episode's baseline where it counts, and the last score."""

    before: int | None = None
    now: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change, and the tests or the loop that show it; a pattern that is not there yet is told by its members."""

    change: Change
    pattern_id: UUID | None = None
    members: tuple[Member, ...] = ()
    test_ids: tuple[UUID, ...] = ()
    loop_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A session, and what else a suggestion depends on; `patterns` are all of the client's, by id.

    `doubted` are those of them that rest on what does not stand any more.
    """

    session: Session
    patterns: Mapping[UUID, Pattern]
    now: datetime
    thresholds: Thresholds = field(default_factory=Thresholds)
    pain: Pain = field(default_factory=Pain)
    doubted: Mapping[UUID, Collection[Doubt]] = field(default_factory=dict)


def proposals(asked: Asked) -> tuple[Proposal, ...]:
    """New patterns first, in the order of the session; then what becomes of the known ones, in the order of ids.

    Last those that are to be taken back, because they rest on tests of this session which do not show it any more.
    """
    known = (each for pattern_id in sorted(asked.patterns) for each in of_pattern(asked, pattern_id))
    return (*new_patterns(asked.session, asked.patterns.values()), *known, *taken_back(asked))


def taken_back(asked: Asked) -> Iterator[Proposal]:
    for pattern_id in sorted(asked.doubted):
        here = [each for each in asked.doubted[pattern_id] if each.session_id == asked.session.session_id]
        if is_in_doubt(asked.patterns[pattern_id], here):
            tests = tuple(dict.fromkeys(test_id for each in here for test_id in each.test_ids))
            yield Proposal(change="enter_in_error", pattern_id=pattern_id, test_ids=tests)


def of_pattern(asked: Asked, pattern_id: UUID) -> Iterator[Proposal]:
    pattern = asked.patterns[pattern_id]
    seen: set[Change] = set()
    while found := next_of(asked, pattern, seen):
        command, events = found
        pattern = reduce(PATTERN.evolve, events, pattern)
        seen.add(c.CHANGE[type(command)])
        yield proposal(pattern_id, command)


def next_of(asked: Asked, pattern: Pattern, seen: Collection[Change]) -> tuple[c.PatternCommand, list[object]] | None:
    """The first change that the session shows, once each; what it has confirmed it does not refute."""
    for change in ORDER:
        if change in seen or (change == "refute" and "confirm" in seen):
            continue
        for command in candidates(asked, pattern, change):
            try:
                return command, PATTERN.decide(command, pattern)
            except (Refused, NotYet, OutOfOrder):
                continue
    return None


def candidates(asked: Asked, pattern: Pattern, change: Change) -> Iterator[c.PatternCommand]:
    session = asked.session
    tests = [each for each in session.tests() if place_of(each) in pattern.inhibited]
    primary = asked.patterns.get(pattern.primary_id) if pattern.primary_id else None
    match change:
        case "confirm":
            yield from (c.Confirm(session, *pair) for pair in pairs(session, tests))
        case "refute":
            yield from (c.Refute(session, (each.test_id,)) for each in tests)
            yield from (c.Refute(session, pair) for pair in pairs(session, tests))
        case "correct":
            loops = dict.fromkeys(each.loop_id for each in session.entries)
            yield from (c.Correct(session, each) for each in loops if each is not None)
        case "hold":
            yield from (c.Hold(session, each.test_id, asked.thresholds) for each in tests)
        case "relapse":
            yield from (c.Relapse(session, each.test_id) for each in tests)
        case "promote" if primary:
            yield from (c.Promote(session, each.test_id, primary) for each in tests)
        case "clear" if primary:
            yield from (c.Clear(session, each.test_id, primary) for each in tests)
        case "resolve":
            yield resolving(asked)
        case _:
            return


def resolving(asked: Asked) -> c.Resolve:
    return c.Resolve(
        nrs_before=asked.pain.before,
        nrs_now=asked.pain.now,
        happened_at=asked.now,
        now=asked.now,
        thresholds=asked.thresholds,
    )


def pairs(session: Session, tests: list[Test]) -> Iterator[tuple[UUID, UUID]]:
    """Each test with the last plain one of the same place before it."""
    for test in tests:
        before = last_before(session, test)
        if before is not None:
            yield before.test_id, test.test_id


def proposal(pattern_id: UUID, command: c.PatternCommand) -> Proposal:
    change = c.CHANGE[type(command)]
    match command:
        case c.Confirm():
            return Proposal(change=change, pattern_id=pattern_id, test_ids=(command.failed, command.held))
        case c.Refute():
            return Proposal(change=change, pattern_id=pattern_id, test_ids=command.tests)
        case c.Correct():
            return Proposal(change=change, pattern_id=pattern_id, loop_id=command.loop_id)
        case c.Hold() | c.Relapse() | c.Promote() | c.Clear():
            return Proposal(change=change, pattern_id=pattern_id, test_ids=(command.test_id,))
        case _:
            return Proposal(change=change, pattern_id=pattern_id)


def new_patterns(session: Session, known: Collection[Pattern]) -> Iterator[Proposal]:
    """For what was touched or released at once, the places that held by it, where no known pattern says so."""
    links: dict[frozenset[Place], dict[Place, tuple[UUID, UUID]]] = {}
    for held in session.tests():
        failed = last_before(session, held)
        overactive = failed and eased_between(session, failed, held)
        if failed and overactive and not any(knows(each, overactive, place_of(held)) for each in known):
            links.setdefault(overactive, {}).setdefault(place_of(held), (failed.test_id, held.test_id))
    for overactive, inhibited in links.items():
        members = (
            *(Member(target=target, side=side, role="overactive") for target, side in sorted(overactive)),
            *(Member(target=target, side=side, role="inhibited") for target, side in sorted(inhibited)),
        )
        tests = tuple(test_id for pair in inhibited.values() for test_id in pair)
        yield Proposal(change="hypothesise", members=members, test_ids=tests)


def last_before(session: Session, test: Test) -> Test | None:
    """The last plain test of the same place before this one."""
    found = None
    for each in session.tests():
        if each.sequence >= test.sequence:
            break
        if is_plain(each) and place_of(each) == place_of(test):
            found = each
    return found


def eased_between(session: Session, failed: Test, held: Test) -> frozenset[Place]:
    """What was touched during the second test, or else released between the two; nothing where that shows no link."""
    touch = held.provocation
    if touch and touch.target and touch.side and is_touched(held, {(touch.target, touch.side)}):
        places = frozenset({(touch.target, touch.side)})
    else:
        places = frozenset(
            place_of(each)
            for each in session.entries
            if isinstance(each, ReleaseApplied) and failed.sequence < each.sequence < held.sequence
        )
    places -= {place_of(held)}
    return places if places and shows_link(session, failed, held, places) else frozenset()


def knows(pattern: Pattern, overactive: Collection[Place], inhibited: Place) -> bool:
    """What was refuted or entered in error is no longer known."""
    return (
        pattern.state not in {"refuted", "entered_in_error"}
        and inhibited in pattern.inhibited
        and bool(pattern.overactive.intersection(overactive))
    )
