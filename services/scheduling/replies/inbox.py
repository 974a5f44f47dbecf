"""A mailbox read over IMAP: each message is taken, then filed; what nobody acts on is set aside for a person.

A message stays in the inbox until its effect is committed, and its effect happens once for its id: a process that dies
between the two reads it again, and harms nobody.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from shared.settings import ImapSettings

TIMEOUT_SECONDS = 20
MOST_AT_ONCE = 50
LONGEST_MAIL = 1_000_000
"""Octets that are read of one message; what follows is attachments."""

Filed = Literal["Answered", "Set aside"]
FOLDERS: tuple[Filed, ...] = ("Answered", "Set aside")


class InboxAway(Exception):
    """The mailbox does not answer, or not as a mailbox does."""


@contextmanager
def opened(settings: ImapSettings) -> Iterator["Inbox"]:
    """The mailbox that the settings name, logged in. Raises InboxAway, also for whatever goes wrong inside."""
    try:
        connection = connect(settings)
        try:
            login(connection, settings)
            yield Inbox(connection, settings.folder)
            connection.logout()
        finally:
            with suppress(OSError):
                connection.shutdown()
    except (OSError, imaplib.IMAP4.error) as error:
        raise InboxAway(type(error).__name__) from error


def connect(settings: ImapSettings) -> imaplib.IMAP4:
    if settings.security == "tls":
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=TIMEOUT_SECONDS)
    return imaplib.IMAP4(settings.host, settings.port, timeout=TIMEOUT_SECONDS)


def login(connection: imaplib.IMAP4, settings: ImapSettings) -> None:
    if settings.security == "starttls":
        connection.starttls(ssl.create_default_context())
    connection.login(settings.user, settings.password)


class Inbox:
    """The folder that is read, and those that messages are filed in beside it."""

    def __init__(self, connection: imaplib.IMAP4, folder: str) -> None:
        self.connection = connection
        for name in FOLDERS:
            connection.create(quoted(name))  # an answer of NO says that it is there
        must(connection.select(quoted(folder)))

    def take_all(self, take: Callable[[bytes], Filed], beat: Callable[[], None]) -> int:
        """Have up to MOST_AT_ONCE messages taken, and file each as it says; gives the number of those filed."""
        (found,) = must(self.connection.uid("SEARCH", "UNDELETED")) or [b""]
        filed = 0
        for uid in str(found or b"", "ascii").split()[:MOST_AT_ONCE]:
            content = self.content(uid)
            if content is not None:
                self.file(uid, take(content))
                filed += 1
            beat()
        return filed

    def content(self, uid: str) -> bytes | None:
        """The bytes of a message; None when it is gone."""
        for part in must(self.connection.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST_MAIL}>)")):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None

    def file(self, uid: str, folder: Filed) -> None:
        """Copy, then remove: whoever dies in between leaves it twice, and never nowhere."""
        must(self.connection.uid("COPY", uid, quoted(folder)))
        must(self.connection.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
        must(self.connection.expunge())


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def must(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data of an answer that says OK; raises imaplib's error for any other."""
    status, content = answer
    if status != "OK":
        raise imaplib.IMAP4.error(status)
    return content
