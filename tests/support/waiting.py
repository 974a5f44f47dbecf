"""Waiting for the world without sleeping longer than it takes: look again until it holds, or the deadline has passed."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], *, within_seconds: float = 20.0) -> Found:
    """What `look` finds as soon as it is true; fails when it never is."""
    deadline = time.monotonic() + within_seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"it did not happen within {within_seconds:.0f} s; last seen: {found!r}"
        time.sleep(0.02)
    return found
