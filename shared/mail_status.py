"""What a mail server's refusal says of the mailbox: that it does not exist, or nothing (full, busy, our own fault)."""

import re

NO_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
"""Enhanced status codes (RFC 3463): no such mailbox or domain, moved away, closed, nowhere to deliver to."""

NO_MAILBOX_CODES = frozenset({"550", "551", "553"})
"""What says so where a server gives no finer code (RFC 5321)."""

ENHANCED = re.compile(r"\s*(?:[0-9]{3}[ -])?([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")


def enhanced(said: str) -> str | None:
    """The enhanced status code at the beginning of what a server said, behind its three digits if they are there."""
    found = ENHANCED.match(said)
    return found[1] if found else None


def closes_mailbox(code: str, said: str) -> bool:
    """Whether a refusal with this three-digit code and these words is for good and about the mailbox."""
    status = enhanced(said)
    return code in NO_MAILBOX_CODES if status is None else status in NO_MAILBOX
