"""The workers' database in a test: told events as the projector is, and looked at row by row."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from shared.codec import encode
from shared.database import make_engine
from shared.event_store import Recorded
from shared.events import name_of, scheduling as s, scheduling_people as people
from shared.ids import new_id
from shared.projection import Projection
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings
from tests.support.keys import envelopes
from tests.support.log import booked, stream_of
from tests.support.messages import BERLIN, CHAIN, at
from workers.consume import CONSUMER, handle

STARTS_AT = at("2026-11-24 10:00")
BOOKED_AT = at("2026-11-10 12:00")


@dataclass
class Workers:
    """`tell` is what the projector does with one event, done by `role`; versions count up within each stream."""

    engine: Engine
    chain_id: UUID = CHAIN
    versions: Counter[str] = field(default_factory=Counter)
    told: list[Recorded] = field(default_factory=list)

    def tell(
        self,
        event: Any,
        recorded_at: datetime,
        *,
        stream: str | None = None,
        schema: str | None = None,
        role: str = "client",
    ) -> None:
        entry = replace(self.recorded(event, recorded_at, stream or stream_of(event)), metadata={"role": role})
        self.told.append(entry)
        projection = Projection(self.engine, CONSUMER, handle, wait=lambda _: None, schema=schema)
        with projection.transaction() as (connection, _):
            projection.handle(connection, [entry])

    def rebuild(self, owner_url: str) -> None:
        """What they were told makes the other read models, all at once, and these are in use from then on."""
        projection = Projection(self.engine, CONSUMER, handle, wait=lambda _: None, schema="views_b")
        with projection.transaction() as (connection, _):
            projection.handle(connection, self.told)
        owner = make_engine(owner_url)
        with owner.begin() as connection:
            connection.execute(text("UPDATE active_views SET schema = 'views_b'"))
        owner.dispose()

    def recorded(self, event: Any, recorded_at: datetime, stream: str) -> Recorded:
        self.versions[stream] += 1
        event_id = new_id()
        return Recorded(
            partition=0,
            position=self.versions.total(),
            chain_id=self.chain_id,
            stream=stream,
            version=self.versions[stream],
            event_id=event_id,
            name=name_of(type(event)),
            data=encode(event, envelopes(event, self.chain_id, event_id)),
            metadata={},
            recorded_at=recorded_at,
            prev_hash=b"",
            hash=b"",
        )

    def book(self, recorded_at: datetime = BOOKED_AT, **fields: Any) -> s.AppointmentBooked:
        """Tell of a visit at ten in Berlin, booked two weeks before."""
        visit = booked(**{"starts_at": STARTS_AT, **fields})
        self.tell(visit, recorded_at)
        return visit

    def rows(self, about: UUID | None = None) -> list[dict[str, Any]]:
        sql = "SELECT * FROM due_messages WHERE about = coalesce(:about, about) ORDER BY due_at, key"
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(text(sql), {"about": about})]

    def states(self, about: UUID | None = None) -> dict[str, tuple[str, str | None]]:
        """State and reason of each message, by its key without the visit's id."""
        return {short(row["key"]): (row["state"], row["reason"]) for row in self.rows(about)}

    def pending(self, about: UUID | None = None) -> dict[str, datetime]:
        """When each message that is still to be sent is due."""
        return {short(row["key"]): row["due_at"] for row in self.rows(about) if row["state"] == "pending"}

    def said(self, about: UUID | None = None) -> dict[str, tuple[str, datetime]]:
        """What each announcement still to be sent says, and when it is due."""
        rows = [row for row in self.rows(about) if row["state"] == "pending" and row["announcement"]]
        return {short(row["key"]): (row["announcement"], row["due_at"]) for row in rows}

    def change(self, sql: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(sql), values)


def hear(engine: Engine, logs: Mapping[str, Engine]) -> None:
    """What the projector does with all that the services have recorded; `logs` are their readers by name."""
    projection = Projection(engine, CONSUMER, handle, wait=lambda _: None)
    for source, reader in logs.items():
        at_hand = LogAtHand(reader)
        for partition, checkpoint in projection.load(source).items():
            if entries := at_hand.read(partition, checkpoint.position, 10_000):
                projection.apply(source, checkpoint, entries)


def short(key: str) -> str:
    kind, _, rest = key.split(":", 2)
    return f"{kind}:{rest}"


def client(client_id: UUID, time_zone: str = BERLIN) -> people.ClientRegistered:
    return people.ClientRegistered(
        client_id=client_id,
        name="Demo Client",
        time_zone=time_zone,
        locale="en",
    )


def client_changed(client_id: UUID, time_zone: str = BERLIN) -> people.ClientChanged:
    return people.ClientChanged(
        client_id=client_id,
        name="Demo Client",
        time_zone=time_zone,
        locale="de",
    )


def policy(quiet_from: str = "21:00", quiet_to: str = "08:00", **changes: Any) -> s.ChainPolicySet:
    return s.ChainPolicySet(
        chain_id=CHAIN,
        reminder_lead_minutes=(2880, 120),
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        default_locale="en",
        **changes,
    )


@contextmanager
def a_workers(settings: DatabaseSettings, chain_id: UUID = CHAIN) -> Iterator[Workers]:
    engine = make_engine(settings.api)
    yield Workers(engine, chain_id)
    engine.dispose()
