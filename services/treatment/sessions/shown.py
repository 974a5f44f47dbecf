"""Sessions as the API shows them: at a moment of what had happened, without words that are not for whoever asks."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.treatment.sessions.awaiting import Visit
from services.treatment.sessions.entries import IDS, Entry, id_of
from services.treatment.sessions.schemas import TYPE_OF
from services.treatment.sessions.state import Session
from shared.catalogue.targets import CATALOGUE
from shared.decider import NotThere
from shared.events.treatment_sessions import AddendumAppended, AmendmentMade, EnteredInError

ALWAYS = ("session_id", "client_id")


def by_moment(session: Session, moment: datetime | None) -> Session:
    """What of it had happened by a moment, as is known now; raises NotThere for one that had not begun."""
    if moment is None:
        return session
    if session.start.started_at > moment:
        raise NotThere
    return replace(
        session,
        entries={each: entry for each, entry in session.entries.items() if entry.happened_at <= moment},
        addenda={each: entry for each, entry in session.addenda.items() if entry.happened_at <= moment},
        signed=session.signed if session.signed and session.signed.signed_at <= moment else None,
        countersigned=tuple(each for each in session.countersigned if each.signed_at <= moment),
        lock=session.lock if session.lock and session.lock.locked_at <= moment else None,
    )


def shown(
    session: Session, viewer: UUID | None, *, holds: bool | None = None, visit: Visit | None = None
) -> dict[str, Any]:
    """All of a session for somebody, as therapist; `holds` says whether its signature was found to hold.

    `visit` is what scheduling has told of the visit that it names.
    """
    start = session.start
    return head(session) | {
        "status": status_of(session),
        "episode_id": session.episode_id,
        "appointment_id": session.appointment_id,
        "visit": visit,
        "clinic_id": start.clinic_id,
        "therapist_id": start.therapist_id,
        "room_id": start.room_id,
        "started_at": start.started_at,
        "approximate": start.approximate,
        "time_zone": start.time_zone,
        "entries": entries_shown(session, viewer),
        "signature": signature(session, holds=holds),
        "countersignatures": [asdict(each) for each in session.countersigned],
        "locked_at": session.lock and session.lock.locked_at,
        "addenda": [addendum(each, is_own=is_own(session, viewer)) for each in session.addenda.values()],
        "amendments": [
            amendment(each) for some in session.revisions.values() for each in some if isinstance(each, AmendmentMade)
        ],
        "in_error": [error(each) for each in (*session.in_error.values(), session.error) if each is not None],
    }


def head(session: Session) -> dict[str, Any]:
    start = session.start
    return {"id": start.session_id, "client_id": start.client_id, "version": session.version}


def status_of(session: Session) -> str:
    if session.is_error:
        return "in_error"
    if session.locked:
        return "locked"
    return "open" if session.signed is None else "signed"


def is_own(session: Session, viewer: UUID | None) -> bool:
    return viewer is not None and viewer == session.start.therapist_id


def entries_shown(session: Session, viewer: UUID | None, ids: Collection[UUID] | None = None) -> list[dict[str, Any]]:
    """The entries in their order; only some of them where `ids` are given."""
    own = is_own(session, viewer)
    return [entry(each, is_own=own) for each in session.ordered if ids is None or id_of(each) in ids]


def entry(charted: Entry, *, is_own: bool) -> dict[str, Any]:
    """An entry with the fields of its type; a restricted note without its words, unless it is one's own."""
    kind = type(charted)
    names = [name for name in charted.__dataclass_fields__ if name not in ALWAYS and name != IDS[kind]]
    said: dict[str, Any] = {name: getattr(charted, name) for name in names}
    said |= {"id": id_of(charted), "type": TYPE_OF[kind]}
    if target := said.get("target"):
        said["target_name"] = CATALOGUE.find(target, said["catalogue"]).name
    if said.get("restricted") and not is_own:
        said |= {"body": None, "withheld": True}
    return said


def addendum(appended: AddendumAppended, *, is_own: bool) -> dict[str, Any]:
    withheld = appended.restricted and not is_own
    return asdict(appended) | {"withheld": withheld} | ({"body": None} if withheld else {})


def amendment(made: AmendmentMade) -> dict[str, Any]:
    names = [*made.changes, *(["words"] if made.rewritten else [])]
    return asdict(made) | {"fields_": names}


def error(made: EnteredInError) -> dict[str, Any]:
    return asdict(made)


def signature(session: Session, *, holds: bool | None) -> dict[str, Any] | None:
    if session.signed is None:
        return None
    return asdict(session.signed) | ({} if holds is None else {"holds": holds})
