"""Who is at a page of the staff's: a session that is still good, of somebody whom the chain still lets in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import Connection

from services.scheduling.staff_pages import sessions
from services.scheduling.staff_pages.browser import Cookies, must_be_from
from services.scheduling.staff_pages.providers import Provider, Providers
from services.scheduling.staff_pages.sessions import Session
from shared.auth import STAFF, Caller, Identity, NotAllowed, NotAuthenticated
from shared.event_store import Metadata, Transaction
from shared.http.operations import parts
from shared.http.permissions import operation
from shared.staff import caller_of
from shared.staff_pages import CALLBACK, SIGN_IN

EXTENSION = "synergist-staff-pages"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the pages know beside the parts of every operation."""

    public_url: str
    providers: Providers

    @property
    def cookies(self) -> Cookies:
        return Cookies(self.public_url)

    def callback(self, provider: Provider, slug: str) -> str:
        """Where a provider sends browsers back to: a chain's own to an address that no other provider knows.

        So what one provider has answered is never handed on to another (RFC 9700, 4.4).
        """
        return self.public_url + (CALLBACK if provider.is_for_all else f"{CALLBACK}/{slug}")

    @property
    def after_sign_out(self) -> str:
        return self.public_url + SIGN_IN


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in, at one moment."""

    session: Session
    caller: Caller
    chain_id: UUID
    now: datetime

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees the visitor's chain."""
        return parts().database.reading(self.chain_id)

    def change(self, work: Callable[[Transaction], None]) -> None:
        """Run `work` and commit it."""
        parts().database.command(self.chain_id, metadata_of(self.caller), work)


def frame() -> Frame:
    found: Frame = current_app.extensions[EXTENSION]
    return found


def visitor() -> Visitor:
    """Whoever has signed in, in the roles that this page is for; raises NotAuthenticated, NotAllowed or Problem."""
    found = frame().cookies.session(request)
    if found is None or not parts().is_founded(found[0]):
        raise NotAuthenticated
    chain_id, token = found
    now = parts().clock()
    with parts().database.reading(chain_id) as connection:
        session = sessions.find(connection, token, now)
        if session is None:
            raise NotAuthenticated
        caller = caller_of(connection, session.identity)
    g.session = session
    parts().limits.admit_person(session.identity)
    if request.method == "POST":
        must_be_from(session, request, frame().public_url)
    came = Visitor(session, caller.among(operation().roles), chain_id, now)
    if session.is_to_be_seen(now):
        came.change(lambda tx: sessions.see(tx.connection, token, now))
    return came


def metadata_of(caller: Caller) -> Metadata:
    return Metadata(actor=caller.subject, role=caller.role, origin="staff-page", correlation_id=g.request_id)


def arriving(identity: Identity) -> Metadata:
    """Whose transaction it is until the caller is known."""
    return Metadata(actor=identity.subject, role="", origin="staff-page", correlation_id=g.request_id)


def begin_session(chain_id: UUID, identity: Identity, **session: Any) -> bytes:
    """The token of a new session, in place of the one that this browser had; raises NotAllowed without a role now."""
    had = frame().cookies.session(request)
    now = parts().clock()

    def work(tx: Transaction) -> bytes:
        try:
            tx.metadata = metadata_of(caller_of(tx.connection, identity).among(STAFF))
        except NotAuthenticated as error:
            raise NotAllowed from error
        if had and had[0] == chain_id:
            sessions.end(tx.connection, had[1])
        return sessions.begin(tx.connection, chain_id, identity, now=now, **session)

    return parts().database.command(chain_id, arriving(identity), work)
