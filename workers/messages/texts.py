"""The words of every message in the client's language: when, where and with whom, and nothing of anybody's health.

What a visit is for stays out on purpose: a mailbox or a locked screen may have other readers than the client.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from shared.languages import locale_of, moment, templates
from workers.messages.model import Address, Due, Recipient

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    text: str
    html: str


def mail(due: Due, recipient: Recipient) -> Mail:
    """The words of an e-mail; `text` and `html` say the same."""
    environment, words = vocabulary(due, recipient)
    subject = rendered(environment, "subject.txt", words)
    opening = rendered(environment, "opening.txt", words)
    return Mail(
        subject=subject,
        text=environment.get_template("email.txt").render(words),
        html=environment.get_template("email.html").render(words, subject=subject, opening=opening),
    )


def short_text(due: Due, recipient: Recipient) -> str:
    """The words of a text message, in one line."""
    environment, words = vocabulary(due, recipient)
    return rendered(environment, "sms.txt", words)


def vocabulary(due: Due, recipient: Recipient) -> tuple[Environment, dict[str, Any]]:
    locale = locale_of(recipient.locale)
    visit = recipient.visit
    return templates(FOLDER, locale.language), {
        "language": locale.language,
        "occasion": due.announcement or "reminder",
        "by_client": visit.initiator == "client",
        "name": recipient.name,
        "chain_name": recipient.chain_name,
        "link": recipient.link,
        "asks": recipient.asks,
        "visit": visit,
        "place": place(visit.address),
        "moment": moment(visit.starts_at, visit.time_zone, recipient.time_zone, locale),
        "until": moment(visit.ends_at, visit.time_zone, recipient.time_zone, locale).time,
    }


def place(address: Address) -> str:
    """An address in one line, without what is empty."""
    town = f"{address.postal_code} {address.city}".strip()
    return ", ".join(part for part in (address.line, town, address.region) if part)


def rendered(environment: Environment, name: str, words: dict[str, Any]) -> str:
    return " ".join(environment.get_template(name).render(words).split())
