"""What mail servers report of our mails (RFC 3464, RFC 5965), read without trust: only with the receipt of the mail.

The receipt stands in a header of the mail that is given back. Nobody but those who had the mail can name it; a report
without it is nobody's. Reading never fails: what is malformed is no report.
"""

from collections.abc import Iterable, Iterator
from email import message_from_string, policy
from typing import Any

from services.scheduling.deliveries.reports import Report
from shared.mail_status import closes_mailbox, enhanced

RECEIPT = "X-Synergist-Receipt"
LONGEST_CODE = 20
COMPLAINTS = frozenset({"abuse", "fraud"})


def report_in(parts: Iterable[Any]) -> Report | None:
    """The report in the parts of a mail, the first of which is the mail: a lost message or a complaint, else None."""
    first, *others = parts
    if first.get_content_type() != "multipart/report":
        return None
    reference = next((found for part in others if (found := receipt_in(part))), None)
    if reference is None:
        return None
    return next((report for part in others if (report := report_of(part, reference))), None)


def report_of(part: Any, reference: str) -> Report | None:
    match part.get_content_type():
        case "message/delivery-status":
            return next((lost(fields, reference) for fields in failures(part)), None)
        case "message/feedback-report" if complains(part):
            return Report(reference=reference, said="complained", code="abuse", cause="complaint")
        case _:
            return None


def failures(part: Any) -> Iterator[Any]:
    """The fields about each recipient who does not get the message."""
    for fields in blocks(part):
        if word(fields, "Action") == "failed":
            yield fields


def lost(fields: Any, reference: str) -> Report:
    """It will not arrive; the address is closed when there is no such mailbox, not when it is full or refuses us."""
    status, said = word(fields, "Status"), value(fields, "Diagnostic-Code").partition(";")[2].strip()
    if not status.endswith(".0.0") and enhanced(status) is not None:
        said = status
    is_closed = status.startswith("5") and closes_mailbox(said[:3], said)
    code = (enhanced(said) or enhanced(status) or "failed")[:LONGEST_CODE]
    return Report(reference=reference, said="failed", code=code, cause="bounce" if is_closed else None)


def complains(part: Any) -> bool:
    return any(word(fields, "Feedback-Type") in COMPLAINTS for fields in blocks(part))


def receipt_in(part: Any) -> str | None:
    """The receipt in a mail that was given back, whole or as its headers."""
    match part.get_content_type():
        case "message/rfc822":
            headers = next(iter(blocks(part)), None)
        case "text/rfc822-headers":
            headers = message_from_string(text_of(part), policy=policy.compat32)
        case _:
            return None
    return (value(headers, RECEIPT) or None) if headers is not None else None


def blocks(part: Any) -> list[Any]:
    """The messages or groups of fields of which a part consists."""
    content = part.get_payload()
    if isinstance(content, list):
        return content
    return [message_from_string(text_of(part), policy=policy.compat32)]


def text_of(part: Any) -> str:
    content = part.get_payload(decode=True) or b""
    return str(content.decode("utf-8", "replace")).lstrip()


def word(fields: Any, name: str) -> str:
    return value(fields, name).partition(";")[0].partition(" ")[0].lower()


def value(fields: Any, name: str) -> str:
    return " ".join(str(fields.get(name, "")).split())
