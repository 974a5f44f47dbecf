"""Keeps the newest messages over a restart: one append-only file of JSON lines, rewritten when it grows too long."""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from shared.embedded.secrets import write_private

Channel = Literal["email", "sms"]
NEWEST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message as it came: for an e-mail `content` is the base64 of its bytes, for an SMS its text."""

    id: str
    channel: Channel
    to: str
    sender: str
    received_at: str
    content: str


class Store:
    def __init__(self, path: Path, newest: int = NEWEST) -> None:
        self.path = path
        self.newest = newest
        self.lock = threading.Lock()
        self.messages: OrderedDict[str, Kept] = OrderedDict((kept.id, kept) for kept in read(path))
        self.file = self.rewritten()

    def add(self, message: Kept) -> None:
        with self.lock:
            self.messages[message.id] = message
            self.file.write(as_line(message))
            self.file.flush()
            self.lines += 1
            if self.lines >= 2 * self.newest:
                self.file.close()
                self.file = self.rewritten()

    def newest_first(self, to: str | None = None) -> list[Kept]:
        """All messages, or those to one address; e-mail addresses compare without regard to case."""
        with self.lock:
            found = list(reversed(self.messages.values()))[: self.newest]
        return found if to is None else [message for message in found if message.to.casefold() == to.casefold()]

    def get(self, message_id: str) -> Kept | None:
        with self.lock:
            return self.messages.get(message_id)

    def clear(self) -> None:
        with self.lock:
            self.messages.clear()
            self.file.close()
            self.file = self.rewritten()

    def close(self) -> None:
        with self.lock:
            self.file.close()

    def rewritten(self) -> IO[str]:
        """Forget all but the newest, write those anew, for our eyes only, and open the file for more."""
        while len(self.messages) > self.newest:
            self.messages.popitem(last=False)
        write_private(self.path, "".join(map(as_line, self.messages.values())))
        self.lines = len(self.messages)
        return self.path.open("a", encoding="utf-8")


def as_line(message: Kept) -> str:
    return json.dumps(asdict(message)) + "\n"


def read(path: Path) -> Iterator[Kept]:
    """The messages of the file; a last line cut off by a kill is left out."""
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield Kept(**json.loads(line))
            except (ValueError, TypeError):
                continue
