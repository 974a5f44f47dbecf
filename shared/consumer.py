"""Every event of a service takes effect here exactly once and in order, whatever dies and whatever Redis forgets.

Redis only brings events sooner. What it lacks (a hole, a trimmed tail, all of it) is read from the service's feed, and
each event must carry the hash of the one before, so nothing can be missed or exchanged unnoticed. A log that
contradicts what was read already stops its partition, loudly; the others go on.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import redis
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Engine

from shared.backoff import Backoff
from shared.checkpoints import Checkpoint, Overtaken, unlinked_at
from shared.draining import drain
from shared.event_store import Recorded
from shared.faults import described, passes_by_itself
from shared.feed import Feed, FeedUnavailable
from shared.heads import Head
from shared.projection import Handle, Projection
from shared.streams import Key, Taken, connect, take

BATCH = 500
BLOCK_SECONDS = 0.5
LOOK_SECONDS = 5.0
LOOK_SOONER_SECONDS = 1.0
"""How often the feed is asked for its heads, and how often while Redis or the feed is away."""

LABELS = ["consumer", "source", "partition"]
LAG = Gauge("synergist_consumer_lag_positions", "Events in the log without effect here", LABELS)
STOPPED = Gauge("synergist_consumer_stopped", "1 while the log contradicts what was read", LABELS)
HOLES = Counter("synergist_consumer_holes_total", "Holes in Redis that were filled from the feed", LABELS[:2])
HANDLED = Counter("synergist_consumer_events_total", "Events that took effect", [*LABELS[:2], "way"])

REDIS = "redis"
REPAIR = "synergist verify, then synergist rebuild"
log = structlog.get_logger()


class Consumer:
    """Applies the logs of its sources, by name of the service, to this database by `handle(connection, recorded)`."""

    def __init__(
        self,
        name: str,
        *,
        engine: Engine,
        client: redis.Redis,
        feeds: Mapping[str, Feed],
        handle: Handle,
        stop: threading.Event,
        beat: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        block_seconds: float = BLOCK_SECONDS,
    ) -> None:
        self.name = name
        self.client = client
        self.feeds = feeds
        self.stop = stop
        self.beat = beat
        self.clock = clock
        self.block_seconds = block_seconds
        self.projection = Projection(engine, name, handle, wait=stop.wait)
        self.checkpoints: dict[Key, Checkpoint] = {}
        self.at_last_look: dict[Key, Checkpoint] = {}
        self.behind: dict[Key, int] = {}
        self.stopped: set[Key] = set()
        self.alarmed: dict[Key, Checkpoint] = {}
        self.away: set[str] = set()
        self.look_at = 0.0

    def run(self) -> None:
        """Consume until told to stop; every trouble is waited out."""
        backoff = Backoff()
        while not self.stop.is_set():
            self.beat()
            try:
                self.round()
                backoff.reset()
            except Exception as error:
                passing = passes_by_itself(error) or isinstance(error, Overtaken)
                tell = log.warning if passing else log.error
                tell("consumer_begins_again", consumer=self.name, error=described(error))
                self.checkpoints.clear()
                self.stop.wait(backoff.pause())

    def round(self) -> None:
        """Apply what the feed has for partitions that lag, and what Redis has for the others."""
        if not self.checkpoints:
            self.load()
        if self.clock() >= self.look_at:
            self.look()
        pulled = [self.pull(key, goal) for key, goal in list(self.behind.items())]
        for taken in self.take(0 if any(pulled) else self.block_seconds):
            self.advance(taken.key, taken.events, "redis")
            if taken.unreadable_at is not None:
                log.error("redis_entry_unreadable", consumer=self.name, **taken.key._asdict())
                self.behind[taken.key] = taken.unreadable_at

    def load(self) -> None:
        """Know from the database where to go on."""
        self.checkpoints = {
            Key(source, partition): checkpoint
            for source in self.feeds
            for partition, checkpoint in self.projection.load(source).items()
        }

    def look(self) -> None:
        """Compare with the logs themselves: measure the lag, pull where Redis brings nothing, drain what may move."""
        if self.stopped:
            self.stopped.clear()
            self.load()
        for source, feed in self.feeds.items():
            try:
                for partition, head in feed.heads().items():
                    self.compare(Key(source, partition), head)
                drain(self.projection, source, feed.read)
            except FeedUnavailable as error:
                self.is_away(source, str(error))
            else:
                self.is_back(source)
        self.at_last_look = dict(self.checkpoints)
        self.look_at = self.clock() + (LOOK_SOONER_SECONDS if self.away else LOOK_SECONDS)

    def compare(self, key: Key, head: Head) -> None:
        checkpoint = self.checkpoints[key]
        LAG.labels(self.name, *key).set(max(0, head.position - checkpoint.position))
        if head.position > checkpoint.position:
            if REDIS in self.away or self.at_last_look.get(key, checkpoint) == checkpoint:
                self.behind.setdefault(key, head.position)
        elif Checkpoint(head.position, head.hash) == checkpoint:
            self.goes_on(key)
        else:
            self.halt(key, head.position)

    def pull(self, key: Key, goal: int) -> bool:
        """Apply one page of the feed; False when there was nothing to do or the feed is away."""
        checkpoint = self.checkpoints[key]
        if key in self.stopped or checkpoint.position >= goal:
            del self.behind[key]
            return False
        try:
            events = self.feeds[key.source].read(key.partition, checkpoint.position, BATCH)
        except FeedUnavailable as error:
            self.is_away(key.source, str(error))
            return False
        self.advance(key, events, "feed")
        if self.checkpoints[key] == checkpoint:
            self.halt(key, goal)
        return True

    def take(self, block_seconds: float) -> list[Taken]:
        """What Redis has for the partitions that do not lag; waits a moment for it."""
        after = {
            key: checkpoint.position
            for key, checkpoint in self.checkpoints.items()
            if key not in self.behind and key not in self.stopped
        }
        try:
            if after:
                taken = take(self.client, after, BATCH, block_seconds)
                self.is_back(REDIS)
                return taken
        except redis.RedisError as error:
            self.is_away(REDIS, described(error))
        self.stop.wait(block_seconds)
        return []

    def advance(self, key: Key, events: Sequence[Recorded], way: str) -> None:
        """Apply the events that are new and follow without a gap; a gap is left to the feed."""
        fresh = [entry for entry in events if entry.position > self.checkpoints[key].position]
        follows = [entry for at, entry in enumerate(fresh, self.checkpoints[key].position + 1) if entry.position == at]
        if len(follows) < len(fresh):
            HOLES.labels(self.name, key.source).inc()
            self.behind[key] = fresh[len(follows)].position - 1
            log.info("hole_found", consumer=self.name, **key._asdict())
        broken_at = unlinked_at(self.checkpoints[key], follows)
        if broken_at is not None:
            self.halt(key, broken_at)
        elif follows:
            self.checkpoints[key] = self.projection.apply(key.source, self.checkpoints[key], follows)
            HANDLED.labels(self.name, key.source, way).inc(len(follows))
            self.goes_on(key)

    def halt(self, key: Key, position: int) -> None:
        """Read no more of this partition for now: its log is not the one that was read before. Said once."""
        STOPPED.labels(self.name, *key).set(1)
        self.stopped.add(key)
        checkpoint = self.checkpoints[key]
        if self.alarmed.get(key) != checkpoint:
            self.alarmed[key] = checkpoint
            place = {"checkpoint": checkpoint.position, "found_at": position} | key._asdict()
            log.error("log_contradicts_checkpoint", consumer=self.name, repair=REPAIR, **place)

    def goes_on(self, key: Key) -> None:
        STOPPED.labels(self.name, *key).set(0)
        self.alarmed.pop(key, None)

    def is_away(self, what: str, error: str) -> None:
        """Say once that Redis or a feed is away, and look sooner."""
        if what not in self.away:
            log.warning("consumer_misses", consumer=self.name, what=what, error=error)
        self.away.add(what)
        self.look_at = min(self.look_at, self.clock() + LOOK_SOONER_SECONDS)

    def is_back(self, what: str) -> None:
        if what in self.away:
            log.info("consumer_has_again", consumer=self.name, what=what)
        self.away.discard(what)


def run(
    name: str,
    *,
    engine: Engine,
    redis_url: str,
    feeds: Mapping[str, Feed],
    handle: Handle,
    stop: threading.Event,
    beat: Callable[[], object],
) -> None:
    """Consume until `stop` is set; `beat` is called on every round."""
    with connect(redis_url) as client:
        Consumer(name, engine=engine, client=client, feeds=feeds, handle=handle, stop=stop, beat=beat).run()
