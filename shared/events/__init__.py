"""Every event of every service: what happened, named for ever, free of frameworks."""

from shared.events import scheduling
from shared.events.registry import EVENTS, PERSONAL, Personal, event, name_of

__all__ = ["EVENTS", "PERSONAL", "Personal", "event", "name_of", "scheduling"]
