"""Anchors: what all partitions of a service's logs ended with at a moment, numbered, chained and signed with Ed25519.

Whoever holds anchors and the public key can tell a log that has only grown since from one that was rewritten or cut,
also when everything in its database fits together. Whoever has no private key can make none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from operator import attrgetter
from typing import Any, get_args

import msgspec
from jwt import PyJWK, PyJWKSet, PyJWS, PyJWTError

from shared.codec import canonical
from shared.heads import Head, LogName
from shared.verify import Witness, Witnesses

ALGORITHM = "EdDSA"
KIND = "anchor+jws"
MOST = 20
"""Anchors that are sent at a time."""


class NotAnAnchor(Exception):
    """Here is no anchor, or none that was signed with one of the keys."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A service's heads at `taken_at`, by log and partition: position and hash (hexadecimal).

    `previous` is the digest of the anchor before. `restarted` says why the logs need not follow from it: they are what
    was restored from a backup.
    """

    service: str
    number: int
    taken_at: datetime
    heads: dict[LogName, dict[int, tuple[int, str]]]
    previous: str | None
    restarted: str | None = None

    def head(self, log: LogName, partition: int) -> Head | None:
        """Where a partition ended; None when it had no row."""
        found = self.heads[log].get(partition)
        return None if found is None else Head(found[0], bytes.fromhex(found[1]))


@dataclass(frozen=True, slots=True)
class Signed:
    """An anchor in its signed form, a compact JWS."""

    text: str
    anchor: Anchor

    @property
    def digest(self) -> str:
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """SHA-256 of a signed anchor, hexadecimal."""
    return sha256(text.encode()).hexdigest()


def following(
    last: Signed | None,
    service: str,
    heads: Mapping[LogName, Mapping[int, Head]],
    taken_at: datetime,
    restarted: str | None = None,
) -> Anchor:
    """The anchor after `last` of what the logs end with now."""
    return Anchor(
        service=service,
        number=last.anchor.number + 1 if last else 1,
        taken_at=taken_at,
        heads={log: written(heads[log]) for log in get_args(LogName)},
        previous=last.digest if last else None,
        restarted=restarted,
    )


def written(heads: Mapping[int, Head]) -> dict[int, tuple[int, str]]:
    return {partition: (head.position, head.hash.hex()) for partition, head in heads.items() if head.position}


def sign(anchor: Anchor, key: str) -> Signed:
    """The anchor signed with a private JWK (JSON)."""
    private = PyJWK.from_json(key)
    content = canonical(msgspec.to_builtins(anchor, str_keys=True))
    text = PyJWS().encode(content, private.key, algorithm=ALGORITHM, headers={"kid": private.key_id, "typ": KIND})
    return Signed(text, anchor)


def opened(text: str, keys: PyJWKSet) -> Signed:
    """A signed anchor; raises NotAnAnchor for anything that is not entirely right."""
    try:
        header = PyJWS().get_unverified_header(text)
        if header.get("typ") != KIND:
            raise NotAnAnchor
        content: Any = PyJWS().decode(text, keys[header["kid"]].key, algorithms=[ALGORITHM])
        anchor = msgspec.json.decode(content, type=Anchor)
    except (PyJWTError, KeyError, TypeError, ValueError) as error:
        raise NotAnAnchor from error
    if anchor.taken_at.tzinfo is None or any(log not in anchor.heads for log in get_args(LogName)):
        raise NotAnAnchor
    return Signed(text, anchor)


def since_restart(anchors: Iterable[Signed]) -> list[Anchor]:
    """The anchors in their order, from the last one on that says that the logs begin anew."""
    ordered = sorted((signed.anchor for signed in anchors), key=attrgetter("number"))
    restarts = [index for index, anchor in enumerate(ordered) if anchor.restarted is not None]
    return ordered[restarts[-1] if restarts else 0 :]


def witnesses(anchors: Iterable[Signed]) -> Witnesses:
    """What the anchors of one service tell of each partition."""
    told: dict[tuple[LogName, int], list[Witness]] = defaultdict(list)
    for anchor in since_restart(anchors):
        for log in get_args(LogName):
            for partition in anchor.heads[log]:
                head = anchor.head(log, partition)
                known = told[log, partition]
                if head is not None and not (known and known[-1].head == head):
                    known.append(Witness(head, anchor.taken_at.astimezone(UTC)))
    return told
