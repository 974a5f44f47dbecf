"""Turns a kept message into what people and tests look at: subject, text, HTML, calendar part and headers."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from shared.embedded.mailbox.store import Kept


def opened(kept: Kept) -> dict[str, Any]:
    """The message as JSON shows it; `html` and `calendar` are null when it has no such part."""
    parts = sms(kept) if kept.channel == "sms" else email(kept)
    return {
        "id": kept.id,
        "channel": kept.channel,
        "to": kept.to,
        "from": kept.sender,
        "received_at": kept.received_at,
        **parts,
    }


@dataclass(frozen=True, slots=True)
class File:
    """What hangs on a mail."""

    name: str
    media_type: str
    content: bytes


def files(kept: Kept) -> list[File]:
    """The files of a mail, in its order."""
    if kept.channel == "sms":
        return []
    return [
        File(part.get_filename() or "file", part.get_content_type(), payload(part))
        for part in parsed(kept).walk()
        if part.get_content_disposition() == "attachment"
    ]


def page(kept: Kept) -> str | None:
    """The HTML part with the pictures that came along in their places; None when it has no such part."""
    html: str | None = opened(kept)["html"]
    if html is None:
        return None
    for part in parsed(kept).walk():
        if name := str(part.get("Content-ID", "")).strip("<> "):
            address = f"data:{part.get_content_type()};base64,{b64encode(payload(part)).decode()}"
            html = html.replace(f"cid:{name}", address)
    return html


def parsed(kept: Kept) -> EmailMessage:
    return message_from_bytes(b64decode(kept.content), policy=policy.default)


def payload(part: EmailMessage) -> bytes:
    return bytes(part.get_payload(decode=True) or b"")


def sms(kept: Kept) -> dict[str, Any]:
    return {"subject": None, "text": kept.content, "html": None, "calendar": None, "headers": {}}


def email(kept: Kept) -> dict[str, Any]:
    message = parsed(kept)
    texts = {part.get_content_type(): content(part) for part in reversed(list(message.walk())) if is_text(part)}
    return {
        "subject": message.get("Subject"),
        "text": texts.get("text/plain"),
        "html": texts.get("text/html"),
        "calendar": texts.get("text/calendar"),
        "headers": {name: str(value) for name, value in message.items()},
    }


def is_text(part: EmailMessage) -> bool:
    return part.get_content_maintype() == "text"


def content(part: EmailMessage) -> str:
    """The part as text, with bare line ends; a calendar keeps its own, which its format prescribes."""
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError):
        text = payload(part).decode("utf-8", "replace")
    return text if part.get_content_subtype() == "calendar" else text.replace("\r\n", "\n")
