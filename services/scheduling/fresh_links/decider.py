"""How often somebody may be sent a link that was asked for: not again at once, and not all day, whoever asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.decider import Decider
from shared.events.scheduling_links import (
    AddressNoticeAsked,
    ContactCheckAsked,
    ExportLinkAsked,
    FreshLinkAsked,
    Letters,
)
from shared.fresh_links import MOST_A_DAY, may_ask

GOOD_FOR: dict[Letters, timedelta] = {
    "export": timedelta(days=7),
    "contact_check": timedelta(days=3),
    "address_notice": timedelta(days=1),
}
"""How long a link that leads to no visit works, and a letter without one is worth sending."""

EVENTS: dict[Letters, type[AddressNoticeAsked | ContactCheckAsked | ExportLinkAsked]] = {
    "export": ExportLinkAsked,
    "contact_check": ContactCheckAsked,
    "address_notice": AddressNoticeAsked,
}


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody who may be this client wants a fresh link to a visit."""

    request_id: UUID
    appointment_id: UUID
    client_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskErrand:
    """A letter for this purpose is to go to an address of the client."""

    purpose: Letters
    request_id: UUID
    client_id: UUID
    contact_point_id: UUID
    now: datetime


Command = Ask | AskErrand
Asked = tuple[tuple[str, datetime], ...]
"""What was asked for before and when, newest last."""


def decide(command: Command, asked: Asked) -> list[Any]:
    """One link, or nothing: whoever asks on a page is told the same in any case."""
    before = (at for what, at in asked if what == wanted(command))
    return [asking(command)] if may_ask(before, command.now) else []


def wanted(command: Command) -> str:
    """What is counted by itself: links to visits, to exports, and for each address checks and notices."""
    if isinstance(command, Ask):
        return "visit"
    match command.purpose:
        case "export":
            return "export"
        case "contact_check":
            return str(command.contact_point_id)
        case "address_notice":
            return notice_at(command.contact_point_id)


def notice_at(point_id: UUID) -> str:
    return f"notice {point_id}"


def asking(command: Command) -> FreshLinkAsked | AddressNoticeAsked | ContactCheckAsked | ExportLinkAsked:
    if isinstance(command, Ask):
        return FreshLinkAsked(
            request_id=command.request_id,
            appointment_id=command.appointment_id,
            client_id=command.client_id,
            asked_at=command.now,
        )
    return EVENTS[command.purpose](
        request_id=command.request_id,
        client_id=command.client_id,
        contact_point_id=command.contact_point_id,
        asked_at=command.now,
        good_until=command.now + GOOD_FOR[command.purpose],
    )


def evolve(asked: Asked, event: Any) -> Asked:
    match event:
        case FreshLinkAsked():
            what = "visit"
        case ExportLinkAsked():
            what = "export"
        case ContactCheckAsked():
            what = str(event.contact_point_id)
        case AddressNoticeAsked():
            what = notice_at(event.contact_point_id)
        case _:
            raise TypeError(event)
    others = [each for each in asked if each[0] != what]
    same = [each for each in asked if each[0] == what]
    return (*others, *same[1 - MOST_A_DAY :], (what, event.asked_at))


FRESH_LINKS: Decider[Asked, Command] = Decider(initial=(), decide=decide, evolve=evolve)


def stream_of(client_id: UUID) -> str:
    """The stream of what one client was sent; of clients who were merged, that of the person."""
    return f"links-{client_id}"
