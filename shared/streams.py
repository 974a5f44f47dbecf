"""The Redis streams that carry logs: one per service and partition, entry id = `<position>-0`, one field `event`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.event_store import Recorded
from shared.feed import read_event

NOT_OURS = b""
"""The hash of an entry that is no event of ours."""


class Key(NamedTuple):
    """One partition of one service's log."""

    source: str
    partition: int

    @property
    def stream(self) -> str:
        return stream_key(self.source, self.partition)


@dataclass(frozen=True, slots=True)
class LastEntry:
    """The last id of a Redis stream, 0 when there is no stream; the hash is None when the entry itself is gone."""

    position: int
    hash: bytes | None = None


def stream_key(source: str, partition: int) -> str:
    """The Redis stream that carries one partition of a service's log."""
    return f"synergist:{source}:{partition}"


@dataclass(frozen=True, slots=True)
class Taken:
    """Events in order; `unreadable_at` is the position of an entry after them that is no event, if there is one."""

    key: Key
    events: Sequence[Recorded]
    unreadable_at: int | None = None


def take(client: redis.Redis, after: Mapping[Key, int], count: int, block_seconds: float) -> list[Taken]:
    """Up to `count` entries of each stream after a position, waiting up to `block_seconds` when there are none.

    Raises RedisError.
    """
    names = {key.stream.encode(): key for key in after}
    starts: Any = {key.stream: f"{position}-0" for key, position in after.items()}
    block = int(block_seconds * 1000) or None
    answer: Any = client.xread(starts, count=count, block=block)
    return [readable(names[name], entries) for name, entries in answer]


def readable(key: Key, entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> Taken:
    events: list[Recorded] = []
    for entry_id, entry in entries:
        try:
            events.append(read_event(entry[b"event"]))
        except (KeyError, ValueError):
            return Taken(key, events, int(entry_id.split(b"-")[0]))
    return Taken(key, events)


def connect(redis_url: str) -> redis.Redis:
    """A client that reports trouble at once instead of trying again by itself."""
    client: redis.Redis = redis.Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0), socket_timeout=5)
    return client


def is_older_id(error: redis.ResponseError) -> bool:
    return "equal or smaller than the target stream top item" in str(error)


def last_entries(client: redis.Redis, service: str, partitions: list[int]) -> dict[int, LastEntry]:
    """What Redis holds of each partition."""
    with client.pipeline(transaction=False) as pipeline:
        for partition in partitions:
            pipeline.xinfo_stream(stream_key(service, partition))
        answers = pipeline.execute(raise_on_error=False)
    return {partition: last_entry(answer) for partition, answer in zip(partitions, answers, strict=True)}


def last_entry(answer: Any) -> LastEntry:
    if isinstance(answer, redis.ResponseError) and "no such key" in str(answer):
        return LastEntry(0)
    if isinstance(answer, Exception):
        raise answer
    position = int(answer["last-generated-id"].split(b"-")[0])
    entry = answer["last-entry"]
    if entry is None or entry[0] != answer["last-generated-id"]:
        return LastEntry(position)
    try:
        return LastEntry(position, read_event(entry[1][b"event"]).hash)
    except (KeyError, ValueError):
        return LastEntry(position, NOT_OURS)
