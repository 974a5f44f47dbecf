"""A session is signed when all that is missing is left out on purpose, and locked as it was signed.

The signature covers all that the stream held; what is charted afterwards needs another one before the lock.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.treatment.sessions.entries import Entry, id_of
from services.treatment.sessions.state import Session
from shared.decider import Refused
from shared.events.treatment_sessions import (
    ActivationPerformed,
    Missing,
    MissingCode,
    MovementReassessed,
    MuscleRetested,
    MuscleTested,
    PainScored,
    ReleaseApplied,
    SessionCountersigned,
    SessionLocked,
    SessionSigned,
)

LEAVABLE: frozenset[MissingCode] = frozenset(
    {
        "technique",
        "seconds",
        "exercise",
        "dose",
        "outcome",
        "release",
        "activation",
        "retest",
        "pain_before",
        "pain_after",
    }
)
"""What a signer may leave out: it cannot be known any more, or was not done. Who tested is always said."""


class Incomplete(Refused):
    """Something is missing for the signature; `missing` names all of it, and what of it may be left out on purpose."""

    code = "incomplete"


class NotSigned(Refused):
    """The session is to be signed first, as it is now."""

    code = "not_signed"


class SignedAlready(Refused):
    """Somebody else has signed the session; it can be countersigned."""

    code = "signed_already"


class OwnSignature(Refused):
    """Whoever signed the session cannot countersign it as well."""

    code = "own_signature"


@dataclass(frozen=True, slots=True)
class Sign:
    """`content_hash` covers the stream as it is; `leaves` are the codes of what is to stay missing."""

    by: UUID
    role: str
    now: datetime
    content_hash: str
    leaves: frozenset[MissingCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Lock:
    by: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class Countersign:
    by: UUID
    role: str
    now: datetime


def sign(command: Sign, session: Session) -> list[Any]:
    """Nothing when the same person has signed the same content. Raises Incomplete, SignedAlready."""
    session.must_stand()
    if session.signed is not None:
        if session.signed.signer == command.by:
            return []
        raise SignedAlready
    session.must_be_open()
    found = tuple(missing(session))
    lacking = [each for each in found if each.code not in command.leaves & LEAVABLE]
    if lacking:
        raise Incomplete(missing=[described(each) for each in lacking])
    return [
        SessionSigned(
            session_id=session.start.session_id,
            client_id=session.start.client_id,
            signer=command.by,
            role=command.role,
            covers=session.version,
            content_hash=command.content_hash,
            leaves=found,
            signed_at=command.now,
        )
    ]


def lock(command: Lock, session: Session) -> list[Any]:
    """Nothing when it is locked already. Raises NotSigned."""
    session.must_stand()
    if session.locked:
        return []
    return [
        SessionLocked(
            session_id=session.start.session_id,
            client_id=session.start.client_id,
            locked_by=command.by,
            content_hash=signature(session).content_hash,
            locked_at=command.now,
        )
    ]


def countersign(command: Countersign, session: Session) -> list[Any]:
    """Nothing when the same person has done so before. Raises NotSigned, OwnSignature."""
    session.must_stand()
    signed = signature(session)
    if signed.signer == command.by:
        raise OwnSignature
    if any(each.countersigner == command.by for each in session.countersigned):
        return []
    return [
        SessionCountersigned(
            session_id=session.start.session_id,
            client_id=session.start.client_id,
            countersigner=command.by,
            role=command.role,
            content_hash=signed.content_hash,
            signed_at=command.now,
        )
    ]


def signature(session: Session) -> SessionSigned:
    """The signature that covers the session as it is; raises NotSigned."""
    if session.signed is None:
        raise NotSigned
    return session.signed


def missing(session: Session) -> Iterator[Missing]:
    """All that the session lacks for its signature, in the order of its entries, then of its loops, then its own."""
    ordered = session.ordered
    if not ordered:
        yield Missing(code="entries")
        return
    for entry in ordered:
        for code in lacks(entry):
            yield Missing(code=code, entry_id=id_of(entry))
    yield from loops_missing(ordered)
    scored = {entry.when for entry in ordered if isinstance(entry, PainScored)}
    if "before" not in scored:
        yield Missing(code="pain_before")
    if "after" not in scored:
        yield Missing(code="pain_after")


def lacks(entry: Entry) -> Iterator[MissingCode]:
    """What an entry lacks of what its kind says."""
    match entry:
        case MuscleTested(rater=None) | MuscleRetested(rater=None):
            yield "rater"
        case ReleaseApplied():
            if entry.technique is None:
                yield "technique"
            if entry.seconds is None:
                yield "seconds"
        case ActivationPerformed():
            if entry.exercise is None:
                yield "exercise"
            if entry.reps is None and entry.seconds is None:
                yield "dose"
        case MovementReassessed(before=None) | MovementReassessed(after=None):
            yield "outcome"
        case _:
            pass


def loops_missing(ordered: Iterable[Entry]) -> Iterator[Missing]:
    """What each loop lacks of release, activation and retest."""
    loops: dict[UUID, set[type]] = {}
    for entry in ordered:
        loop_id: UUID | None = getattr(entry, "loop_id", None)
        if loop_id is not None:
            loops.setdefault(loop_id, set()).add(type(entry))
    for loop_id, kinds in loops.items():
        for kind, code in LOOP.items():
            if kind not in kinds:
                yield Missing(code=code, loop_id=loop_id)


LOOP: dict[type, MissingCode] = {ReleaseApplied: "release", ActivationPerformed: "activation", MuscleRetested: "retest"}


def described(missing: Missing) -> dict[str, Any]:
    return {
        "code": missing.code,
        "entry_id": missing.entry_id,
        "loop_id": missing.loop_id,
        "may_be_left": missing.code in LEAVABLE,
    }
