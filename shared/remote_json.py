"""JSON documents at configured addresses: read within seconds, of bounded size, never from where a redirect leads."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx

MOST_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5.0


class NoDocument(Exception):
    """The address does not answer with a JSON object."""


def read_json(url: str, transport: httpx.BaseTransport | None = None) -> dict[str, Any]:
    """The JSON object at an https, http or file address, by httpx's own way or another one; raises NoDocument."""
    try:
        found = json.loads(read(url, transport))
    except (OSError, ValueError, RecursionError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoDocument(f"{url}: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise NoDocument(f"{url} is no JSON object")
    return found


def read(url: str, transport: httpx.BaseTransport | None) -> bytes:
    parts = urlsplit(url)
    if parts.scheme == "file" and transport is None:
        return Path(url2pathname(parts.path)).read_bytes()
    content = b""
    client = httpx.Client(transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
    with client, client.stream("GET", url) as answer:
        if answer.status_code != httpx.codes.OK:
            raise NoDocument(f"{url} answers {answer.status_code}")
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > MOST_BYTES:
                raise NoDocument(f"{url} answers with more than {MOST_BYTES} bytes")
    return content
