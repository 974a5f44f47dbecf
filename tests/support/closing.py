"""A house whose month is closed by the workers' own code, tick by tick at moments that a test chooses."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.events.treatment_reports import ReportRulesSet
from shared.partitions import partition_of
from tests.support.api import Api
from tests.support.house import OPENED_AT, REPORTS, House
from tests.support.messages import at
from workers.consume import CONSUMER
from workers.messages.treatment import Treatment as Reached
from workers.reports.due.rows import Due, due_of
from workers.reports.due.turn import Closing, close_due
from workers.reports.moments import APART

PERIODS = "/v1/report-periods"
PLACES = 3
"""Scopes of a house: its therapist, its clinic and the chain."""

OCTOBER_ENDED = at("2026-11-01 00:00")
CLOSES_AT = at("2026-11-05 00:00")
AFTERWARDS = CLOSES_AT + APART
EVENTS = text("SELECT stream, name, count(*) FROM events WHERE chain_id = :chain_id GROUP BY stream, name")


@dataclass
class Office:
    """A house whose periods are closed; `read_up_to` is how far the projector is, `log_ends_at` where the logs end."""

    house: House
    log_ends_at: int = 100
    treatment: Reached = field(init=False)

    def __post_init__(self) -> None:
        self.treatment = self.house.reached

    @property
    def chain_id(self) -> UUID:
        return self.house.treatment.chain_id

    def heads(self) -> Mapping[str, Mapping[int, int]]:
        return dict.fromkeys(("scheduling", "treatment"), dict.fromkeys(range(16), self.log_ends_at))

    def reads_up_to(self, position: int) -> None:
        for schema in ("views_a", "views_b"):
            for source in ("scheduling", "treatment"):
                self.house.workers.change(
                    f"INSERT INTO {schema}.checkpoints VALUES (:consumer, :source, :partition, :position)"
                    " ON CONFLICT (consumer, source, partition) DO UPDATE SET position = excluded.position",
                    consumer=CONSUMER,
                    source=source,
                    partition=partition_of(self.chain_id),
                    position=position,
                )

    def sets_aside(self, position: int, chain_id: UUID | None = None) -> None:
        """As when the projector could not handle the event of scheduling at this place."""
        self.house.workers.change(
            "INSERT INTO dead_letters (schema, consumer, source, partition, position, chain_id, stream, event_id, name,"
            " state) SELECT schema, :consumer, 'scheduling', :partition, :position, :chain_id, 'appointment-1',"
            " gen_random_uuid(), 'AppointmentBooked', 'parked' FROM active_views",
            consumer=CONSUMER,
            partition=partition_of(self.chain_id),
            position=position,
            chain_id=chain_id or self.chain_id,
        )

    def decides(self, state: str) -> None:
        """As when a person had what is set aside handled, or skipped."""
        self.house.workers.change("UPDATE dead_letters SET state = :state, settled_at = now()", state=state)

    def turn(self, now: datetime, *, stop: Callable[[], bool] = lambda: False) -> int:
        """What one tick does at a moment; `stop` is asked before every step."""
        self.house.now = now
        self.house.treatment.set_clock(now)
        closing = Closing(self.house.workers.engine, self.treatment, self.heads, lambda: self.house.now, stop)
        return close_due(closing)

    def close_october(self) -> None:
        self.turn(OCTOBER_ENDED)
        self.reads_up_to(self.log_ends_at)
        assert self.turn(AFTERWARDS) == 1

    @property
    def admin(self) -> Api:
        return self.house.treatment.caller("chain_admin")

    def periods(self) -> dict[str, Any]:
        return {each["period"]: each for each in self.admin.get(PERIODS)["items"]}

    def closed(self, period: str = "2026-10") -> list[Any]:
        items: list[Any] = self.admin.get(f"{REPORTS}?closed=true&period={period}&limit=500")["items"]
        return items

    def recorded(self) -> Counter[str]:
        """How often each event of reports is in treatment's log, by stream and name."""
        with self.house.treatment.database.reading(self.chain_id) as connection:
            rows = connection.execute(EVENTS, {"chain_id": self.chain_id}).all()
        return Counter({f"{row.name} {row.stream}": row.count for row in rows if "report" in row.name})

    def due(self, period: str) -> Due:
        with self.house.workers.engine.connect() as connection:
            row = connection.execute(text("SELECT * FROM due_periods WHERE period = :period"), {"period": period}).one()
        return due_of(row)

    def rows(self, table: str) -> int:
        with self.house.workers.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def monthly(house: House) -> Office:
    """Of a chain that wants no weeks."""
    rules = ReportRulesSet(weekly=False, set_at=OPENED_AT)
    house.workers.tell(rules, OPENED_AT, stream=f"report_rules-{house.treatment.chain_id}")
    return Office(house)
