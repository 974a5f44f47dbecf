"""Who is at a page of the staff's: a session that is still good, of somebody whom the chain still lets in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import Connection

from shared.auth import STAFF, Caller, Identity, NotAllowed, NotAuthenticated
from shared.decider import NotThere
from shared.event_store import Metadata, Transaction
from shared.http.operations import Call, parts
from shared.http.permissions import admitted, operation
from shared.http.records import Asked
from shared.staff import caller_of
from shared.staff_pages import CALLBACK, SIGN_IN
from shared.staff_web import sessions
from shared.staff_web.arrivals import Arrival
from shared.staff_web.browser import Cookies, is_from, must_be_from
from shared.staff_web.chains import Called
from shared.staff_web.providers import Provider, Providers
from shared.staff_web.sessions import Session

EXTENSION = "synergist-staff-pages"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in, at one moment."""

    session: Session
    caller: Caller
    chain_id: UUID
    now: datetime
    asked: Asked = field(default_factory=Asked)

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees the visitor's chain."""
        return parts().database.reading(self.chain_id)

    def change(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` and commit it."""
        return parts().database.command(self.chain_id, metadata_of(self.caller), work)

    def call(self, connection: Connection, tx: Transaction | None = None) -> Call:
        """The visitor's request, as the API's operations take it."""
        identity = self.session.identity
        return Call(
            self.caller, self.chain_id, self.now, connection, transaction=tx, asked=self.asked, identity=identity
        )


@dataclass(frozen=True, slots=True)
class Habits:
    """What differs between services that let staff in.

    `arrive` begins a session for somebody who has signed in fully, and gives its token; `depart` ends one. `keep` is
    told of a form that came when its sender's session was over. `asks_again`: whether the provider is to ask who
    somebody is, whoever it still knows in this browser. `way_in` is where else than at the provider somebody shows who
    they are. `first` is where a browser is sent before it goes to a provider, if anywhere: given a proof that it was
    sent by us, and the slug of the chain. `arrived` is told of whoever has come in.
    """

    arrive: Callable[[Transaction, Arrival, datetime], bytes]
    depart: Callable[[Connection, Session, datetime], None]
    keep: Callable[[Visitor], None]
    asks_again: Callable[[UUID], bool]
    way_in: Callable[[], str | None]
    first: Callable[[str, str], str] | None = None
    arrived: Callable[[Identity], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Frame:
    """What the pages know beside the parts of every operation: `folder` is the service's own, with its templates.

    `own_style` is a style sheet that some of its pages have beside the one of all.
    """

    public_url: str
    cookies: Cookies
    folder: Path
    providers: Providers
    chain_called: Called
    habits: Habits
    has_script: bool = False
    own_style: str = ""

    def callback(self, provider: Provider, slug: str) -> str:
        """Where a provider sends browsers back to: a chain's own to an address that no other provider knows.

        So what one provider has answered is never handed on to another (RFC 9700, 4.4).
        """
        return self.public_url + (CALLBACK if provider.is_for_all else f"{CALLBACK}/{slug}")

    @property
    def after_sign_out(self) -> str:
        return self.public_url + SIGN_IN


def frame() -> Frame:
    found: Frame = current_app.extensions[EXTENSION]
    return found


def visitor() -> Visitor:
    """Whoever has signed in, in the roles that this page is for, at a tablet where it is a tablet's.

    Raises NotAuthenticated, NotAllowed, NotThere or Problem. A form that arrives when the session is over is not
    carried out.
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
    parts().limits.admit_person(session.identity)
    if session.is_over(now):
        if request.method == "POST" and is_from(session.token, request, frame().public_url):
            frame().habits.keep(came)
        raise NotAuthenticated
    g.session = session
    if request.method == "POST":
        must_be_from(session.token, request, frame().public_url)
    came = replace(came, caller=admitted(came.caller, operation()))
    if operation().kind == "shift" and session.device_id is None:
        raise NotThere
    g.asked = came.asked
    if session.is_to_be_seen(now):
        came.change(lambda tx: sessions.see(tx.connection, token, now))
    return came


def metadata_of(caller: Caller) -> Metadata:
    return Metadata(actor=caller.subject, role=caller.role, origin="staff-page", correlation_id=g.request_id)


def arriving(identity: Identity) -> Metadata:
    """Whose transaction it is until the caller is known."""
    return Metadata(actor=identity.subject, role="", origin="staff-page", correlation_id=g.request_id)


def begin_session(chain_id: UUID, arrival: Arrival) -> bytes:
    """The token of a new session, in place of the one that this browser had; raises NotAllowed without a role now."""
    had, now = frame().cookies.session(request), parts().clock()

    def work(tx: Transaction) -> bytes:
        try:
            tx.metadata = metadata_of(caller_of(tx.connection, arrival.identity).among(STAFF))
        except NotAuthenticated as error:
            raise NotAllowed from error
        token = frame().habits.arrive(tx, arrival, now)
        if had and had[0] == chain_id:
            sessions.end(tx.connection, had[1])
        return token

    return parts().database.command(chain_id, arriving(arrival.identity), work)
