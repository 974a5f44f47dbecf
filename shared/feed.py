"""Events on their way to another part: one CloudEvents form for Redis and HTTP, and a client that reads a log by HTTP.

What goes out comes back equal, hash included, so a reader can prove that nothing was lost or changed on the way.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import httpx
import msgspec

from shared.event_store import Recorded
from shared.heads import Head

TIMEOUT_SECONDS = 10.0
Shape = TypeVar("Shape")


class FeedUnavailable(Exception):
    """The service whose events are wanted does not answer, or not with events; ask again later."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """CloudEvents 1.0 in JSON, with the place in the log as extension attributes; hashes are hexadecimal."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]
    chain: UUID
    partition: int
    position: int
    streamversion: int
    prevhash: str
    hash: str
    metadata: dict[str, Any]


class Page(msgspec.Struct, frozen=True):
    """One answer of the feed; `next` is what to ask after for more, None when there is nothing more yet."""

    items: list[CloudEvent]
    next: int | None


class HeadItem(msgspec.Struct, frozen=True):
    partition: int
    position: int
    hash: str


class HeadPage(msgspec.Struct, frozen=True):
    items: list[HeadItem]


def to_cloud_event(entry: Recorded, source: str) -> CloudEvent:
    return CloudEvent(
        id=entry.event_id,
        source=f"/{source}",
        type=entry.name,
        subject=entry.stream,
        time=entry.recorded_at.astimezone(UTC),
        data=entry.data,
        chain=entry.chain_id,
        partition=entry.partition,
        position=entry.position,
        streamversion=entry.version,
        prevhash=entry.prev_hash.hex(),
        hash=entry.hash.hex(),
        metadata=entry.metadata,
    )


def from_cloud_event(event: CloudEvent) -> Recorded:
    """The row as the log holds it. Raises ValueError when a hash is not hexadecimal."""
    return Recorded(
        partition=event.partition,
        position=event.position,
        chain_id=event.chain,
        stream=event.subject,
        version=event.streamversion,
        event_id=event.id,
        name=event.type,
        data=event.data,
        metadata=event.metadata,
        recorded_at=event.time,
        prev_hash=bytes.fromhex(event.prevhash),
        hash=bytes.fromhex(event.hash),
    )


def write_event(entry: Recorded, source: str) -> bytes:
    """The JSON of one event."""
    return msgspec.json.encode(to_cloud_event(entry, source))


def read_event(document: bytes) -> Recorded:
    """The row out of its JSON. Raises ValueError when it is not one of ours."""
    return from_cloud_event(msgspec.json.decode(document, type=CloudEvent))


class Feed:
    """The log of another service over HTTP; `token` gives a fresh service token for each request."""

    def __init__(self, base_url: str, token: Callable[[], str], http: httpx.Client | None = None) -> None:
        self.base_url = base_url
        self.token = token
        self.http = http or httpx.Client(timeout=TIMEOUT_SECONDS)

    def heads(self) -> dict[int, Head]:
        """Where each partition ends now. Raises FeedUnavailable."""
        page = self.get("/v1/events/heads", {}, HeadPage)
        return {item.partition: Head(item.position, bytes.fromhex(item.hash)) for item in page.items}

    def read(self, partition: int, after: int, limit: int) -> list[Recorded]:
        """Up to `limit` events of a partition after a position, in order. Raises FeedUnavailable."""
        page = self.get("/v1/events", {"partition": partition, "after": after, "limit": limit}, Page)
        return [from_cloud_event(event) for event in page.items]

    def get(self, path: str, query: dict[str, int], shape: type[Shape]) -> Shape:
        try:
            answer = self.http.get(
                self.base_url + path, params=query, headers={"Authorization": f"Bearer {self.token()}"}
            )
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=shape)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise FeedUnavailable(f"{self.base_url}{path}: {type(error).__name__}") from error
