"""Typst sets a few things at once and none for ever: whoever has waited for long enough goes on without.

What is being set cannot be stopped. It keeps its place until it is done, so that no more than these are ever at work.
"""

from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any

import structlog
import typst

AT_ONCE = 2
LONGEST = 20.0
"""Seconds. The report of a therapist with a thousand colleagues takes less than one."""

PLACES = BoundedSemaphore(AT_ONCE)
"""Of this process."""

log = structlog.get_logger()


class NotSet(Exception):
    """Typst could not set it, or not in time."""


def typeset(within: float, **source: Any) -> bytes:
    """One file, as `typst.compile` makes it; raises NotSet after so many seconds, or when there can be none."""
    until = monotonic() + within
    if within <= 0 or not PLACES.acquire(timeout=within):
        log.error("typst_busy", seconds=within)
        raise NotSet
    made: Future[bytes] = Future()
    Thread(target=work, args=(made, source), name="typst", daemon=True).start()
    try:
        return made.result(max(0.0, until - monotonic()))
    except TimeoutError as error:
        log.error("typst_too_slow", seconds=within)  # noqa: TRY400 - where it waited says nothing
        raise NotSet from error
    except typst.TypstError as error:
        log.error("typst_failed", error=str(error))  # noqa: TRY400 - it says it all
        raise NotSet from error


def work(made: "Future[bytes]", source: dict[str, Any]) -> None:
    """In a thread of its own; Rust lets go of Python's lock meanwhile."""
    try:
        made.set_result(one(typst.compile(**source)))
    except BaseException as error:
        made.set_exception(error)
    finally:
        PLACES.release()


def one(file: bytes | list[bytes] | None) -> bytes:
    if not isinstance(file, bytes):
        raise TypeError("Typst gave no single file")
    return file
