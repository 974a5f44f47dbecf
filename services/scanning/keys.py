"""A text looked for in every key of a Redis database, in names and in values of every type, a piece at a time."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.scanning.forms import Forms

PIECE = 1_000_000
"""Bytes of a long string that are looked at together."""

AT_ONCE = 500
"""Members of a collection that are fetched together."""


def found_in(client: Any, forms: Forms) -> Iterator[tuple[str, int]]:
    """Each key that holds the text, with the number of places; a name that does is not told."""
    for key in client.scan_iter(count=AT_ONCE):
        named = forms.count(key)
        kind = client.type(key).decode()
        if kind == "string":
            places = named + forms.count_along(pieces(client, key))
        else:
            places = named + sum(map(forms.count, MEMBERS[kind](client, key) if kind in MEMBERS else ()))
        if places:
            yield f"{'a name of a key' if named else key.decode('utf-8', 'replace')} ({kind})", places


def pieces(client: Any, key: bytes) -> Iterator[bytes]:
    """A string, a part at a time."""
    for start in range(0, client.strlen(key), PIECE):
        yield client.getrange(key, start, start + PIECE - 1)


def of_list(client: Any, key: bytes) -> Iterator[bytes]:
    start = 0
    while members := client.lrange(key, start, start + AT_ONCE - 1):
        yield from members
        start += AT_ONCE


def of_set(client: Any, key: bytes) -> Iterator[bytes]:
    yield from client.sscan_iter(key, count=AT_ONCE)


def of_sorted_set(client: Any, key: bytes) -> Iterator[bytes]:
    for member, _score in client.zscan_iter(key, count=AT_ONCE):
        yield member


def of_hash(client: Any, key: bytes) -> Iterator[bytes]:
    for name, value in client.hscan_iter(key, count=AT_ONCE):
        yield name
        yield value


def of_stream(client: Any, key: bytes) -> Iterator[bytes]:
    after = b"-"
    while entries := client.xrange(key, min=after, count=AT_ONCE):
        for _id, entry in entries:
            for name, value in entry.items():
                yield name
                yield value
        after = b"(" + entries[-1][0]


MEMBERS: Mapping[str, Callable[[Any, bytes], Iterator[bytes]]] = {
    "list": of_list,
    "set": of_set,
    "zset": of_sorted_set,
    "hash": of_hash,
    "stream": of_stream,
}
