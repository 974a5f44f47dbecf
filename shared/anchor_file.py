"""The file of anchors: one a line, only ever added to, on disk before anybody is told of it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """A line for each anchor of any service; a last line without its end was cut short and does not count."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other writer out, and take away what a killed one left unfinished. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self.content() as content:
                end = content.rfind(b"\n") + 1
            file.truncate(end)
            yield

    def add(self, text: str) -> None:
        """Add an anchor; it is on disk when this returns. Raises OSError."""
        with self.path.open("ab") as file:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def newest_first(self) -> Iterator[str]:
        """All lines, the last one first; none when there is no file. Raises OSError."""
        with self.content() as content:
            end = content.rfind(b"\n")
            while end > 0:
                start = content.rfind(b"\n", 0, end) + 1
                yield content[start:end].decode("ascii", "replace")
                end = start - 1

    @contextmanager
    def content(self) -> Iterator[mmap | bytes]:
        if not self.path.exists() or not self.path.stat().st_size:
            yield b""
            return
        with self.path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            yield content
