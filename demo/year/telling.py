"""What the services would have recorded, in the order in which they did, each stream with its versions."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Literal
from uuid import UUID

from shared.events import name_of

Log = Literal["scheduling", "treatment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as it stands in a log; `position` counts from 1 in each of the two."""

    log: Log
    position: int
    recorded_at: datetime
    stream: str
    version: int
    event_id: UUID
    event: Any
    actor: str
    role: str


@dataclass(frozen=True, slots=True)
class Told:
    at: datetime
    stream: str
    event: Any
    actor: str
    role: str


@dataclass
class Teller:
    """Collects what happened; `random` draws everything that is drawn."""

    random: Random
    told: list[Told] = field(default_factory=list)

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def tell(self, at: datetime, stream: str, *events: Any, actor: str = "desk", role: str = "front_desk") -> None:
        """Let events of one stream be recorded at a moment, in this order."""
        self.told += [Told(at, stream, each, actor, role) for each in events]

    def entries(self) -> Iterator[Entry]:
        """Everything in the order in which it was recorded; what was told first comes first at the same moment."""
        positions: Counter[str] = Counter()
        versions: Counter[str] = Counter()
        for each in sorted(self.told, key=lambda told: told.at):
            log: Log = "treatment" if name_of(type(each.event)).startswith("treatment.") else "scheduling"
            positions[log] += 1
            versions[each.stream] += 1
            yield Entry(
                log=log,
                position=positions[log],
                recorded_at=each.at,
                stream=each.stream,
                version=versions[each.stream],
                event_id=self.new_id(),
                event=each.event,
                actor=each.actor,
                role=each.role,
            )
