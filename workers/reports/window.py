"""The moments that a report is about: its period, the moment that it shows, and when its numbers had to be in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.reports.document import AsOf, Period
from shared.reports.periods import dates_of, midnight

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Window:
    """A chain, a period of it, and what was known."""

    chain_id: UUID
    period: Period
    as_of: AsOf

    @property
    def starts_at(self) -> datetime:
        return self.period.starts_at

    @property
    def ends_at(self) -> datetime:
        return self.period.ends_at

    @property
    def shown_at(self) -> datetime:
        """The moment that the report shows: the end of the period, or the as-of while the period still runs."""
        return min(self.period.ends_at, self.as_of.at)

    @property
    def year_from(self) -> datetime:
        """Where the cohorts begin that a period is too short for: 365 days before its end."""
        return self.period.ends_at - YEAR

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in the period, as far as it is shown."""
        return self.starts_at <= at < self.shown_at

    @property
    def values(self) -> dict[str, object]:
        """As parameters of a statement."""
        return {
            "chain_id": self.chain_id,
            "scheduling": self.as_of.scheduling,
            "treatment": self.as_of.treatment,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "shown_at": self.shown_at,
            "year_from": self.year_from,
        }


def period_of(name: str, time_zone: str, begun_by: str | None = None) -> Period:
    """The month or week of that name on the clock of a zone, in UTC. Raises NoPeriod.

    `begun_by` is the clock by which the one before it ended, where that was another.
    """
    kind, first, last = dates_of(name)
    return Period(
        kind=kind,
        name=name,
        starts_at=midnight(first, begun_by or time_zone),
        ends_at=midnight(last, time_zone),
        time_zone=time_zone,
    )
