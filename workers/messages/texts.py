"""The words of every message in the client's language: when, where and with whom, and nothing of anybody's health.

What a visit is for stays out on purpose: a mailbox or a locked screen may have other readers than the client.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment

from shared.erasure_receipt.receipt import receipt
from shared.languages import locale_of, moment, templates
from workers.messages.model import (
    Address,
    Due,
    Enclosed,
    ErasureReceipt,
    Letter,
    Message,
    Notice,
    Recipient,
    ReportNotice,
    Reports,
)
from workers.messages.questions import ordinal_of

FOLDER = Path(__file__).parent
SORRY = frozenset({"moved", "reassigned", "cancelled"})
"""What a clinic does to somebody's plans."""

NOTHING = Reports(period="", title="")
"""Of a notice that is about something else."""


@dataclass(frozen=True, slots=True)
class Mail:
    """`figures` are shown in the HTML part, where `cid` is the address of each; `files` hang on the mail."""

    subject: str
    text: str
    html: str
    figures: tuple[Enclosed, ...] = ()
    files: tuple[Enclosed, ...] = ()


def mail(due: Due, recipient: Message) -> Mail:
    """The words of an e-mail; `text` and `html` say the same."""
    if isinstance(recipient, ErasureReceipt):
        written = receipt(recipient.locale, recipient.chain_name, recipient.erased)
        return Mail(written.subject, written.text, written.html)
    if isinstance(recipient, Letter):
        return letter(due, recipient)
    if isinstance(recipient, Notice):
        return notice(due, recipient)
    environment, words = vocabulary(due, recipient)
    subject = rendered(environment, "subject.txt", words)
    opening = rendered(environment, "opening.txt", words)
    return Mail(
        subject=subject,
        text=environment.get_template("email.txt").render(words),
        html=environment.get_template("email.html").render(words, subject=subject, opening=opening),
    )


def letter(due: Due, to: Letter) -> Mail:
    """The words of an e-mail about no visit."""
    environment, words = letter_words(due, to)
    subject = rendered(environment, "letter_subject.txt", words)
    saying = rendered(environment, "letter_saying.txt", words)
    return Mail(
        subject=subject,
        text=environment.get_template("letter.txt").render(words, saying=saying),
        html=environment.get_template("letter.html").render(words, subject=subject, saying=saying),
    )


def notice(due: Due, to: Notice) -> Mail:
    """The words of an e-mail that says nothing but that something waits, or was changed."""
    locale = locale_of(to.locale)
    environment = templates(FOLDER, locale.language)
    reports = to.reports if isinstance(to, ReportNotice) else NOTHING
    words = {
        "language": locale.language,
        "occasion": due.kind,
        "chain_name": to.chain_name,
        "link": to.link,
        "reports": reports,
    }
    subject = rendered(environment, "notice_subject.txt", words)
    saying = rendered(environment, "notice_saying.txt", words)
    return Mail(
        subject=subject,
        text=environment.get_template("notice.txt").render(words, saying=saying),
        html=environment.get_template("notice.html").render(words, subject=subject, saying=saying, cid=cid),
        figures=reports.figures,
        files=reports.files,
    )


def cid(figure: Enclosed) -> str:
    """The Content-ID of a picture, which is like no other's."""
    return f"{figure.file_name}@reports"


def letter_words(due: Due, to: Letter) -> tuple[Environment, dict[str, Any]]:
    """The templates in the recipient's language, and all that a letter may say."""
    locale = locale_of(to.locale)
    day = format_date(to.good_until.astimezone(ZoneInfo(to.time_zone)), "full", locale=locale)
    return templates(FOLDER, locale.language), {
        "language": locale.language,
        "occasion": due.kind,
        "again": due.kind == "check_in" and ordinal_of(due.key) > 0,
        "chain_name": to.chain_name,
        "link": to.link,
        "until": day,
        "count": to.uses,
        "whose": to.whose,
    }


def short_text(due: Due, recipient: Message) -> str:
    """The words of a text message, in one line; of what goes by mail alone, its subject."""
    if isinstance(recipient, ErasureReceipt | Notice):
        return mail(due, recipient).subject
    if isinstance(recipient, Letter):
        environment, words = letter_words(due, recipient)
        return rendered(environment, "letter_sms.txt", words)
    environment, words = vocabulary(due, recipient)
    return rendered(environment, "sms.txt", words)


def vocabulary(due: Due, recipient: Recipient) -> tuple[Environment, dict[str, Any]]:
    """The templates in the recipient's language, and all that they may say: of one visit, or of several together."""
    locale = locale_of(recipient.locale)
    visit, occasion = recipient.visit, "link" if due.kind == "link" else due.announcement or "reminder"
    together = [visit_words(each, locale) for each in recipient.together]
    several = len(together) > 1
    only = together[0] if len(together) == 1 else visit_words(recipient, locale)
    return templates(FOLDER, locale.language), {
        "language": locale.language,
        "occasion": occasion,
        "by_client": visit.initiator == "client",
        "sorry": occasion in SORRY and visit.initiator != "client",
        "name": recipient.name,
        "chain_name": recipient.chain_name,
        "asks": recipient.asks,
        "together": together if several else [],
        "shown": together if several else [only],
        **only,
    }


def visit_words(recipient: Recipient, locale: Locale) -> dict[str, Any]:
    """What there is to say of one visit; `who` comes, when that is not the person told."""
    visit = recipient.visit
    starts = moment(visit.starts_at, visit.time_zone, recipient.time_zone, locale)
    zone = f" ({starts.zone})" if starts.zone else ""
    return {
        "who": visit.client_name,
        "visit": visit,
        "link": recipient.link,
        "place": place(visit.address),
        "moment": starts,
        "until": moment(visit.ends_at, visit.time_zone, recipient.time_zone, locale).time,
        "long": f"{starts.date}, {starts.time}",
        "when": f"{starts.short_date} {starts.time}{zone}",
    }


def place(address: Address) -> str:
    """An address in one line, without what is empty."""
    town = f"{address.postal_code} {address.city}".strip()
    return ", ".join(part for part in (address.line, town, address.region) if part)


def rendered(environment: Environment, name: str, words: dict[str, Any]) -> str:
    return " ".join(environment.get_template(name).render(words).split())
