"""`synergist migrate` on data of an earlier version: what was made by other code or SQL is made anew from the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.scheduling.views import VIEWS
from services.treatment import consume as treatment
from shared.database import make_engine
from shared.projection import Projection
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings
from tests.support.log import Log, a_chain, a_log, booked, cancelled, confirmed, moved
from tests.support.processes import Launcher
from tests.support.read_models import active, content
from workers import consume as workers

P = 4
CHAIN = a_chain(P)
OLDER = {
    "scheduling": "ALTER TABLE views_a.appointments DROP COLUMN confirmed; DROP TABLE views_a.travel_times",
    "treatment": "ALTER TABLE views_a.visits DROP COLUMN status",
    "workers": "ALTER TABLE views_a.visits DROP COLUMN time_zone",
}


@dataclass
class Parts:
    """The databases of a whole system, each by its owner, and what consumers make of the log in them."""

    log: Log
    owners: dict[str, Engine]
    projections: tuple[Projection, ...]

    def consume(self) -> None:
        """All that is recorded takes its effect in the other parts."""
        for projection in self.projections:
            checkpoint = projection.load("scheduling")[P]
            if rows := LogAtHand(self.log.reader).read(P, checkpoint.position, 1000):
                projection.apply("scheduling", checkpoint, rows)

    def content(self) -> dict[str, dict[str, list[str]]]:
        """The read models in use."""
        return {part: content(owner, active(owner)) for part, owner in self.owners.items()}

    def messages(self) -> list[tuple[Any, ...]]:
        with self.owners["workers"].connect() as connection:
            return [tuple(row) for row in connection.execute(text("SELECT key, state FROM due_messages ORDER BY key"))]


@pytest.fixture
def parts(
    scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, workers_db: DatabaseSettings
) -> Iterator[Parts]:
    databases = {"scheduling": scheduling_db, "treatment": treatment_db, "workers": workers_db}
    owners = {part: make_engine(database.migrate) for part, database in databases.items()}
    consumers = make_engine(treatment_db.api), make_engine(workers_db.api)
    handlers = (treatment.NAME, treatment.handle), (workers.CONSUMER, workers.handle)
    projections = tuple(
        Projection(engine, name, handle, wait=lambda _: None)
        for engine, (name, handle) in zip(consumers, handlers, strict=True)
    )
    with a_log(scheduling_db, VIEWS) as log:
        yield Parts(log, owners, projections)
    for engine in (*owners.values(), *consumers):
        engine.dispose()


def soon(days: int) -> dict[str, Any]:
    starts_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=50)}


def lives(log: Log) -> None:
    """Visits ahead, one of them as it was booked, the others moved, confirmed or cancelled."""
    first, second, third, fourth = (booked(**soon(days)) for days in (3, 4, 5, 6))
    log.record(CHAIN, first, second, third, fourth)
    log.record(CHAIN, moved(second, soon(8)["starts_at"]), confirmed(third), cancelled(fourth))


def test_an_older_shape_is_made_anew_in_every_part_and_no_message_is_lost_or_doubled(
    parts: Parts, launch: Launcher
) -> None:
    lives(parts.log)
    parts.consume()
    before, messages = parts.content(), parts.messages()
    unheard = booked(**soon(10))
    parts.log.record(CHAIN, unheard)
    for part, owner in parts.owners.items():
        with owner.begin() as connection:
            connection.execute(text(OLDER[part]))

    ended = launch.run("migrate")
    assert ended.returncode == 0, ended.stderr
    assert "scheduling: read models made anew from 8 events.\n" in ended.stdout
    assert "workers: read models made anew from 7 events.\n" in ended.stdout
    after = parts.content()
    assert after["treatment"] == before["treatment"]
    assert after["workers"] == before["workers"]
    assert set(before["scheduling"]["appointments"]) < set(after["scheduling"]["appointments"])
    assert parts.messages() == messages

    again = launch.run("migrate")
    assert again.stdout == "All databases are up to date.\n"
    assert {active(owner) for owner in parts.owners.values()} == {"views_b"}
    parts.consume()
    new = {key.replace(str(unheard.appointment_id), "") for key, _ in set(parts.messages()) - set(messages)}
    assert new == {"confirmation::1", "reminder::1:2880", "reminder::1:120"}


def test_a_log_that_cannot_be_replayed_is_said_plainly_and_everything_stays(parts: Parts, launch: Launcher) -> None:
    lives(parts.log)
    with parts.log.tampering() as connection:
        connection.execute(text("UPDATE events SET data = data - 'starts_at' WHERE position = 1"))
    before = parts.content()
    ended = launch.run("migrate")
    assert ended.returncode == 1
    assert "scheduling: the read models of this version could not be made from the log (ValidationError" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert parts.content() == before
