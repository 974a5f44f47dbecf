"""The console: says that a message would have gone out, and neither to whom nor what."""

from datetime import datetime, timedelta

import structlog

from shared.settings import Settings
from workers.messages.channels.channel import Channel, ChannelKind, Ready
from workers.messages.model import Due, Message
from workers.messages.outcomes import Outcome, Sent
from workers.messages.texts import short_text

log = structlog.get_logger()


class Console:
    timeout = timedelta(0)

    def prepare(self, due: Due, recipient: Message, now: datetime) -> Ready:
        del now
        return Ready(to=due.key, content=short_text(due, recipient).encode())

    def send(self, ready: Ready) -> Outcome:
        log.info("message_to_console", key=ready.to, bytes=len(ready.content))
        return Sent(provider_id="")

    def end_batch(self) -> None:
        pass


def open_console(settings: Settings) -> Channel:
    del settings
    return Console()


CONSOLE = ChannelKind("console", repeatable=True, open=open_console)
