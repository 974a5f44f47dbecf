"""Every channel by which messages go out; a new one is a file of this folder and a line in CHANNELS."""

from collections.abc import Mapping

import structlog

from shared.settings import Settings
from workers.messages.channels.channel import Channel, ChannelKind
from workers.messages.channels.console import CONSOLE
from workers.messages.channels.email import EMAIL
from workers.messages.channels.sms import SMS

CHANNELS: tuple[ChannelKind, ...] = (EMAIL, SMS, CONSOLE)

UNREPEATABLE = tuple(kind.name for kind in CHANNELS if not kind.repeatable)

log = structlog.get_logger()


def open_channels(settings: Settings) -> Mapping[str, Channel]:
    """The channels that the settings provide for, by name; in development the console stands in for the others."""
    opened = {kind.name: channel for kind in CHANNELS if (channel := kind.open(settings)) is not None}
    absent = [kind.name for kind in CHANNELS if kind.name not in opened]
    if absent:
        log.warning("channels_not_configured", channels=absent)
    if settings.environment == "production":
        return opened
    return {kind.name: opened.get(kind.name, opened[CONSOLE.name]) for kind in CHANNELS}
