"""All that is done at home, as it stands today, behind any link to homework, and what its holder says of today.

The last word counts. Today is that of the client's clock, and of no other day is anything said here: what somebody
sends from a page that was opened yesterday is not taken for a word about today. A link to what is over leads to what
has taken its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.treatment.homework.decider import HOMEWORK, Homework, HomeworkDays, HomeworkOver, Report
from services.treatment.order import OutOfOrder
from services.treatment.reading import read_streams
from services.treatment.web.visitor import Reader, Visitor, reader_of
from shared.aliases import followers_of, person_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import NotThere, handle
from shared.event_store import Transaction
from shared.events.treatment_homework import Done, HomeworkAssigned
from shared.languages import locale_of
from shared.locks import lock
from shared.sealing import Sealer

Stage = Literal["to come", "running"]

Outcome = Literal["done", "changed meanwhile"]

MOST = 20
"""So much homework is looked at, the newest: nobody does more at a time."""

GOING = text("""
    SELECT id FROM homework WHERE recorded_client_id = ANY(:ids) AND NOT stopped ORDER BY id DESC LIMIT :most
""")
WHOSE = text("SELECT person_of(recorded_client_id) FROM homework WHERE id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercises:
    """Homework that is done, or will be; `done` is what was said of today."""

    given: HomeworkAssigned
    stage: Stage
    done: Done | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHome:
    """All of a client's as its page shows it, what was given first before the rest."""

    exercises: tuple[Exercises, ...]
    today: date
    reader: Reader

    def target_name(self, target: str, catalogue: int) -> str:
        """In the reader's language where the catalogue has it."""
        found = CATALOGUE.find(target, catalogue)
        return found.german[0] if found.german and locale_of(self.reader.locale).language == "de" else found.name


def at_home(visitor: Visitor) -> AtHome:
    """What the link leads to now; NotThere when it does not work."""

    def shown(connection: Connection, sealer: Sealer, reader: Reader) -> AtHome:
        ids = going(connection, reader.client_id)
        told = read_streams(connection, sealer, visitor.chain_id, [f"homework-{each}" for each in ids])
        today = today_of(reader.time_zone, visitor.now)
        known = (
            reduce(HOMEWORK.evolve, (entry.event for _, entry in stream), HOMEWORK.initial) for stream in told.values()
        )
        return AtHome(exercises=tuple(exercises(known, today)), today=today, reader=reader)

    return visitor.look(shown)


def going(connection: Connection, person: UUID) -> list[UUID]:
    """The homework of a person that was not stopped, what was given first before the rest."""
    ids = followers_of(connection, person)
    return sorted(connection.execute(GOING, {"ids": ids, "most": MOST}).scalars())


def exercises(known: Iterable[Homework], today: date) -> Iterable[Exercises]:
    for each in known:
        given = each.assigned
        if given is None or each.is_stopped or today > given.until:
            continue
        report = each.reports.get(today)
        yield Exercises(
            given=given,
            stage="running" if today >= given.starts_on else "to come",
            done=report.done if report else None,
        )


def today_of(time_zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()


def report(visitor: Visitor, homework_id: UUID, seen: date, done: Done) -> Outcome:
    """Note how much was done on the day that the page showed."""

    def work(tx: Transaction, link: Row[Any]) -> Outcome:
        lock(tx.connection, ("client", [person_of(tx.connection, link.client_id)]))
        if tx.connection.execute(WHOSE, {"id": homework_id}).scalar() != link.client_id:
            raise NotThere
        today = today_of(reader_of(tx.connection, visitor.chain_id, link).time_zone, visitor.now)
        if seen != today:
            return "changed meanwhile"
        said = Report(
            on=today,
            done=done,
            difficulty=None,
            pain_during=None,
            source="client",
            happened_at=visitor.now,
            today=today,
            now=visitor.now,
        )
        try:
            handle(tx, HOMEWORK, f"homework-{homework_id}", said)
        except (HomeworkOver, HomeworkDays, OutOfOrder):
            return "changed meanwhile"
        return "done"

    return visitor.change(work)
