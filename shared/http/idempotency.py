"""A request repeated with its Idempotency-Key gets the same bytes: the answer is stored in the effect's transaction."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg.errors
from flask import Response, request
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.codec import canonical
from shared.http.problems import Problem

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

    connection: Connection
    scope: dict[str, Any]
    fingerprint: bytes

    def begin(self) -> "Earlier | None":
        """The answer given before, or None for the first time; waits briefly for a twin that is still running."""
        try:
            first = self.connection.execute(BEGIN, self.scope | {"fingerprint": self.fingerprint}).first()
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise Problem(
                    409, "still_running", "The same request is still being worked on.", retry_after=1
                ) from error
            raise
        if first is not None:
            if self.fingerprint[0] == 0:
                self.connection.execute(FORGET)
            return None
        row = self.connection.execute(FIND, self.scope).one()
        if bytes(row.fingerprint) != self.fingerprint:
            raise Problem(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.")
        response = Response(bytes(row.body), row.status, headers=row.headers)
        response.headers["Idempotent-Replayed"] = "true"
        return Earlier(response, row.client_ids or ())

    def finish(self, response: Response, client_ids: Iterable[UUID]) -> None:
        """Keep the answer and whom it shows, to be committed with the effect."""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept = {"status": response.status_code, "headers": canonical(headers).decode(), "body": response.get_data()}
        kept["client_ids"] = list(client_ids)
        self.connection.execute(FINISH, self.scope | kept)


def key_given() -> str | None:
    """The current request's Idempotency-Key; a Problem when it has the wrong form."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise Problem(400, "bad_idempotency_key", "An Idempotency-Key has 1 to 255 visible ASCII characters.")
    return key


def repeatable(connection: Connection, chain_id: UUID, subject: str, key: str | None) -> Repeatable | None:
    """The current request under its key, or None when it has none."""
    if key is None:
        return None
    content = request.query_string + b"\n" + request.get_data()
    scope = {"chain_id": chain_id, "subject": subject, "method": request.method, "path": request.path, "key": key}
    return Repeatable(connection, scope, sha256(content).digest())
