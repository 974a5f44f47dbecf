"""Calls of the scheduling API with one token: patient with a busy system, plain about an answer that is wrong."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import httpx

TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2
PAGE = 200
PASSING = {"still_running", "changed_concurrently"}
"""Refusals that another attempt may not get."""


class Unexpected(Exception):
    """An answer with another status than the call was made for."""

    def __init__(self, response: httpx.Response) -> None:
        request = response.request
        super().__init__(f"{request.method} {request.url} gave {response.status_code}: {response.text[:1000]}")
        self.status = response.status_code
        self.code = code_of(response)


@dataclass
class Api:
    """Owns a pool of connections, which threads may share."""

    client: httpx.Client

    @classmethod
    def at(cls, url: str, token: str) -> Self:
        headers = {"Authorization": f"Bearer {token}"}
        return cls(httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        version: int | Literal["*"] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """The answer, whatever it says; `key` makes the call repeatable, `version` is what was read before, `*` any.

        A call that changes nothing twice is made again, for a while, when the system is busy or away.
        """
        headers = {"Idempotency-Key": key} if key else {}
        headers |= {"If-Match": "*" if version == "*" else f'"{version}"'} if version is not None else {}
        request = self.client.build_request(method, path, json=body, params=query, headers=headers)
        deadline = time.monotonic() + PATIENCE_SECONDS
        repeatable = method in {"GET", "PUT"} or key is not None
        while True:
            try:
                response = self.client.send(request)
            except httpx.TransportError:
                if not repeatable or time.monotonic() > deadline:
                    raise
            else:
                if not (repeatable and passes_by_itself(response)) or time.monotonic() > deadline:
                    return response
            time.sleep(PAUSE_SECONDS)

    def read(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """What is there. Raises Unexpected."""
        return content(self.send("GET", path, query=query), httpx.codes.OK)

    def everything(self, path: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor = None
        while True:
            page = self.read(path, {"limit": PAGE} | ({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            if (cursor := page["next"]) is None:
                return


def set_confirmation_wait(api: Api, seconds: int) -> None:
    """Let the chain's confirmations of what staff do wait that long. Raises Unexpected."""
    policy = api.read("/v1/chain")
    change = {"staff_confirmation_wait_seconds": seconds}
    if policy["staff_confirmation_wait_seconds"] != seconds:
        content(api.send("PATCH", "/v1/chain", change, version=policy["version"]), httpx.codes.OK)


def content(response: httpx.Response, expected: int) -> Any:
    """The answer's JSON; raises Unexpected for any other status."""
    if response.status_code != expected:
        raise Unexpected(response)
    return response.json()


def passes_by_itself(response: httpx.Response) -> bool:
    busy = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}
    return response.status_code in busy or code_of(response) in PASSING


def code_of(response: httpx.Response) -> str | None:
    """The stable code of a problem document; None for any other answer."""
    if "problem+json" not in response.headers.get("Content-Type", ""):
        return None
    code: str | None = response.json().get("code")
    return code
