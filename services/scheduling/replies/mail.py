"""A mail as it came in, read without trust: what it answers, who wrote it, and whether a person did.

Whatever is malformed is left out; reading never fails. No part is followed, opened or kept but the text and the answer
of a calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import getaddresses, parseaddr
from hashlib import sha256
from typing import Any
from uuid import UUID

from icalendar import Calendar

from services.scheduling.deliveries.reports import Report
from services.scheduling.replies.bounces import report_in
from services.scheduling.replies.rules import CALENDAR_ANSWERS
from services.scheduling.replies.words import own_words
from shared.calendar_entry import UID_DOMAIN
from shared.events.scheduling_reaching import ReplyKind

TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
MOST_ADDRESSES = 50
MOST_PARTS = 50
LONGEST_CALENDAR = 64_000
HIGHEST_SEQUENCE = 2**31 - 1
"""An integer in iCalendar has 32 bits, and a version of a visit in the database."""

BULK = frozenset({"bulk", "junk", "list", "auto_reply"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAnswer:
    """What a calendar said (iTIP): which version of which visit it answers."""

    kind: ReplyKind
    visit_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`automatic`: no person wrote it; a calendar's answer is what its owner pressed, and counts as a person's.

    `report` is what a mail server says of a mail of ours.
    """

    message_id: str
    sender: str
    to: tuple[str, ...]
    automatic: bool
    text: str
    calendar: CalendarAnswer | None
    report: Report | None


def read_mail(content: bytes) -> Mail:
    """The mail in these bytes; one without an id gets one that is made of them."""
    message = message_from_bytes(content, policy=policy.compat32)
    parts = [part for part, _ in zip(message.walk(), range(MOST_PARTS), strict=False)]
    calendar = next((answer for part in parts if (answer := calendar_answer(part))), None)
    return Mail(
        message_id=header(message, "Message-ID")[:300] or sha256(content).hexdigest(),
        sender=parseaddr(header(message, "From"))[1].lower(),
        to=tuple(addresses(message)),
        automatic=is_automatic(message) and calendar is None,
        text=own_words(next(map(text_of, (part for part in parts if part.get_content_type() == "text/plain")), "")),
        calendar=calendar,
        report=report_in(parts),
    )


def header(message: Any, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())


def addresses(message: Any) -> Iterator[str]:
    given = [str(value) for name in TO for value in message.get_all(name, [])]
    for _, address in getaddresses(given)[:MOST_ADDRESSES]:
        if address:
            yield address.lower()


def is_automatic(message: Any) -> bool:
    """Answers of machines (RFC 3834), lists, and reports of mail servers, whose return path is empty."""
    said = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        said not in {"", "no"}
        or message.get_content_type() == "multipart/report"
        or header(message, "Return-Path") == "<>"
        or header(message, "Precedence").lower() in BULK
        or any(name in message for name in ("List-Id", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    )


def text_of(part: Any) -> str:
    content = part.get_payload(decode=True) or b""
    try:
        return str(content.decode(part.get_content_charset() or "utf-8", "replace"))
    except (LookupError, UnicodeError):
        return str(content.decode("utf-8", "replace"))


def calendar_answer(part: Any) -> CalendarAnswer | None:
    """The REPLY or COUNTER in a part, when it is one about a visit of ours."""
    if part.get_content_type() not in {"text/calendar", "application/ics"}:
        return None
    content = part.get_payload(decode=True) or b""
    if len(content) > LONGEST_CALENDAR:
        return None
    try:
        return answer_in(Calendar.from_ical(content))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def answer_in(calendar: Any) -> CalendarAnswer | None:
    method = str(calendar.get("method", "")).upper()
    if method not in {"REPLY", "COUNTER"}:
        return None
    (event,) = calendar.walk("VEVENT")
    visit, _, domain = str(event["uid"]).partition("@")
    (attendee,) = event["attendee"] if isinstance(event["attendee"], list) else [event["attendee"]]
    kind = "counter" if method == "COUNTER" else CALENDAR_ANSWERS[str(attendee.params["PARTSTAT"]).upper()]
    sequence = int(event.get("sequence", 0))
    if domain != UID_DOMAIN or not 0 <= sequence <= HIGHEST_SEQUENCE:
        return None
    return CalendarAnswer(kind=kind, visit_id=UUID(visit), sequence=sequence)
