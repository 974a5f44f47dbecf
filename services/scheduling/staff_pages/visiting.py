"""Who is at a page of the staff's: a session that is still good, of somebody whom the chain still lets in."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import Connection

from services.scheduling.devices import tokens
from services.scheduling.devices.arrivals import Arrival
from services.scheduling.devices.tokens import Tablet
from services.scheduling.staff_pages import sessions, tablets, typed
from services.scheduling.staff_pages.browser import Cookies, is_from, must_be_from
from services.scheduling.staff_pages.providers import Provider, Providers
from services.scheduling.staff_pages.sessions import Session
from shared.auth import STAFF, Caller, Identity, NotAllowed, NotAuthenticated
from shared.decider import Gone, NotThere
from shared.event_store import Metadata, Transaction
from shared.http.operations import Call, parts
from shared.http.permissions import operation
from shared.staff import caller_of
from shared.staff_pages import CALLBACK, SIGN_IN

EXTENSION = "synergist-staff-pages"
Result = TypeVar("Result")


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

    def change(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` and commit it."""
        return parts().database.command(self.chain_id, metadata_of(self.caller), work)

    def call(self, connection: Connection, tx: Transaction | None = None) -> Call:
        """The visitor's request, as the API's operations take it."""
        return Call(self.caller, self.chain_id, self.now, connection, transaction=tx)

    def keep_typed(self) -> None:
        """Keep what stands in the form that arrived; nothing where its sender could not send it."""
        found = typed.typed_in(request.form)
        if found is not None:
            with suppress(NotAllowed, NotThere, Gone):
                self.change(lambda tx: typed.keep(tx, found, self.caller, self.now))


def frame() -> Frame:
    found: Frame = current_app.extensions[EXTENSION]
    return found


def visitor() -> Visitor:
    """Whoever has signed in, in the roles that this page is for; raises NotAuthenticated, NotAllowed or Problem.

    A form that arrives when the session is over is not carried out: what was typed is kept, for whoever typed it.
    """
    found = frame().cookies.session(request)
    if found is None or not parts().is_founded(found[0]):
        raise NotAuthenticated
    chain_id, token = found
    now = parts().clock()
    with parts().database.reading(chain_id) as connection:
        session = sessions.find(connection, parts().database.sealer, token, now)
        if session is None:
            raise NotAuthenticated
        came = Visitor(session, caller_of(connection, session.identity), chain_id, now)
    if session.is_over(now):
        if request.method == "POST" and is_from(session.token, request, frame().public_url):
            came.keep_typed()
        raise NotAuthenticated
    g.session = session
    parts().limits.admit_person(session.identity)
    if request.method == "POST":
        must_be_from(session.token, request, frame().public_url)
    came = replace(came, caller=came.caller.among(operation().roles))
    if session.is_to_be_seen(now):
        came.change(lambda tx: sessions.see(tx.connection, token, now))
    return came


def tablet_here(chain_id: UUID | None = None) -> tuple[UUID, Tablet] | None:
    """The chain and the tablet that this browser is, by its cookie, if it is one and was not revoked.

    With `chain_id` one of this chain alone.
    """
    found = frame().cookies.device(request)
    if found is None or chain_id not in {None, found[0]} or not parts().is_founded(found[0]):
        return None
    with parts().database.reading(found[0]) as connection:
        tablet = tokens.find(connection, found[1])
    return None if tablet is None else (found[0], tablet)


def metadata_of(caller: Caller) -> Metadata:
    return Metadata(actor=caller.subject, role=caller.role, origin="staff-page", correlation_id=g.request_id)


def arriving(identity: Identity) -> Metadata:
    """Whose transaction it is until the caller is known."""
    return Metadata(actor=identity.subject, role="", origin="staff-page", correlation_id=g.request_id)


def arriving_at(tablet: Tablet) -> Metadata:
    """Whose transaction it is while somebody tries a PIN."""
    return Metadata(actor=f"device {tablet.device_id}", role="", origin="staff-page", correlation_id=g.request_id)


def begin_session(chain_id: UUID, arrival: Arrival) -> bytes:
    """The token of a new session, in place of the one that this browser had; raises NotAllowed without a role now."""
    had, device = (cookie(request) for cookie in (frame().cookies.session, frame().cookies.device))
    now = parts().clock()

    def work(tx: Transaction) -> bytes:
        try:
            tx.metadata = metadata_of(caller_of(tx.connection, arrival.identity).among(STAFF))
        except NotAuthenticated as error:
            raise NotAllowed from error
        here = device is not None and device[0] == chain_id
        tablet = tokens.find(tx.connection, device[1], hold=True) if here and device else None
        if had and had[0] == chain_id:
            sessions.end(tx.connection, had[1])
        return tablets.arrive(tx, tablet, arrival, now)

    return parts().database.command(chain_id, arriving(arrival.identity), work)
