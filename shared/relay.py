"""What the log has, Redis gets: each partition in order, entry id = position, by one relay per service at a time.

Redis itself is the cursor, so nothing has to be kept in step with it: a Redis that was away, emptied or put back to an
older state is sent what it lacks, as far back as the retained tail. Only a Redis that knows more than the log, or
another past, is refused: then the database was restored, and a person has to say so (`synergist relay reset`).
"""

import threading
from collections.abc import Callable

import redis
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from shared.backoff import Backoff
from shared.event_store import Recorded, read
from shared.faults import described
from shared.feed import write_event
from shared.heads import Head, read_heads
from shared.streams import LastEntry, connect, is_older_id, last_entries, last_entry, stream_key

BATCH = 500
POLL_SECONDS = 0.05
LOOK_AGAIN_ROUNDS = 20
"""Every so many rounds Redis is asked what it holds, even when the log has nothing new for it."""

LEADER_SECONDS = 0.5
PROMPT = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "tcp_user_timeout": 10_000}
"""A dead connection is noticed within about ten seconds: with it the lock is gone."""

LEAD = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")

LAG = Gauge("synergist_relay_lag_positions", "Events in the log that Redis does not have", ["service", "partition"])
REFUSED = Gauge("synergist_relay_refused", "1 while Redis knows another past than the log", ["service", "partition"])
PUBLISHED = Counter("synergist_relay_published_total", "Events sent to Redis", ["service"])

log = structlog.get_logger()


class Relay:
    """One round after another from a log to Redis; `connection` must hold the service's relay lock.

    Each stream keeps a little more than `retained` events; who is further behind asks the feed.
    """

    def __init__(self, service: str, connection: Connection, client: redis.Redis, *, retained: int) -> None:
        self.service = service
        self.connection = connection
        self.client = client
        self.retained = retained
        self.rounds = 0
        self.reached: dict[int, int] = {}
        self.refused: set[int] = set()

    def round(self) -> int:
        """Publish what is new, at most one batch per partition; gives the number of events sent.

        Raises RedisError when Redis is away, DBAPIError when the connection, and with it the lock, is lost.
        """
        heads = read_heads(self.connection)
        self.measure(heads)
        look_again = self.rounds % LOOK_AGAIN_ROUNDS == 0
        wanted = [p for p, head in heads.items() if look_again or self.reached.get(p) != head.position]
        if wanted:
            last = last_entries(self.client, self.service, wanted)
            # Heads read after Redis was asked: no relay can have published what they do not count.
            heads = read_heads(self.connection)
        sent = sum(self.publish(partition, heads[partition], last[partition]) for partition in wanted)
        self.rounds += 1
        self.measure(heads)
        return sent

    def publish(self, partition: int, head: Head, last: LastEntry) -> int:
        """Send the next batch of a partition, unless Redis has another past."""
        after = max(last.position, head.position - self.retained)
        rows = read(self.connection, partition, after, BATCH) if head.position > last.position else []
        self.reached[partition] = last.position
        if self.contradicts(partition, head, last, rows) or not rows:
            return 0
        self.reached[partition] = self.send(partition, last.position, rows)
        return len(rows)

    def contradicts(self, partition: int, head: Head, last: LastEntry, rows: list[Recorded]) -> bool:
        """Whether Redis holds what this log never had; said once, and again when it is over."""
        follows = rows[0].prev_hash if rows and rows[0].position == last.position + 1 else None
        if head.position == last.position:
            follows = head.hash
        wrong = last.position > head.position or (None not in (follows, last.hash) and follows != last.hash)
        REFUSED.labels(self.service, partition).set(wrong)
        if wrong and partition not in self.refused:
            log.error(
                "redis_contradicts_the_log",
                service=self.service,
                partition=partition,
                redis_position=last.position,
                log_position=head.position,
                repair=f"synergist relay reset --service {self.service} --partition {partition}",
            )
        (self.refused.add if wrong else self.refused.discard)(partition)
        return wrong

    def send(self, partition: int, known: int, rows: list[Recorded]) -> int:
        """Add the rows all together or not at all, after `known`; gives the position that Redis has reached.

        What Redis already has, another relay has sent. A Redis that lost something since it was asked would keep a hole
        before the rows: it is told to forget them, and the tail is sent again.
        """
        key = stream_key(self.service, partition)
        with self.client.pipeline(transaction=True) as pipeline:
            pipeline.xinfo_stream(key)
            for row in rows:
                pipeline.xadd(key, {"event": write_event(row, self.service)}, id=f"{row.position}-0")
            pipeline.xtrim(key, minid=max(0, rows[-1].position - self.retained), approximate=True)
            before, *answers = pipeline.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, redis.ResponseError) and not is_older_id(answer):
                raise answer
        PUBLISHED.labels(self.service).inc(sum(not isinstance(answer, Exception) for answer in answers[:-1]))
        if last_entry(before).position < known:
            self.client.delete(key)
            return 0
        return rows[-1].position

    def measure(self, heads: dict[int, Head]) -> None:
        for partition, head in heads.items():
            LAG.labels(self.service, partition).set(max(0, head.position - self.reached.get(partition, 0)))


def run(
    service: str,
    reader_url: str,
    redis_url: str,
    stop: threading.Event,
    *,
    beat: Callable[[], object],
    retained: int,
) -> None:
    """Relay a service's log until `stop` is set; wait for the lead, the database and Redis as long as it takes.

    `beat` is called on every round.
    """
    engine = create_engine(
        make_url(reader_url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=PROMPT | {"application_name": f"{service} relay"},
    )
    backoff = Backoff()
    with connect(redis_url) as client:
        while not stop.is_set():
            try:
                with engine.connect() as connection:
                    if take_the_lead(connection, service, stop, beat):
                        backoff.reset()
                        keep_relaying(Relay(service, connection, client, retained=retained), stop, beat)
            except DBAPIError as error:
                beat()
                log.warning("relay_has_no_database", service=service, error=described(error))
                stop.wait(backoff.pause())


def take_the_lead(connection: Connection, service: str, stop: threading.Event, beat: Callable[[], object]) -> bool:
    """Wait until no other relay of the service is active; False when `stop` came first."""
    while not stop.is_set():
        if connection.execute(LEAD, {"name": f"relay:{service}"}).scalar_one():
            log.info("relay_leads", service=service)
            return True
        beat()
        stop.wait(LEADER_SECONDS)
    return False


def keep_relaying(relay: Relay, stop: threading.Event, beat: Callable[[], object]) -> None:
    """Round after round. Raises DBAPIError when the connection is lost: then another may lead already."""
    backoff = Backoff()
    while not stop.is_set():
        beat()
        try:
            sent = relay.round()
        except redis.RedisError as error:
            if not backoff.failures:
                log.warning("relay_has_no_redis", service=relay.service, error=described(error))
            stop.wait(backoff.pause())
        else:
            if backoff.failures:
                log.info("relay_has_redis_again", service=relay.service)
            backoff.reset()
            if not sent:
                stop.wait(POLL_SECONDS)


def reset(redis_url: str, service: str, partition: int) -> None:
    """Forget what Redis holds of a partition, so that the relay sends the log's tail anew."""
    with connect(redis_url) as client:
        client.delete(stream_key(service, partition))
