"""An e-mail's bytes: plain text, HTML with its pictures and calendar entry as alternatives, the entry again as a file.

Outlook and Gmail act on the alternative with its method, Apple Mail and others open the file. Of several entries each
is a file alone: as an alternative one would hide the others, and the mail would be an invitation to that one only.

The Message-ID is made from the message's key, so that a message sent twice is recognised as one. Put together by hand,
because the standard library's classes take longer over a message than sending it does; every body is base64, so nothing
in it can end it.
"""

from base64 import b64encode, encodebytes
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, formataddr
from hashlib import sha256

from shared.visible import visible
from workers.messages.invitation import Invitation
from workers.messages.model import Enclosed
from workers.messages.texts import Mail, cid

CALENDAR = 'text/calendar; charset=utf-8; method={}; name="{}"'
FILE = 'application/ics; name="visit.ics"'
ATTACHED = 'Content-Disposition: attachment; filename="{}"\r\n'
TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}

RECEIPT = "X-Synergist-Receipt"
LONGEST_PLAIN = 65
LONGEST_NAME = 150
LOOKS_ENCODED = "=?"
WORD = 11  # letters, of up to four bytes each


def is_one_address(address: str) -> bool:
    """Whether it can be written into a message as it is, and names no more than one mailbox."""
    return address.isascii() and address.isprintable() and not any(letter in address for letter in ' ,;<>"')


def envelope(
    key: str,
    mail: Mail,
    invitations: Sequence[Invitation],
    *,
    sender: str,
    sender_name: str,
    to: str,
    receipt: str | None,
    now: datetime,
    reply_to: str | None = None,
) -> bytes:
    """The message as it goes over the wire; `sender`, `to` and `reply_to` are one address each.

    `receipt` names it where a provider reports what became of it; None where a report would be about nobody.
    """
    name = digest(key)
    body = alternatives(mail, invitations[0] if len(invitations) == 1 else None, f"=_{name}")
    attached = [*files(invitations), *enclosed(mail.files)]
    if attached:
        body = multipart("mixed", f"=_{name}_m", body, *attached)
    headers = {
        "From": mailbox(visible(sender_name), sender),
        "To": to,
        **({"Reply-To": reply_to} if reply_to else {}),
        "Subject": header_text(visible(mail.subject)),
        "Date": format_datetime(now),
        "Message-ID": message_id(key, sender),
        **({RECEIPT: receipt} if receipt else {}),
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    return "".join(f"{header}: {value}\r\n" for header, value in headers.items()).encode("ascii") + body


def alternatives(mail: Mail, invitation: Invitation | None, boundary: str) -> bytes:
    """The parts of which a reader shows the last it understands; `boundary` is how all of their boundaries begin."""
    page = part("text/html; charset=utf-8", mail.html.encode())
    if mail.figures:
        page = multipart("related", f"{boundary}_r", page, *(picture(each) for each in mail.figures))
    parts = [part("text/plain; charset=utf-8", mail.text.encode()), page]
    if invitation is not None:
        parts.append(part(CALENDAR.format(invitation.method, "visit.ics"), invitation.content))
    return multipart("alternative", f"{boundary}_a", *parts)


def picture(figure: Enclosed) -> bytes:
    """A picture that the HTML part shows."""
    headers = f'Content-ID: <{cid(figure)}>\r\nContent-Disposition: inline; filename="{figure.file_name}"\r\n'
    return part("image/png", figure.content, headers)


def enclosed(files: Sequence[Enclosed]) -> list[bytes]:
    return [
        part(TYPES[each.file_name.rpartition(".")[2]], each.content, ATTACHED.format(each.file_name)) for each in files
    ]


def files(invitations: Sequence[Invitation]) -> list[bytes]:
    """The entries as files; where there are several, each names its method, so that a reader may act on it."""
    if not invitations:
        return []
    if len(invitations) == 1:
        return [part(FILE, invitations[0].content, ATTACHED.format("visit.ics"))]
    names = [f"visit-{number}.ics" for number in range(1, len(invitations) + 1)]
    return [
        part(CALENDAR.format(each.method, name), each.content, ATTACHED.format(name))
        for name, each in zip(names, invitations, strict=True)
    ]


def part(content_type: str, content: bytes, more_headers: str = "") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n{more_headers}\r\n"
    return head.encode("ascii") + encodebytes(content).replace(b"\n", b"\r\n")


def multipart(subtype: str, boundary: str, *parts: bytes) -> bytes:
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    line = f"--{boundary}".encode("ascii")
    return head + b"".join(line + b"\r\n" + one + b"\r\n" for one in parts) + line + b"--\r\n"


def mailbox(name: str, address: str) -> str:
    """An address with the name of whose it is, as far as it fits into one line."""
    if LOOKS_ENCODED in name:
        return f"{header_text(name[:LONGEST_NAME])} <{address}>"
    return formataddr((name[:LONGEST_NAME], address))


def is_plain(text: str) -> bool:
    """Whether a header says it as it is; what only looks like an encoded word would be read as one."""
    return text.isascii() and text.isprintable() and len(text) <= LONGEST_PLAIN and LOOKS_ENCODED not in text


def header_text(text: str) -> str:
    """Any text as a header's value; what is not plain becomes encoded words (RFC 2047) of at most 75 letters."""
    if is_plain(text):
        return text
    words = (text[start : start + WORD].encode() for start in range(0, len(text), WORD))
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def message_id(key: str, sender: str) -> str:
    """The same for every attempt at one message; nothing in it tells whose visit it is about."""
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{digest(key)}@{domain}>"


def digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:40]
