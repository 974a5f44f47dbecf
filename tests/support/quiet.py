"""Where a test is about scheduling alone: a treatment service that answers, and has nothing of anybody."""

import httpx
from flask import Flask

from services.scheduling.erasure.treatment import FOLLOWED, HOLDINGS
from services.scheduling.export.treatment import EXTENSION, Treatment

ANSWERS = {HOLDINGS: {"stores": {}, "entries": []}, FOLLOWED: {"items": []}}


def nothing_at_treatment(scheduling: Flask) -> None:
    """Let scheduling's app find such a service; of archives it says nothing."""
    http = httpx.Client(transport=httpx.MockTransport(answered))
    scheduling.extensions[EXTENSION] = Treatment("http://treatment", lambda: "a-token", http)


def answered(request: httpx.Request) -> httpx.Response:
    content = ANSWERS.get(request.url.path)
    return httpx.Response(404) if content is None else httpx.Response(200, json=content)
