"""Who comes in and goes at a shared tablet: one at a time, each with a session of their own.

Whoever comes in holds the tablet first. A session that begins ends all others at the tablet, so two who come in at once
leave one session, and nobody meets what another had open.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from services.scheduling.devices import shifts, tokens
from services.scheduling.devices.decider import DEVICE, Declare, Revoke
from services.scheduling.devices.shifts import Shift, Tried
from services.scheduling.devices.tokens import Tablet
from shared.auth import STAFF
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_devices import DeviceDeclared
from shared.ids import new_id
from shared.staff import caller_of
from shared.staff_web import sessions
from shared.staff_web.arrivals import Arrival
from shared.staff_web.sessions import Session


def stream(device_id: UUID) -> str:
    return f"device-{device_id}"


def declare(tx: Transaction, session: Session, clinic_id: UUID, name: str, now: datetime) -> bytes:
    """Make the browser of a session a shared tablet, with its owner on shift; gives the tablet's token."""
    device_id = new_id()
    declared = DeviceDeclared(device_id=device_id, clinic_id=clinic_id, name=name, declared_at=now)
    handle(tx, DEVICE, stream(device_id), Declare(declared))
    arrival = Arrival(session.identity, session.name, session.leave, session.authenticated_at)
    shifts.begin(tx, device_id, arrival)
    sessions.put_at(tx.connection, session.token, device_id)
    return tokens.mint(tx.connection, tx.chain_id, device_id)


def revoke(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Make it any browser again; who was in is out, and no PIN of it is left. Raises NotThere."""
    tokens.hold(tx.connection, device_id)
    handle(tx, DEVICE, stream(device_id), Revoke(now))
    tokens.forget(tx.connection, device_id)
    shifts.forget(tx.connection, device_id)
    sessions.end_at(tx.connection, device_id)


def arrive(tx: Transaction, tablet: Tablet | None, arrival: Arrival, now: datetime) -> bytes:
    """The token of a new session of somebody who has signed in fully; at a tablet that is held, a shift begins."""
    if tablet is None:
        return sessions.begin(tx, arrival, None, now)
    shifts.begin(tx, tablet.device_id, arrival)
    sessions.end_at(tx.connection, tablet.device_id)
    return sessions.begin(tx, arrival, tablet.device_id, now)


def come_back(
    tx: Transaction, tablet: Tablet, shift_id: UUID, pin: str, now: datetime
) -> tuple[Tried, Shift | None, bytes | None]:
    """Try a PIN at a tablet that is held; when it is right, the token of a new session.

    Raises NotAuthenticated and NotAllowed for somebody who is not to come in any more.
    """
    tried, shift = shifts.try_pin(tx, tablet.device_id, shift_id, pin, now)
    if tried != "right" or shift is None:
        return tried, shift, None
    caller_of(tx.connection, shift.arrival.identity).among(STAFF)
    sessions.end_at(tx.connection, tablet.device_id)
    return tried, shift, sessions.begin(tx, shift.arrival.by_pin(), tablet.device_id, now)


def lock(connection: Connection, session: Session, path: str, now: datetime) -> None:
    """Let the session answer nothing any more; its owner comes back to `path`."""
    sessions.lock(connection, session.token, now)
    if session.device_id is not None:
        shifts.leave(connection, session.device_id, session.identity, path)


def go_home(connection: Connection, session: Session, now: datetime) -> None:
    """End a session, and its owner's shift."""
    sessions.end(connection, session.token)
    if session.device_id is not None:
        shifts.end(connection, session.device_id, session.identity, now)
