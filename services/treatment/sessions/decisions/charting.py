"""What was done is charted in the order in which it was done, once under each id, whenever word of it comes.

An entry says its `sequence`; one that says its time alone is put in by it, and one that says neither, or guesses its
time, follows the one that was sent with it before, or is the last. Whether a test is cold follows from that order. A
release in the way of which something stands needs a reason.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from services.treatment.order import must_have_happened
from services.treatment.sessions.entries import Entry, Intervention, Test, id_of, in_order
from services.treatment.sessions.state import Session, evolve
from shared.decider import Refused
from shared.events.treatment_sessions import Guarded, MuscleRetested, ReleaseApplied, Side

STEP = 1000
"""Between one entry and the next: room for those of which word comes late."""

MOST_PAIN = 10
NOBODY = UUID(int=0)
EARLIEST = timedelta(hours=24)
"""How long before its session's start an entry may have happened, as both may be guesses."""

DECIDED = frozenset({"cold", "catalogue", "overridden"})
"""What is not taken from whoever charts, and so does not make an entry another one."""


class EntryExists(Refused):
    """Something else was charted under this id."""

    code = "entry_exists"


class SequenceTaken(Refused):
    """Another entry has this place in the session's order; send it without one, or with a free one."""

    code = "sequence_taken"


class NoRoomBetween(Refused):
    """There is no free place in the order at this time; send the entry with a sequence of its own."""

    code = "no_room_between"


class OutOfRange(Refused):
    """Pain is a whole number from 0 to 10, and whatever is counted is at least one."""

    code = "out_of_range"


class BeforeSession(Refused):
    """It is said to have happened more than a day before its session began."""

    code = "before_session"


class NoSuchTest(Refused):
    """A retest names an earlier test of this session; a cold one may name a test of a session before."""

    code = "test_unknown"


class AnotherTarget(Refused):
    """A retest is of the same target on the same side as the test that it names."""

    code = "another_target"


class RetestNotCold(Refused):
    """A retest names an earlier test of this session, unless it is cold: before any release and any activation."""

    code = "retest_not_cold"


class ReleaseGuarded(Refused):
    """Something stands in the way of this release; to release all the same needs a reason."""

    code = "release_guarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTest:
    """A test of the client in another session, as it stands."""

    target: str
    side: Side
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as somebody charts it; without `has_sequence` or `has_time` that field of it means nothing."""

    entry: Entry
    has_sequence: bool = False
    has_time: bool = True

    @property
    def knows_time(self) -> bool:
        """Whether its time is more than a guess."""
        return self.has_time and not self.entry.approximate


@dataclass(frozen=True, slots=True)
class Chart:
    """Entries to be charted, all or none. `tests` are of the client's other sessions, `guards` of each release here."""

    drafts: tuple[Draft, ...]
    now: datetime
    tests: Mapping[UUID, EarlierTest] = field(default_factory=dict)
    guards: Mapping[UUID, tuple[Guarded, ...]] = field(default_factory=dict)


def chart(command: Chart, session: Session) -> list[Any]:
    """The entries in their order, without those charted before. Raises what a rule refuses with."""
    session.must_stand()
    fresh = [draft for draft in once(command.drafts) if not is_known(draft, session)]
    if not fresh:
        return []
    session.must_be_open()
    charted: list[Any] = []
    for entry in placed(fresh, session, command.now):
        decided = judged(entry, session, command)
        session = evolve(session, decided)
        charted.append(decided)
    must_hold(session, {id_of(entry) for entry in charted}, command.tests)
    return charted


def once(drafts: Iterable[Draft]) -> list[Draft]:
    """Each draft once; raises EntryExists for two different ones under one id."""
    found: dict[UUID, Draft] = {}
    for draft in drafts:
        if found.setdefault(id_of(draft.entry), draft) != draft:
            raise EntryExists(entry_id=id_of(draft.entry))
    return list(found.values())


def is_known(draft: Draft, session: Session) -> bool:
    """Whether the very same was charted before; raises EntryExists when it was something else."""
    before = session.recorded.get(id_of(draft.entry))
    if before is None:
        return False
    if not is_same(draft, before):
        raise EntryExists(entry_id=id_of(draft.entry))
    return True


def is_same(draft: Draft, before: Entry) -> bool:
    if type(before) is not type(draft.entry):
        return False
    ignored = DECIDED | ({"sequence"} if not draft.has_sequence else set())
    ignored |= {"happened_at"} if not draft.has_time else set()
    ignored |= {"override"} if isinstance(before, ReleaseApplied) and not before.overridden else set()
    names = {each.name for each in fields(before)} - ignored
    return all(getattr(before, name) == getattr(draft.entry, name) for name in names)


def placed(drafts: Sequence[Draft], session: Session, now: datetime) -> tuple[Entry, ...]:
    """The entries with their places in the session's order, in that order; raises SequenceTaken, NoRoomBetween."""
    order = {entry.sequence: entry for entry in {**session.recorded, **session.entries}.values()}
    after = {id_of(second.entry): id_of(first.entry) for first, second in pairwise(drafts)}
    places: dict[UUID, int] = {}
    for draft in by_time(drafts, now):
        entry = draft.entry if draft.has_time else replace(draft.entry, happened_at=now)
        sequence = entry.sequence
        if not draft.has_sequence:
            follows = behind(draft, session, order, places.get(after.get(id_of(entry), NOBODY)))
            sequence = free_after(follows, order, id_of(entry))
        if sequence in order:
            raise SequenceTaken(entry_id=id_of(entry), sequence=sequence)
        places[id_of(entry)] = sequence
        order[sequence] = replace(entry, sequence=sequence)
    return in_order(entry for entry in order.values() if id_of(entry) in places)


