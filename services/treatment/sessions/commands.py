"""Writing into a session, under the lock of its client: only its therapist does, or who covers for them.

Whoever charts does not need to have seen what others chart at the same time; a version that is sent is heeded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

from services.treatment.sessions.awaiting import awaited, must_open_the_record
from services.treatment.sessions.decider import SESSION, Command
from services.treatment.sessions.decisions.amending import Revise
from services.treatment.sessions.decisions.charting import Chart, is_known
from services.treatment.sessions.drafting import Sent, after_change, changes_of, drafts_of, must_be_usable
from services.treatment.sessions.entries import id_of
from services.treatment.sessions.loading import Known, guards_of, load, stream_of, tests_of
from services.treatment.sessions.state import Session
from shared.access import Basis
from shared.aliases import person_of
from shared.auth import NotAllowed
from shared.events.treatment_sessions import MuscleRetested, ReleaseApplied
from shared.http.operations import Call
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find


class NotTheirs(NotAllowed):
    """Somebody else's session: only its therapist writes into it, or who covers for them."""


@dataclass(frozen=True, slots=True)
class Open:
    """A session in whose client's record the caller may write, held until the end; `by` is the caller as therapist."""

    call: Call
    session_id: UUID
    person: UUID
    by: UUID
    basis: Basis
    known: Known

    @property
    def session(self) -> Session:
        return self.known.session


def open_session(call: Call, session_id: UUID, *, anybodys: bool = False, may_wait: bool = False) -> Open:
    """Raises NotThere, NoBasis, NotTheirs (unless it may be `anybodys`), VersionMismatch, VisitAwaited.

    `may_wait`: what is done needs no more than the session itself, so its visit need not be known yet.
    """
    row = find(call.connection, "sessions", session_id)
    basis, person, by = open_record(call, row.recorded_client_id, awaited(call, row))
    must_open_the_record(basis, () if may_wait else (session_id,))
    known = load(call.tx, session_id, call.if_match)
    start = known.session.start
    is_theirs = by == start.therapist_id or (basis.kind == "cover" and covers_at(call, basis.id, start.clinic_id))
    if not is_theirs and (not anybodys or basis.kind == "break_glass"):
        raise NotTheirs((NotTheirs.__doc__ or "").strip())
    return Open(call, session_id, person, by, basis, known)


def covers_at(call: Call, cover_id: UUID, clinic_id: UUID) -> bool:
    """Whether a cover is for the clinic of the session."""
    return bool(find(call.connection, "covers", cover_id).clinic_id == clinic_id)


def open_record(call: Call, client_id: UUID, otherwise: Basis | None = None) -> tuple[Basis, UUID, UUID]:
    """The basis, the person, who is locked from here on, and the caller as therapist; raises NotAllowed for others."""
    basis = call.record(client_id, otherwise=otherwise)
    if call.caller.therapist_id is None:
        raise NotAllowed
    person = person_of(call.connection, client_id)
    lock(call.connection, ("client", [person]))
    return basis, person, call.caller.therapist_id


def carry_out(opened: Open, command: Command) -> Known:
    """Decide and stage; gives the session afterwards. Raises what the rules refuse with."""
    session, version = opened.known.session, opened.known.version
    events = SESSION.decide(command, session)
    opened.call.tx.append(stream_of(opened.session_id), version, events)
    return Known(reduce(SESSION.evolve, events, session), version + len(events))


def chart(call: Call, session_id: UUID, sent: Sequence[Sent]) -> tuple[Known, list[UUID]]:
    """Chart entries, all or none; gives the session afterwards and the ids of what was sent."""
    opened = open_session(call, session_id, may_wait=True)
    session = opened.session
    drafts = drafts_of(sent, session.start, opened.by, call.now)
    fresh = [draft.entry for draft in drafts if not is_known(draft, session)]
    here = session.recorded.keys() | {id_of(entry) for entry in fresh}
    named = {entry.of_test_id for entry in fresh if isinstance(entry, MuscleRetested)}
    releases = [entry for entry in fresh if isinstance(entry, ReleaseApplied)]
    must_open_the_record(opened.basis, releases, named - here)
    command = Chart(
        drafts,
        call.now,
        tests=tests_of(call.tx, opened.person, named - here),
        guards=guards_of(call.tx, opened.person, session, releases),
    )
    return carry_out(opened, command), [id_of(draft.entry) for draft in drafts]


def revise(call: Call, session_id: UUID, body: dict[str, Any]) -> Known:
    """Change entries, all or none: revise them, or amend them where a reason is given."""
    opened = open_session(call, session_id, may_wait="reason" not in body)
    changes = changes_of(body["changes"])
    after = [entry for change in changes if (entry := after_change(opened.session, change)) is not None]
    must_be_usable(after)
    named = {entry.of_test_id for entry in after if isinstance(entry, MuscleRetested)}
    releases = [entry for entry in after if isinstance(entry, ReleaseApplied)]
    must_open_the_record(opened.basis, releases, named - opened.session.recorded.keys())
    command = Revise(
        revision_id=body["id"] or new_id(),
        changes=changes,
        by=opened.by,
        now=call.now,
        reason=body.get("reason"),
        tests=tests_of(call.tx, opened.person, named - opened.session.recorded.keys()),
        guards=guards_of(call.tx, opened.person, opened.session, releases),
    )
    return carry_out(opened, command)
