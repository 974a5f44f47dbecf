"""Whoever holds a link: what they see of their own is recorded as a look, and what they do is done as themselves."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from flask import g
from sqlalchemy import Connection, Row, text

from services.treatment.links import find
from shared.database import Database
from shared.decider import NotThere, StreamChanged, VersionMismatch
from shared.event_store import Metadata, Transaction
from shared.events.treatment_links import Purpose
from shared.http.operations import parts
from shared.http.permissions import operation
from shared.http.shown import record
from shared.languages import LANGUAGES
from shared.links import parse
from shared.sealing import Sealer

Result = TypeVar("Result")

HOUSE = text("""
    SELECT chain.name AS chain_name, reader.locale, reader.time_zone
    FROM (SELECT) AS asked LEFT JOIN chains chain ON chain.chain_id = :chain_id
      LEFT JOIN readers reader ON reader.client_id = :client_id
""")


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose page it is, in which language and on whose clock; the house's name.

    `whose` is their initial, where others read what is written to them.
    """

    client_id: UUID
    about: UUID
    locale: str
    time_zone: str
    chain_name: str
    whose: str | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """The holder of a link for a purpose, at one moment."""

    database: Database
    chain_id: UUID
    token: bytes
    purpose: Purpose
    now: datetime
    correlation_id: str

    def look(self, shown: Callable[[Connection, Sealer, Reader], Result]) -> Result:
        """What `shown` makes of what is behind the link, recorded as seen; NotThere when the link does not work."""
        with self.database.reading(self.chain_id) as connection:
            link = self.behind(connection)
            reader = reader_of(connection, self.chain_id, link)
            g.locale = reader.locale
            found = shown(connection, self.database.sealer, reader)
            if operation().reads is not None:
                record(
                    connection,
                    self.chain_id,
                    [reader.client_id],
                    actor=f"client:{reader.client_id}",
                    role="client",
                    purpose="client_request",
                )
            return found

    def change(self, work: Callable[[Transaction, Row[Any]], Result]) -> Result:
        """Run `work` on what is behind the link; again from the start when it changed in the middle of it."""

        def attempt(tx: Transaction) -> Result:
            link = self.behind(tx.connection)
            tx.metadata = replace(tx.metadata, actor=f"client:{link.client_id}")
            try:
                return work(tx, link)
            except VersionMismatch as error:
                raise StreamChanged from error

        metadata = Metadata(actor="client", role="client", origin="link", correlation_id=self.correlation_id)
        return self.database.command(self.chain_id, metadata, attempt)

    def behind(self, connection: Connection) -> Row[Any]:
        link = find(connection, self.token, self.purpose, self.now)
        if link is None:
            raise NotThere
        return link


def visitor(address: str, purpose: Purpose) -> Visitor:
    """Whoever holds the link with this address; raises NotThere for what cannot be one of ours."""
    found = parse(address)
    if found is None:
        raise NotThere
    chain_id, token = found
    return Visitor(parts().database, chain_id, token, purpose, parts().clock(), g.request_id)


def reader_of(connection: Connection, chain_id: UUID, link: Row[Any]) -> Reader:
    known = connection.execute(HOUSE, {"chain_id": chain_id, "client_id": link.client_id}).one()
    return Reader(
        link.client_id,
        link.about,
        known.locale or LANGUAGES[0],
        known.time_zone or "UTC",
        known.chain_name or "",
        link.whose,
    )
