"""Calls to addresses that a chain has chosen: the public internet by https, and nothing of our own network.

A name is resolved here, what it stands for is looked at, and exactly that is connected to, so that no second answer of
a name server leads elsewhere. Answers come from where they were asked for, within seconds and of bounded size. In
development the machine itself may be called too, and without TLS.
"""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpx

from shared.remote_json import MOST_BYTES, NoDocument, read_json

MOST_ADDRESSES = 3
"""How many of a name's addresses are tried."""

LONGEST_SECONDS = 10.0
TRANSLATED = IPv6Network("64:ff9b::/96")
"""Where networks that speak IPv6 alone put the addresses of IPv4 (RFC 6052)."""

Address = IPv4Address | IPv6Address


class NotPublic(httpx.TransportError):
    """The address is not on the public internet, or would be asked without TLS."""


@dataclass(frozen=True, slots=True)
class Outward:
    """How chains' addresses are called; `this_machine` lets them be on this machine, as in development."""

    this_machine: bool = False

    def transport(self) -> httpx.BaseTransport:
        """For one httpx client, which closes it."""
        return PublicTransport(this_machine=self.this_machine)

    def read(self, url: str) -> dict[str, Any]:
        """The JSON object at an address; raises NoDocument."""
        try:
            with self.transport() as transport:
                return read_json(url, transport)
        except NotPublic as error:
            raise NoDocument(f"{url} is not to be reached by https on the public internet") from error


class PublicTransport(httpx.BaseTransport):
    """Connects to checked addresses; raises NotPublic for others."""

    def __init__(self, *, this_machine: bool) -> None:
        self.this_machine = this_machine
        self.inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        addresses = self.addresses(request.url)
        for address in addresses[:-1]:
            try:
                return self.ask(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self.ask(request, addresses[-1])

    def addresses(self, url: httpx.URL) -> list[str]:
        """What the name of an address stands for, all of it checked."""
        name = url.raw_host.decode("ascii").strip("[]")
        try:
            found = socket.getaddrinfo(name, url.port or 443, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("the name stands for no address") from error
        addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
        if not addresses or not all(self.may_be_called(url.scheme, ip_address(each)) for each in addresses):
            raise NotPublic("the address is not on the public internet")
        return addresses[:MOST_ADDRESSES]

    def may_be_called(self, scheme: str, address: Address) -> bool:
        if self.this_machine and meant(address).is_loopback:
            return scheme in {"http", "https"}
        return scheme == "https" and is_public(address)

    def ask(self, request: httpx.Request, address: str) -> httpx.Response:
        name = request.url.raw_host.decode("ascii")
        asked = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": name},
        )
        response = self.inner.handle_request(asked)
        if response.headers.get("Content-Encoding", "identity") != "identity" or not isinstance(
            response.stream, httpx.SyncByteStream
        ):
            response.close()
            raise httpx.DecodingError("an answer in an encoding that was not asked for")
        response.stream = Bounded(response.stream)
        return response

    def close(self) -> None:
        self.inner.close()


class Bounded(httpx.SyncByteStream):
    """A body that is refused when it grows too long or takes too long."""

    def __init__(self, inner: httpx.SyncByteStream) -> None:
        self.inner = inner
        self.until = time.monotonic() + LONGEST_SECONDS

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_BYTES
        for chunk in self.inner:
            left -= len(chunk)
            if left < 0 or time.monotonic() > self.until:
                raise httpx.ReadError("the answer has no end")
            yield chunk

    def close(self) -> None:
        self.inner.close()


def is_public(address: Address) -> bool:
    """Whether everybody on the internet means the same machine by it."""
    found = meant(address)
    tunnelled = isinstance(found, IPv6Address) and (found.sixtofour is not None or found.teredo is not None)
    return found.is_global and not found.is_multicast and not tunnelled


def meant(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for, or itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
