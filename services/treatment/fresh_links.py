"""How often a fresh link is asked for, each purpose by itself; whoever asks is told the same in any case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.decider import Decider
from shared.events.treatment_links import ClientLinkAsked, Purpose
from shared.fresh_links import MOST_A_DAY, may_ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Somebody who may be this client wants a link to a check-in or homework, `about`."""

    request_id: UUID
    client_id: UUID
    purpose: Purpose
    about: UUID
    now: datetime


Asked = tuple[tuple[Purpose, datetime], ...]
"""What was asked for before and when, newest last."""


def decide(command: Ask, asked: Asked) -> list[Any]:
    if not may_ask((at for purpose, at in asked if purpose == command.purpose), command.now):
        return []
    return [
        ClientLinkAsked(
            request_id=command.request_id,
            client_id=command.client_id,
            purpose=command.purpose,
            about=command.about,
            asked_at=command.now,
        )
    ]


def evolve(asked: Asked, event: ClientLinkAsked) -> Asked:
    others = [each for each in asked if each[0] != event.purpose]
    same = [each for each in asked if each[0] == event.purpose]
    return (*others, *same[1 - MOST_A_DAY :], (event.purpose, event.asked_at))


FRESH_LINKS: Decider[Asked, Ask] = Decider(initial=(), decide=decide, evolve=evolve)


def stream_of(client_id: UUID) -> str:
    """The stream of what one client was sent; of clients who were merged, that of the person."""
    return f"client_links-{client_id}"
