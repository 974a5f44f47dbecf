"""Signs the heads of one service's logs, and brings each anchor to two other places: a file, and another service.

An anchor is signed only when every row since the last one has been held against its hashes and follows from it: what
was changed is never vouched for. Everything can be killed at any moment: the file is written first, and whatever the
other service does not have is sent again from it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product, takewhile
from typing import Any, Protocol

import httpx
import msgspec
import structlog
from jwt import PyJWKSet
from prometheus_client import Gauge
from sqlalchemy import Connection, Engine

from shared.anchor_file import AnchorFile
from shared.anchors import MOST, Anchor, NotAnAnchor, Signed, following, opened, sign
from shared.heads import EMPTY, Head, LogName, read_heads
from shared.partitions import PARTITIONS
from shared.verify import READERS, Fault, Walk

Heads = Mapping[LogName, Mapping[int, Head]]
TIMEOUT_SECONDS = 10.0

REFUSED = Gauge("synergist_anchor_refused", "1 while a service's logs do not follow from their anchors", ["service"])
UNSENT = Gauge("synergist_anchors_unsent", "Anchors in the file that the other service does not have", ["service"])
SIGNED_AT = Gauge("synergist_anchor_signed_timestamp_seconds", "When a service's logs were last looked at", ["service"])

log = structlog.get_logger()


class PlaceAway(Exception):
    """The other service did not answer."""


class Place(Protocol):
    """Where anchors are kept besides the file."""

    def last(self, service: str) -> str | None: ...
    def keep(self, anchors: Sequence[Signed]) -> None: ...


@dataclass(frozen=True, slots=True)
class OtherService:
    """The other service over HTTP; `token` gives a service token that is valid now."""

    http: httpx.Client
    token: Callable[[], str]

    def last(self, service: str) -> str | None:
        """The last anchor that it keeps of a service. Raises PlaceAway."""
        return self.ask("GET", "/internal/v1/anchors/last", params={"service": service})

    def keep(self, anchors: Sequence[Signed]) -> None:
        """Have it keep anchors. Raises PlaceAway."""
        items = [{"service": s.anchor.service, "number": s.anchor.number, "anchor": s.text} for s in anchors]
        self.ask("POST", "/internal/v1/anchors", json={"items": items})

    def ask(self, method: str, path: str, **what: Any) -> str | None:
        headers = {"Authorization": f"Bearer {self.token()}"}
        try:
            answer = self.http.request(method, path, headers=headers, timeout=TIMEOUT_SECONDS, **what)
            return msgspec.json.decode(answer.raise_for_status().content, type=dict[str, str | None])["anchor"]
        except (httpx.HTTPError, msgspec.DecodeError, KeyError) as error:
            raise PlaceAway(type(error).__name__) from error


@dataclass(slots=True, kw_only=True)
class Notary:
    """The notary of one service: its logs by the reader's role, the key, the file and the other place.

    `sent` is the number of the last anchor that the other place is known to have.
    """

    service: str
    reader: Engine
    key: str
    keys: PyJWKSet
    file: AnchorFile
    place: Place
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    beat: Callable[[], object] = lambda: None
    sent: int = 0

    def round(self) -> Fault | None:
        """Sign what the logs end with if they have grown, and send what is unsent; gives what forbids to sign.

        Raises PlaceAway, OSError when the file cannot be written, NotAnAnchor and DBAPIError.
        """
        with self.file.held():
            last = self.last()
            fault, heads = self.examined(last)
            REFUSED.labels(self.service).set(fault is not None)
            if fault is not None:
                log.error("log_contradicts_its_anchors", service=self.service, **told(fault))
            elif last is None or following(last, self.service, heads, self.clock()).heads != last.anchor.heads:
                self.sign(last, heads)
            SIGNED_AT.labels(self.service).set(self.clock().timestamp())
        self.send()
        return fault

    def restart(self, reason: str) -> Anchor:
        """Sign what the logs end with although it need not follow from the last anchor; raises what `round` does."""
        with self.file.held():
            with self.reading() as connection:
                heads = heads_of(connection)
            signed = self.sign(self.last(), heads, reason)
        self.send()
        return signed.anchor

    def last(self) -> Signed | None:
        """The anchor that the next one follows: the file's, and for a new file the one kept at the other place."""
        return next(self.newest_first(), None) or self.kept()

    def newest_first(self) -> Iterator[Signed]:
        """The service's anchors in the file; lines that are none are left for `verify` to tell of."""
        for line in self.file.newest_first():
            with suppress(NotAnAnchor):
                signed = opened(line, self.keys)
                if signed.anchor.service == self.service:
                    yield signed

    def kept(self) -> Signed | None:
        """The last anchor at the other place."""
        text = self.place.last(self.service)
        return None if text is None else opened(text, self.keys)

    def examined(self, last: Signed | None) -> tuple[Fault | None, Heads]:
        """What is wrong with the rows since the last anchor, and what the logs end with."""
        with self.reading() as connection:
            heads = heads_of(connection)
            for name, partition in product(READERS, range(PARTITIONS)):
                before = (last.anchor.head(name, partition) if last else None) or EMPTY
                walk = Walk(name, partition, heads[name].get(partition, EMPTY), before=before, beat=self.beat)
                if (fault := fault_since(connection, walk, before)) is not None:
                    return fault, heads
        return None, heads

    def reading(self) -> Connection:
        """A connection that sees one moment of both logs."""
        return self.reader.connect().execution_options(isolation_level="REPEATABLE READ")

    def sign(self, last: Signed | None, heads: Heads, restarted: str | None = None) -> Signed:
        signed = sign(following(last, self.service, heads, self.clock(), restarted), self.key)
        self.file.add(signed.text)
        return signed

    def send(self) -> None:
        """Send what the other place does not have, in order; what cannot be an anchor there changes nothing."""
        with suppress(NotAnAnchor):
            kept = self.kept()
            self.sent = kept.anchor.number if kept else 0
        unsent = list(takewhile(lambda signed: signed.anchor.number > self.sent, self.newest_first()))[::-1]
        for start in range(0, len(unsent), MOST):
            UNSENT.labels(self.service).set(len(unsent) - start)
            self.place.keep(unsent[start : start + MOST])
            self.sent = unsent[start : start + MOST][-1].anchor.number
            self.beat()
        UNSENT.labels(self.service).set(0)


def heads_of(connection: Connection) -> dict[LogName, dict[int, Head]]:
    return {name: read_heads(connection, name) for name in READERS}


def fault_since(connection: Connection, walk: Walk, before: Head) -> Fault | None:
    """The first fault in a partition from a row that was signed on."""
    if before.position:
        row = next(iter(READERS[walk.log](connection, walk.partition, before.position - 1, 1)), None)
        if row is None or row.position != before.position:
            return walk.at(before.position, "cut", "the row that was signed is not there")
        if row.hash != before.hash:
            return walk.at(before.position, "rewritten", "the row is not the one that was signed")
    return walk.fault(connection)


def told(fault: Fault) -> dict[str, Any]:
    return {"log": fault.log, "partition": fault.partition, "position": fault.position, "kind": fault.kind}
