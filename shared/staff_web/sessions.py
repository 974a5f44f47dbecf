"""Who has signed in: a random token in the browser, its hash in the database, an end whatever happens.

A session is over half an hour after it was last used, at a shared tablet after the chain's few minutes; when it is
locked, twelve hours after its owner signed in, or when they say so. Until the twelve hours are over, what somebody
typed before is still known to be theirs.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest, digest
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from shared.auth import Identity
from shared.event_store import Transaction
from shared.links import encoded, hash_of, new_token
from shared.sealing import Sealer
from shared.staff_web.arrivals import Arrival, Method, as_columns, identity_in, name_in

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the empty table of sessions, in a service that has none yet."""

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(seconds=10)

BEGIN = text("""
    INSERT INTO staff_sessions (token_hash, chain_id, issuer, subject, name, roles, leave_url, signed_in_at,
      authenticated_at, asked_at, method, device_id, seen_at)
    VALUES (:token_hash, :chain_id, :issuer, :subject, :name, CAST(:roles AS jsonb), :leave_url, :signed_in_at,
      :authenticated_at, :asked_at, :method, :device_id, :now)
""")
FIND = text("""
    SELECT session.*, chain.lock_after_minutes FROM staff_sessions session JOIN chains chain USING (chain_id)
    WHERE token_hash = :token_hash AND signed_in_at > :begun_since
""")
SEE = text("UPDATE staff_sessions SET seen_at = :now WHERE token_hash = :token_hash")
LOCK = text("UPDATE staff_sessions SET locked_at = :now WHERE token_hash = :token_hash")
PUT_AT = text("UPDATE staff_sessions SET device_id = :device_id WHERE token_hash = :token_hash")
END = text("DELETE FROM staff_sessions WHERE token_hash = :token_hash")
END_AT = text("DELETE FROM staff_sessions WHERE device_id = :device_id")
PRUNE = text("DELETE FROM staff_sessions WHERE signed_in_at <= :begun_since")


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody has signed in; `leave` is where the browser tells the provider.

    `authenticated_at` and `method` are when and how they showed who they are: a PIN shows less than the provider asks
    for, and changes nothing about when they last signed in fully.
    """

    token: bytes
    identity: Identity
    name: str
    leave: str
    seen_at: datetime
    method: Method
    authenticated_at: datetime
    device_id: UUID | None
    locked: bool
    idle: timedelta

    @property
    def form_token(self) -> str:
        """What every form carries, and no other page can know."""
        return form_token(self.token)

    def is_over(self, now: datetime) -> bool:
        """Whether it answers nothing any more."""
        return self.locked or now - self.seen_at >= self.idle

    def is_to_be_seen(self, now: datetime) -> bool:
        """Whether it is time to note that it is used."""
        return now - self.seen_at >= SEEN_EVERY

    def signed_in_within(self, length: timedelta, now: datetime) -> bool:
        """Whether its owner has signed in at the provider that lately; never so when they came in by a PIN."""
        return self.method == "provider" and now - self.authenticated_at <= length


def form_token(secret: bytes) -> str:
    """What forms carry that come from pages of the browser with this secret."""
    return encoded(digest(secret, b"form", "sha256"))


def is_of(secret: bytes, given: str) -> bool:
    """Whether a form comes from a page of the browser with this secret."""
    return compare_digest(form_token(secret).encode(), given.encode())


def begin(tx: Transaction, arrival: Arrival, device_id: UUID | None, now: datetime) -> bytes:
    """A new session's token, committed with the transaction; those of the chain that are over for good go."""
    token = new_token()
    tx.connection.execute(PRUNE, {"begun_since": now - LONGEST})
    known = {"token_hash": hash_of(token), "chain_id": tx.chain_id, "device_id": device_id, "now": now}
    own = as_columns(tx.connection, tx.sealer, tx.chain_id, arrival)
    own |= {"method": arrival.method, "asked_at": arrival.identity.signed_in_at}
    tx.connection.execute(BEGIN, known | own)
    return token


def find(connection: Connection, sealer: Sealer, token: bytes, now: datetime) -> Session | None:
    """The session behind a token in the chain of the connection, which may be over; None when there is none."""
    wanted = {"token_hash": hash_of(token), "begun_since": now - LONGEST}
    row = connection.execute(FIND, wanted).first()
    if row is None:
        return None
    return Session(
        token=token,
        identity=replace(identity_in(row), signed_in_at=row.asked_at),
        name=name_in(connection, sealer, row),
        leave=row.leave_url,
        seen_at=row.seen_at,
        method=row.method,
        authenticated_at=row.authenticated_at,
        device_id=row.device_id,
        locked=row.locked_at is not None,
        idle=IDLE if row.device_id is None else timedelta(minutes=row.lock_after_minutes),
    )


def see(connection: Connection, token: bytes, now: datetime) -> None:
    """Note that the session is used."""
    connection.execute(SEE, {"token_hash": hash_of(token), "now": now})


def lock(connection: Connection, token: bytes, now: datetime) -> None:
    """Let the session answer nothing any more."""
    connection.execute(LOCK, {"token_hash": hash_of(token), "now": now})


def put_at(connection: Connection, token: bytes, device_id: UUID) -> None:
    """Let the session be one at a shared tablet from now on."""
    connection.execute(PUT_AT, {"token_hash": hash_of(token), "device_id": device_id})


def end(connection: Connection, token: bytes) -> None:
    """Let the token be worth nothing from now on."""
    connection.execute(END, {"token_hash": hash_of(token)})


def end_at(connection: Connection, device_id: UUID) -> None:
    """End all sessions at a shared tablet."""
    connection.execute(END_AT, {"device_id": device_id})