def by_time(drafts: Sequence[Draft], now: datetime) -> list[Draft]:
    """Those that know their place first, then the others by time; one that does not know it, with the one before it."""
    times: list[datetime] = []
    for draft in drafts:
        guess = draft.entry.happened_at if draft.has_time else now
        times.append(guess if draft.knows_time or not times else times[-1])
    keys = {id_of(draft.entry): (not draft.has_sequence, at) for draft, at in zip(drafts, times, strict=True)}
    return sorted(drafts, key=lambda draft: keys[id_of(draft.entry)])


def behind(draft: Draft, session: Session, order: Mapping[int, Entry], sent_before: int | None) -> int:
    """The place after which an entry without a sequence comes: by its time, guesses move nothing."""
    if not draft.knows_time:
        return max(order, default=0) if sent_before is None else sent_before
    timed = {
        sequence: entry.happened_at
        for sequence, entry in order.items()
        if not entry.approximate and id_of(entry) not in session.in_error
    }
    earlier = max((each for each, at in timed.items() if at <= draft.entry.happened_at), default=0)
    later = min((each for each in timed if each > earlier), default=None)
    return max((each for each in order if later is None or each < later), default=0)


def free_after(place: int, order: Iterable[int], entry_id: UUID) -> int:
    """A free place after this one and before the next; raises NoRoomBetween."""
    following = min((each for each in order if each > place), default=None)
    if following is None:
        return (place // STEP + 1) * STEP
    if following - place == 1:
        raise NoRoomBetween(entry_id=entry_id)
    return place + max(1, (following - place) // 10)


def judged(entry: Entry, session: Session, command: Chart) -> Entry:
    """The entry with what is decided about it."""
    must_fit(entry, session, command.now)
    if isinstance(entry, Test):
        return replace(entry, cold=is_cold(entry, session))
    if isinstance(entry, ReleaseApplied):
        return guarded(entry, command.guards.get(entry.release_id, ()))
    return entry


def must_fit(entry: Entry, session: Session, now: datetime) -> None:
    """Raise NotYet, BeforeSession, and OutOfRange for a score that is none of 0 to 10, or a count of nothing."""
    must_have_happened(entry.happened_at, now)
    if entry.happened_at < session.start.started_at - EARLIEST:
        raise BeforeSession(entry_id=id_of(entry))
    scores = (getattr(entry, name, None) for name in ("value", "intensity", "pain_before", "pain_after"))
    counts = (getattr(entry, name, None) for name in ("sequence", "seconds", "reps", "minutes"))
    fits = all(score is None or 0 <= score <= MOST_PAIN for score in scores)
    if not fits or any(count is not None and count < 1 for count in counts):
        raise OutOfRange(entry_id=id_of(entry))


def is_cold(test: Test, session: Session) -> bool:
    """Whether no release and no activation of this session stands before it."""
    return not any(
        isinstance(entry, Intervention) and entry.sequence < test.sequence for entry in session.entries.values()
    )


def guarded(release: ReleaseApplied, guards: tuple[Guarded, ...]) -> ReleaseApplied:
    """The release with what was set aside for it. Raises ReleaseGuarded."""
    if guards and not release.override:
        raise ReleaseGuarded(entry_id=release.release_id, guards=[describe(guard) for guard in guards])
    return replace(release, overridden=guards, override=release.override if guards else None)


def describe(guard: Guarded) -> dict[str, Any]:
    return {"kind": guard.kind, "code": guard.code, "id": guard.id}


def must_hold(session: Session, charted: Collection[UUID], tests: Mapping[UUID, EarlierTest]) -> None:
    """Raise what a retest is refused with, unless each that stands is of the target and side of a test before it.

    A test of another session is looked for where the retest is among those `charted` now.
    """
    for entry in session.entries.values():
        if not isinstance(entry, MuscleRetested):
            continue
        here = session.recorded.get(entry.of_test_id)
        if here is not None:
            must_follow(entry, session)
        elif entry.test_id in charted:
            must_reach_back(entry, tests)


def must_follow(retest: MuscleRetested, session: Session) -> None:
    test = session.entries.get(retest.of_test_id)
    if not isinstance(test, Test) or test.sequence >= retest.sequence:
        raise NoSuchTest(entry_id=retest.test_id)
    must_match(retest, test)


def must_reach_back(retest: MuscleRetested, tests: Mapping[UUID, EarlierTest]) -> None:
    test = tests.get(retest.of_test_id)
    if test is None or test.happened_at > retest.happened_at:
        raise NoSuchTest(entry_id=retest.test_id)
    must_match(retest, test)
    if not retest.cold:
        raise RetestNotCold(entry_id=retest.test_id)


def must_match(retest: MuscleRetested, test: Test | EarlierTest) -> None:
    if (retest.target, retest.side) != (test.target, test.side):
        raise AnotherTarget(entry_id=retest.test_id)
