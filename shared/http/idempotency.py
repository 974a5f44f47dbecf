"""A request repeated with its Idempotency-Key gets the same bytes: the answer is stored in the effect's transaction.

It is stored sealed; of who asked, under which key and for what there are keyed hashes alone, as each may name a person.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg.errors
from flask import Response, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.codec import canonical
from shared.event_store import Transaction
from shared.http.problems import Problem

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the empty table in a service's database."""

HEADER = "Idempotency-Key"
KEY_PATTERN = "^[!-~]{1,255}$"
KEPT_HEADERS = ("Content-Type", "ETag", "Location")

# Waits when the same request is still running; an answer older than a day is forgotten and its key starts anew.
BEGIN = text("""
    INSERT INTO idempotency (chain_id, subject, method, path, key, fingerprint)
    VALUES (:chain_id, :subject, :method, :path, :key, :fingerprint)
    ON CONFLICT (chain_id, subject, method, path, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, status = NULL, headers = NULL, body = NULL, client_ids = NULL,
      created_at = now()
    WHERE idempotency.created_at < now() - interval '24 hours'
    RETURNING key
""")
FIND = text("""
    SELECT fingerprint, status, headers, body, client_ids FROM idempotency
    WHERE chain_id = :chain_id AND subject = :subject AND method = :method AND path = :path AND key = :key
""")
FINISH = text("""
    UPDATE idempotency SET status = :status, headers = CAST(:headers AS jsonb), body = :body,
      client_ids = CAST(:client_ids AS uuid[])
    WHERE chain_id = :chain_id AND subject = :subject AND method = :method AND path = :path AND key = :key
""")
# Now and then a new key clears out the chain's old ones (row-level security limits it to the chain).
FORGET = text("DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'")


@dataclass(frozen=True, slots=True)
class Earlier:
    """The answer given before, and the clients whom it shows."""

    response: Response
    client_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One request under its key, within the transaction that it runs in."""

    transaction: Transaction
    scope: dict[str, Any]
    fingerprint: bytes

    def begin(self) -> "Earlier | None":
        """The answer given before, or None for the first time; waits briefly for a twin that is still running."""
        try:
            first = self.transaction.connection.execute(BEGIN, self.scope | {"fingerprint": self.fingerprint}).first()
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise Problem(
                    409, "still_running", "The same request is still being worked on.", retry_after=1
                ) from error
            raise
        if first is not None:
            if self.fingerprint[0] == 0:
                self.transaction.connection.execute(FORGET)
            return None
        row = self.transaction.connection.execute(FIND, self.scope).one()
        if bytes(row.fingerprint) != self.fingerprint:
            raise Problem(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.")
        tx = self.transaction
        body = tx.sealer.unwrap(tx.connection, tx.chain_id, bytes(row.body), self.about)
        response = Response(body, row.status, headers=row.headers)
        response.headers["Idempotent-Replayed"] = "true"
        return Earlier(response, row.client_ids or ())

    def finish(self, response: Response, client_ids: Iterable[UUID]) -> None:
        """Keep the answer and whom it shows, to be committed with the effect."""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        tx = self.transaction
        body = tx.sealer.wrap(tx.connection, tx.chain_id, response.get_data(), self.about)
        kept = {"status": response.status_code, "headers": canonical(headers).decode(), "body": body}
        tx.connection.execute(FINISH, self.scope | kept | {"client_ids": list(client_ids)})

    @property
    def about(self) -> bytes:
        """What the answer is to, and so where alone it opens."""
        return b"answer\0" + self.fingerprint + canonical({name: str(value) for name, value in self.scope.items()})


def key_given() -> str | None:
    """The current request's Idempotency-Key; a Problem when it has the wrong form."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise Problem(400, "bad_idempotency_key", "An Idempotency-Key has 1 to 255 visible ASCII characters.")
    return key


def repeatable(transaction: Transaction, subject: str, key: str | None) -> Repeatable | None:
    """The current request under its key, or None when it has none."""
    if key is None:
        return None

    def hashed(kind: str, value: str) -> bytes:
        return transaction.sealer.index(transaction.connection, transaction.chain_id, kind, value)

    content = sha256(request.query_string + b"\n" + request.get_data()).hexdigest()
    scope = {
        "chain_id": transaction.chain_id,
        "subject": hashed("caller", subject).hex(),
        "method": request.method,
        "path": request.path,
        "key": hashed("idempotency key", key).hex(),
    }
    return Repeatable(transaction, scope, hashed("request", content))
