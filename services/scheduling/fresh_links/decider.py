"""How often somebody may be sent a fresh link: not again at once, and not all day, whoever it is that asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.decider import Decider
from shared.events.scheduling_links import FreshLinkAsked

PAUSE = timedelta(minutes=5)
DAY = timedelta(days=1)
MOST_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody who may be this client wants a fresh link to a visit."""

    request_id: UUID
    appointment_id: UUID
    client_id: UUID
    now: datetime


Asked = tuple[datetime, ...]
"""When it was asked before, newest last."""


def decide(command: Ask, asked: Asked) -> list[Any]:
    """One link, or nothing: whoever asks is told the same in any case."""
    lately = [at for at in asked if at > command.now - DAY]
    if len(lately) >= MOST_A_DAY or any(at > command.now - PAUSE for at in lately):
        return []
    event = FreshLinkAsked(
        request_id=command.request_id,
        appointment_id=command.appointment_id,
        client_id=command.client_id,
        asked_at=command.now,
    )
    return [event]


def evolve(asked: Asked, event: Any) -> Asked:
    return (*asked, event.asked_at)[-MOST_A_DAY:]


FRESH_LINKS: Decider[Asked, Ask] = Decider(initial=(), decide=decide, evolve=evolve)


def stream_of(client_id: UUID) -> str:
    """The stream of what one client was sent; of clients who were merged, that of the person."""
    return f"links-{client_id}"
