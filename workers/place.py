"""Where an event stands in its log, as far as those need it who turn events into messages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.duties import StaffLetter
from shared.events import scheduling as s
from workers.messages import facts
from workers.messages.staff import Occasion


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands: whose it is, its version in its stream, when it was recorded, and whether by staff."""

    chain_id: UUID
    version: int
    at: datetime
    by_staff: bool
    event_id: UUID

    def occasion(self, letter: StaffLetter, about: UUID, clinic_id: UUID | None = None) -> Occasion:
        """What staff are told of, once for each event of its stream."""
        return Occasion(
            letter=letter,
            name=f"{about}:{self.version}",
            about=about,
            chain_id=self.chain_id,
            clinic_id=clinic_id,
            at=self.at,
        )

    def news(self, appointment_id: UUID, *, notify: bool, initiator: s.Initiator = "client") -> facts.News:
        return facts.News(
            appointment_id=appointment_id,
            chain_id=self.chain_id,
            version=self.version,
            at=self.at,
            by_staff=self.by_staff,
            notify=notify,
            by_clinic=initiator != "client",
        )
