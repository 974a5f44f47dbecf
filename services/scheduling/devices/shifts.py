"""Who is on shift at a shared tablet: whoever has signed in there fully, for twelve hours, and may come back by a PIN.

A PIN belongs to one login at one tablet. Five wrong tries in a row end it, however they come: the tablet is held while
one is tried. It then takes a full sign-in, and a new PIN. What a session is worth is asked of the chain's staff in any
case, with each request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.devices import pins
from shared.auth import Identity
from shared.event_store import Transaction
from shared.ids import new_id
from shared.sealing import Sealer
from shared.staff_web.arrivals import Arrival, arrival_in, as_columns

LENGTH = timedelta(hours=12)

BEGIN = text("""
    INSERT INTO shifts (id, chain_id, device_id, issuer, subject, name, roles, leave_url, signed_in_at,
      authenticated_at, ends_at)
    VALUES (:id, :chain_id, :device_id, :issuer, :subject, :name, CAST(:roles AS jsonb), :leave_url, :signed_in_at,
      :authenticated_at, :ends_at)
    ON CONFLICT (device_id, issuer, subject) DO UPDATE SET name = excluded.name, roles = excluded.roles,
      leave_url = excluded.leave_url, signed_in_at = excluded.signed_in_at, wrong = 0,
      authenticated_at = excluded.authenticated_at, ends_at = excluded.ends_at, left_at = NULL
""")
MINE = "device_id = :device_id AND issuer = :issuer AND subject = :subject"
LEAVE = text(f"UPDATE shifts SET left_at = :path WHERE {MINE}")  # noqa: S608 - constants only, as below
END = text(f"UPDATE shifts SET ends_at = :now WHERE {MINE} AND ends_at > :now")  # noqa: S608
SET_PIN = text(f"UPDATE shifts SET pin = :pin, wrong = 0 WHERE {MINE} AND ends_at > :now")  # noqa: S608
HAS_PIN = text(f"SELECT pin IS NOT NULL FROM shifts WHERE {MINE}")  # noqa: S608
LIST = text("""
    SELECT * FROM shifts WHERE device_id = :device_id AND ends_at > :now ORDER BY signed_in_at, id LIMIT :most
""")
ONE = text("SELECT * FROM shifts WHERE device_id = :device_id AND id = :id AND ends_at > :now")
COUNT = text("UPDATE shifts SET wrong = :wrong, pin = CASE WHEN :ended THEN NULL ELSE pin END WHERE id = :id")
FORGET = text("DELETE FROM shifts WHERE device_id = :device_id")
MOST_PEOPLE = 50

Tried = Literal["right", "wrong", "ended"]


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody who may come in; `left_at` is the page that they were at when they locked."""

    id: UUID
    arrival: Arrival
    left_at: str | None
    has_pin: bool


def begin(tx: Transaction, device_id: UUID, arrival: Arrival) -> None:
    """Somebody has signed in fully at the tablet; the PIN that they had there is good again."""
    ends_at = arrival.identity.issued_at + LENGTH
    own = {"id": new_id(), "chain_id": tx.chain_id, "device_id": device_id, "ends_at": ends_at}
    tx.connection.execute(BEGIN, own | as_columns(tx.connection, tx.sealer, tx.chain_id, arrival))


def leave(connection: Connection, device_id: UUID, identity: Identity, path: str) -> None:
    """Note where somebody was when they locked."""
    connection.execute(LEAVE, mine(device_id, identity) | {"path": path})


def end(connection: Connection, device_id: UUID, identity: Identity, now: datetime) -> None:
    """Somebody has gone home: they come back by a full sign-in."""
    connection.execute(END, mine(device_id, identity) | {"now": now})


def forget(connection: Connection, device_id: UUID) -> None:
    """Nobody is on shift at the tablet any more, and no PIN is left of anybody."""
    connection.execute(FORGET, {"device_id": device_id})


def set_pin(tx: Transaction, device_id: UUID, identity: Identity, pin: str, now: datetime) -> bool:
    """Keep a PIN that is not too easy; says whether its owner is on shift."""
    known = pins.kept(pin, pepper(tx, device_id, identity))
    return tx.connection.execute(SET_PIN, mine(device_id, identity) | {"pin": known, "now": now}).rowcount > 0


def has_pin(connection: Connection, device_id: UUID, identity: Identity) -> bool:
    return bool(connection.execute(HAS_PIN, mine(device_id, identity)).scalar())


def on_shift(connection: Connection, sealer: Sealer, device_id: UUID, now: datetime) -> Sequence[Shift]:
    """Who may come in, in the order in which they signed in."""
    rows = connection.execute(LIST, {"device_id": device_id, "now": now, "most": MOST_PEOPLE})
    return [shift_in(connection, sealer, row) for row in rows]


def try_pin(tx: Transaction, device_id: UUID, shift_id: UUID, pin: str, now: datetime) -> tuple[Tried, Shift | None]:
    """Try a PIN while the tablet is held, and count what was wrong; a PIN that is not there is ended."""
    row = tx.connection.execute(ONE, {"device_id": device_id, "id": shift_id, "now": now}).first()
    if row is None:
        return "ended", None
    shift = shift_in(tx.connection, tx.sealer, row)
    if row.pin is None:
        return "ended", shift
    is_right = pins.is_right(pin, pepper(tx, device_id, shift.arrival.identity), row.pin)
    wrong = 0 if is_right else row.wrong + 1
    ended = wrong >= pins.MOST_WRONG
    tx.connection.execute(COUNT, {"id": row.id, "wrong": wrong, "ended": ended})
    return "right" if is_right else "ended" if ended else "wrong", shift


def shift_in(connection: Connection, sealer: Sealer, row: Row[Any]) -> Shift:
    return Shift(row.id, arrival_in(connection, sealer, row), row.left_at, has_pin=row.pin is not None)


def pepper(tx: Transaction, device_id: UUID, identity: Identity) -> bytes:
    """What hashing a PIN needs beside the database: it moves to no other login and no other tablet."""
    whose = f"{device_id}\0{identity.issuer}\0{identity.subject}"
    return tx.sealer.index(tx.connection, tx.chain_id, "pin", whose)


def mine(device_id: UUID, identity: Identity) -> dict[str, Any]:
    return {"device_id": device_id, "issuer": identity.issuer, "subject": identity.subject}
