"""What was charted is put right: revised before the lock, amended with a reason after it, or entered in error.

Nothing is lost by it: what stood there first stays in the log. After a lock there is no other way but to add to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.treatment.order import must_have_happened
from services.treatment.sessions.decisions.charting import (
    EarlierTest,
    ReleaseGuarded,
    SequenceTaken,
    describe,
    must_fit,
    must_hold,
)
from services.treatment.sessions.entries import Entry, id_of, revisable
from services.treatment.sessions.state import EntryUnknown, Session, evolve
from shared.decider import Refused
from shared.events.treatment_sessions import (
    AddendumAppended,
    AmendmentMade,
    EnteredInError,
    EntryRevised,
    Guarded,
    ReleaseApplied,
    Value,
)

NEVER = datetime.min.replace(tzinfo=UTC)


class NotRevisable(Refused):
    """An entry of this kind has no such field, or it is not for anybody to change."""

    code = "not_revisable"


class RevisionExists(Refused):
    """Something else was written under this id."""

    code = "revision_exists"


class RetestsStand(Refused):
    """A retest names this test: enter both in error together."""

    code = "retests_stand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Other values of one entry by field, as JSON has them, and other words of its own when `rewritten`."""

    entry_id: UUID
    kind: type[Entry]
    values: Mapping[str, Value] = field(default_factory=dict)
    rewritten: bool = False
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """Several changes at once, all or none. After the lock they are an amendment, and need a `reason`.

    `guards` are what stands in the way of each release as it reads afterwards.
    """

    revision_id: UUID
    changes: tuple[Change, ...]
    by: UUID
    now: datetime
    reason: str | None = None
    tests: Mapping[UUID, EarlierTest] = field(default_factory=dict)
    guards: Mapping[UUID, tuple[Guarded, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Append:
    """An addendum to a locked session."""

    addendum_id: UUID
    body: str
    restricted: bool
    by: UUID
    now: datetime
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Entries that never happened; without any, the whole session."""

    entry_ids: tuple[UUID, ...]
    reason: str
    by: UUID
    now: datetime


def revise(command: Revise, session: Session) -> list[Any]:
    """One event for each entry. Raises what a rule refuses with; nothing when it was written like this before."""
    session.must_stand()
    if command.reason is None and command.revision_id not in session.revisions:
        session.must_be_open()
    events = [revision(command, change, session) for change in command.changes]
    if before := session.revisions.get(command.revision_id):
        if same(before) == same(events):
            return []
        raise RevisionExists(revision_id=command.revision_id)
    if command.reason is not None:
        session.must_be_locked()
    for event in events:
        session = evolve(session, event)
    for change in command.changes:
        must_fit(session.entries[change.entry_id], session, command.now)
    must_be_apart(session)
    must_hold(session, {change.entry_id for change in command.changes}, command.tests)
    if command.reason is None:
        must_be_guarded(session, command)
    return events


def revision(command: Revise, change: Change, session: Session) -> EntryRevised | AmendmentMade:
    """Raises EntryUnknown, NotRevisable."""
    entry = session.entry(change.entry_id)
    if type(entry) is not change.kind:
        raise EntryUnknown(entry_id=change.entry_id)
    if unknown := sorted(set(change.values) - revisable(type(entry))):
        raise NotRevisable(entry_id=change.entry_id, names=unknown)
    said: dict[str, Any] = {
        "session_id": session.start.session_id,
        "client_id": session.start.client_id,
        "entry_id": change.entry_id,
        "changes": dict(change.values),
        "rewritten": change.rewritten,
        "words": change.words if change.rewritten else None,
    }
    if command.reason is None:
        return EntryRevised(revision_id=command.revision_id, **said)
    return AmendmentMade(
        amendment_id=command.revision_id, reason=command.reason, signed_by=command.by, signed_at=command.now, **said
    )


def same(revisions: Iterable[EntryRevised | AmendmentMade]) -> list[Any]:
    """What revisions say, whenever it was said."""
    return [replace(each, signed_at=NEVER) if isinstance(each, AmendmentMade) else each for each in revisions]


def must_be_apart(session: Session) -> None:
    """Raise SequenceTaken when two entries have one place."""
    taken: dict[int, UUID] = {}
    for entry in session.entries.values():
        if taken.setdefault(entry.sequence, id_of(entry)) != id_of(entry):
            raise SequenceTaken(entry_id=id_of(entry), sequence=entry.sequence)


def must_be_guarded(session: Session, command: Revise) -> None:
    """Raise ReleaseGuarded for a release with which more was set aside than its reason was given for."""
    for change in command.changes:
        release = session.entries[change.entry_id]
        if isinstance(release, ReleaseApplied):
            more = set(command.guards.get(release.release_id, ())) - set(release.overridden)
            if more:
                raise ReleaseGuarded(entry_id=release.release_id, guards=[describe(guard) for guard in more])


def append(command: Append, session: Session) -> list[Any]:
    """Raises SessionNotLocked, RevisionExists."""
    session.must_be_locked()
    if before := session.addenda.get(command.addendum_id):
        if (before.body, before.restricted) == (command.body, command.restricted):
            return []
        raise RevisionExists(revision_id=command.addendum_id)
    happened_at = command.happened_at or command.now
    must_have_happened(happened_at, command.now)
    return [
        AddendumAppended(
            session_id=session.start.session_id,
            client_id=session.start.client_id,
            addendum_id=command.addendum_id,
            body=command.body,
            restricted=command.restricted,
            signed_by=command.by,
            happened_at=happened_at,
        )
    ]


def withdraw(command: Withdraw, session: Session) -> list[Any]:
    """Nothing for what was entered in error before. Raises EntryUnknown, RetestsStand."""
    _ = session.start
    if session.is_error and not command.entry_ids:
        return []
    session.must_stand()
    ids = [each for each in command.entry_ids if each not in session.in_error]
    for entry_id in ids:
        session.entry(entry_id)
    left = {each: entry for each, entry in session.entries.items() if each not in ids}
    if any(getattr(entry, "of_test_id", None) in ids for entry in left.values()):
        raise RetestsStand
    wanted: list[UUID | None] = [*dict.fromkeys(ids)] if command.entry_ids else [None]
    return [
        EnteredInError(
            session_id=session.start.session_id,
            client_id=session.start.client_id,
            entry_id=entry_id,
            reason=command.reason,
            signed_by=command.by,
            signed_at=command.now,
        )
        for entry_id in wanted
    ]
