"""What a channel is: its name, whether a message in doubt may be sent again, and how it is opened from the settings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.settings import Settings
from workers.messages.model import Due, Message
from workers.messages.outcomes import Outcome, Stop


@dataclass(frozen=True, slots=True)
class Ready:
    """A message as the provider takes it; it reports to `status_url`, when there is one."""

    to: str
    content: bytes
    status_url: str | None = None


class Channel(Protocol):
    """An open way to a provider. `timeout` is the longest that `send` can take."""

    timeout: timedelta

    def prepare(self, due: Due, recipient: Message, now: datetime) -> Ready | Stop:
        """Write the message, before anybody outside is spoken to."""

    def send(self, ready: Ready) -> Outcome:
        """Hand it to the provider; the provider's trouble is an outcome, not an exception."""

    def end_batch(self) -> None:
        """Let go of what is kept open from one message to the next."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """`repeatable` says that the same message sent twice is recognised as one, or harms nobody."""

    name: str
    repeatable: bool
    open: Callable[[Settings], Channel | None]
