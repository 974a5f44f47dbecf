"""What a provider says of one message, each thing once however often it is said."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from shared.decider import Decider
from shared.events.scheduling_contacts import MessageDelivered, MessageFailed, Via

News = Literal["delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The message, and the address that it was sent to."""

    message_key: str
    appointment_id: UUID | None
    client_id: UUID
    contact_point_id: UUID
    channel: Via

    @property
    def fields(self) -> dict[str, Any]:
        """As both events have them."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Delivered:
    about: About


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not arrive; `code` is the provider's word for why."""

    about: About
    code: str


Command = Delivered | Failed


def decide(command: Command, known: frozenset[News]) -> list[Any]:
    match command:
        case Delivered(about):
            return [] if "delivered" in known else [MessageDelivered(**about.fields)]
        case Failed(about, code):
            return [] if "failed" in known else [MessageFailed(**about.fields, code=code)]


def evolve(known: frozenset[News], event: Any) -> frozenset[News]:
    match event:
        case MessageDelivered():
            return known | {"delivered"}
        case MessageFailed():
            return known | {"failed"}
        case _:
            return known


DELIVERY: Decider[frozenset[News], Command] = Decider(frozenset(), decide, evolve)
