"""As much of IMAP4rev1 as a program needs that reads a mailbox and files what it has read; for development and tests.

One account, folders in memory, on loopback, without encryption.
"""

import hmac
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from shared.embedded.processes import LOOPBACK

INBOX = "INBOX"
LONGEST_LINE = 8_192
PARTIAL = re.compile(r"<0\.(\d+)>")
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


@dataclass
class Folders:
    """Messages by folder and id; an id is never used twice."""

    messages: dict[str, dict[int, bytes]] = field(default_factory=lambda: {INBOX: {}})
    deleted: set[int] = field(default_factory=set)
    last_id: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def deliver(self, content: bytes, folder: str = INBOX) -> int:
        with self.lock:
            self.last_id += 1
            self.messages.setdefault(folder, {})[self.last_id] = content
            return self.last_id

    def contents(self, folder: str = INBOX) -> list[bytes]:
        with self.lock:
            return list(self.messages.get(folder, {}).values())

    def expunge(self, folder: str) -> None:
        with self.lock:
            for uid in self.deleted & set(self.messages[folder]):
                del self.messages[folder][uid]
                self.deleted.discard(uid)


class Imap(socketserver.ThreadingTCPServer):
    """Raises OSError when the port is taken. `on_command` is called with each command before it is answered."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, user: str, password: str, folders: Folders) -> None:
        super().__init__((LOOPBACK, port), Conversation)
        self.user, self.password, self.folders = user, password, folders
        self.on_command: Callable[[str], None] = lambda _command: None

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=[0.05], name="imap", daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Conversation(socketserver.StreamRequestHandler):
    server: Imap
    folder: str | None = None
    is_known = False

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline(LONGEST_LINE):
            tag, *words = words_of(line.decode("utf-8", "replace"))
            command = " ".join(words[:2] if words and words[0].upper() == "UID" else words[:1]).upper()
            self.server.on_command(command)
            if command == "LOGOUT":
                self.say("* BYE done", f"{tag} OK done")
                return
            answer = ANSWERS.get(command)
            allowed = self.is_known or command in {"CAPABILITY", "LOGIN"}
            said = answer(self, words[len(command.split()) :]) if answer and allowed else "BAD not here"
            self.say(f"{tag} {said}")

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def capability(self, _: list[str]) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def login(self, words: list[str]) -> str:
        right = [self.server.user, self.server.password]
        self.is_known = hmac.compare_digest("\0".join(words).encode(), "\0".join(right).encode())
        return "OK done" if self.is_known else "NO refused"

    def create(self, words: list[str]) -> str:
        with self.server.folders.lock:
            is_new = words[0] not in self.server.folders.messages
            self.server.folders.messages.setdefault(words[0], {})
        return "OK done" if is_new else "NO it is there"

    def select(self, words: list[str]) -> str:
        if words[0] not in self.server.folders.messages:
            return "NO refused"
        self.folder = words[0]
        self.say(f"* {len(self.here())} EXISTS")
        return "OK done"

    def here(self) -> dict[int, bytes]:
        return self.server.folders.messages[self.folder or INBOX]

    def search(self, _: list[str]) -> str:
        with self.server.folders.lock:
            found = sorted(set(self.here()) - self.server.folders.deleted)
        self.say("* SEARCH" + "".join(f" {uid}" for uid in found))
        return "OK done"

    def fetch(self, words: list[str]) -> str:
        content = self.here().get(int(words[0]))
        if content is not None:
            most = PARTIAL.search(" ".join(words))
            part = content[: int(most[1])] if most else content
            self.wfile.write(f"* 1 FETCH (UID {words[0]} BODY[]<0> {{{len(part)}}}\r\n".encode() + part + b")\r\n")
        return "OK done"

    def store(self, words: list[str]) -> str:
        if "\\Deleted" in words[2]:
            self.server.folders.deleted.add(int(words[0]))
        return "OK done"

    def copy(self, words: list[str]) -> str:
        content = self.here().get(int(words[0]))
        if content is None or words[1] not in self.server.folders.messages:
            return "NO refused"
        self.server.folders.deliver(content, words[1])
        return "OK done"

    def expunge(self, _: list[str]) -> str:
        self.server.folders.expunge(self.folder or INBOX)
        return "OK done"

    def noop(self, _: list[str]) -> str:
        return "OK done"


ANSWERS: dict[str, Callable[[Conversation, list[str]], str]] = {
    "CAPABILITY": Conversation.capability,
    "LOGIN": Conversation.login,
    "CREATE": Conversation.create,
    "SELECT": Conversation.select,
    "NOOP": Conversation.noop,
    "EXPUNGE": Conversation.expunge,
    "UID SEARCH": Conversation.search,
    "UID FETCH": Conversation.fetch,
    "UID STORE": Conversation.store,
    "UID COPY": Conversation.copy,
}


def words_of(line: str) -> list[str]:
    return list(each_word(line)) or [""]


def each_word(line: str) -> Iterator[str]:
    for match in WORD.finditer(line.strip()):
        quoted, listed, plain = match.groups()
        yield re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else listed or plain
