"""What one report is asked about: whose rows, of which period, as of when."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from tests.support.oracle.bounds import Bounds
from tests.support.oracle.story import Story, Visit

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Asked:
    """A scope: `kind` therapist, clinic or chain; in [begin, end) of a chain in `zone`, as of `asked_at`."""

    def __init__(self, story: Story, kind: str, id_: UUID, period: Bounds, asked_at: datetime) -> None:
        self.story, self.kind, self.id = story, kind, id_
        self.period = period
        self.begin, self.end, self.zone = period
        self.asked_at = asked_at
        self.shown_at = min(self.end, asked_at)
        self.year = self.end - 365 * DAY

    def mine(self, therapist_id: UUID, clinic_id: UUID) -> bool:
        return {"therapist": therapist_id, "clinic": clinic_id}.get(self.kind, self.id) == self.id

    def of(self, kind: str, id_: UUID) -> Self:
        """The same of another scope."""
        return type(self)(self.story, kind, id_, self.period, self.asked_at)

    def as_shown(self, at: datetime) -> bool:
        return self.begin <= at < self.shown_at

    def of_person(self, client_id: UUID) -> list[Visit]:
        return self.story.visits_of[self.story.person(client_id)]
