"""What is known of a session for its decisions: the fold of its events, with its entries as they read now."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any
from uuid import UUID

from services.treatment.sessions.entries import Entry, as_cold_as_known, id_of, in_order, revised
from shared.decider import NotThere, Refused
from shared.events.treatment_sessions import (
    AddendumAppended,
    AmendmentMade,
    EnteredInError,
    EntryRevised,
    SessionCountersigned,
    SessionLinked,
    SessionLocked,
    SessionSigned,
    SessionStarted,
)


class SessionLockedAlready(Refused):
    """The session is locked: it takes addenda, amendments with a reason, countersignatures and "entered in error"."""

    code = "session_locked"


class SessionNotLocked(Refused):
    """The session is not locked yet: write into it, or revise what it has."""

    code = "session_not_locked"


class SessionInError(Refused):
    """The session was entered in error; nothing is added to it any more."""

    code = "session_in_error"


class EntryUnknown(Refused):
    """The session has no such entry, or it was entered in error."""

    code = "entry_unknown"


@dataclass(frozen=True, slots=True)
class Session:
    """`recorded` are the entries as they were first charted, `entries` as they read now; both by id.

    `signed` is the signature that covers all of it: what is charted after a signature, before the lock, needs another.
    """

    started: SessionStarted | None = None
    episode_id: UUID | None = None
    appointment_id: UUID | None = None
    recorded: Mapping[UUID, Entry] = field(default_factory=dict)
    entries: Mapping[UUID, Entry] = field(default_factory=dict)
    revisions: Mapping[UUID, tuple[EntryRevised | AmendmentMade, ...]] = field(default_factory=dict)
    addenda: Mapping[UUID, AddendumAppended] = field(default_factory=dict)
    in_error: Mapping[UUID, EnteredInError] = field(default_factory=dict)
    signed: SessionSigned | None = None
    countersigned: tuple[SessionCountersigned, ...] = ()
    lock: SessionLocked | None = None
    error: EnteredInError | None = None
    version: int = 0

    @property
    def locked(self) -> bool:
        return self.lock is not None

    @property
    def is_error(self) -> bool:
        """Whether the whole session was entered in error."""
        return self.error is not None

    @property
    def start(self) -> SessionStarted:
        """How it began; raises NotThere when it never did."""
        if self.started is None:
            raise NotThere
        return self.started

    @property
    def ordered(self) -> tuple[Entry, ...]:
        """The entries that stand, in order; each test as cold as is known now. Nothing of a session in error stands."""
        return () if self.is_error else as_cold_as_known(in_order(self.entries.values()))

    def must_be_open(self) -> None:
        """Raise NotThere, SessionInError or SessionLockedAlready unless it can be charted."""
        self.must_stand()
        if self.locked:
            raise SessionLockedAlready

    def must_be_locked(self) -> None:
        """Raise NotThere, SessionInError or SessionNotLocked."""
        self.must_stand()
        if not self.locked:
            raise SessionNotLocked

    def must_stand(self) -> None:
        """Raise NotThere or SessionInError."""
        _ = self.start
        if self.is_error:
            raise SessionInError

    def entry(self, entry_id: UUID) -> Entry:
        """The entry as it reads now; raises EntryUnknown."""
        try:
            return self.entries[entry_id]
        except KeyError:
            raise EntryUnknown(entry_id=entry_id) from None


def evolve(session: Session, event: Any) -> Session:
    """The session after an event; the lock, and nothing after it, leaves the signature as it is."""
    session = replace(session, version=session.version + 1)
    match event:
        case SessionStarted():
            return replace(session, started=event, episode_id=event.episode_id, appointment_id=event.appointment_id)
        case SessionSigned():
            return replace(session, signed=event, countersigned=())
        case SessionLocked():
            return replace(session, lock=event)
        case SessionCountersigned():
            return replace(session, countersigned=(*session.countersigned, event))
        case _:
            return written(session if session.locked else replace(session, signed=None, countersigned=()), event)


def written(session: Session, event: Any) -> Session:
    """The session after something was written into it."""
    match event:
        case SessionLinked():
            return replace(session, episode_id=event.episode_id, appointment_id=event.appointment_id)
        case EntryRevised() | AmendmentMade():
            return with_revision(session, event)
        case AddendumAppended():
            return replace(session, addenda={**session.addenda, event.addendum_id: event})
        case EnteredInError(entry_id=None):
            return replace(session, error=event)
        case EnteredInError(entry_id=UUID() as entry_id):
            left = {each: entry for each, entry in session.entries.items() if each != entry_id}
            return replace(session, entries=left, in_error={**session.in_error, entry_id: event})
        case _ if isinstance(event, Entry):
            entry_id = id_of(event)
            return replace(
                session,
                recorded={**session.recorded, entry_id: event},
                entries={**session.entries, entry_id: event},
            )
        case _:
            raise LookupError(type(event).__name__)


def with_revision(session: Session, event: EntryRevised | AmendmentMade) -> Session:
    entry = revised(session.entries[event.entry_id], event.changes, rewritten=event.rewritten, words=event.words)
    key = event.revision_id if isinstance(event, EntryRevised) else event.amendment_id
    return replace(
        session,
        entries={**session.entries, event.entry_id: entry},
        revisions={**session.revisions, key: (*session.revisions.get(key, ()), event)},
    )


def evidence(events: tuple[Any, ...]) -> tuple[Entry, ...]:
    """The entries of one session that stand, in order and as they read now, from all events of its stream."""
    return reduce(evolve, events, Session()).ordered
