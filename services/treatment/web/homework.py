"""The homework that a link leads to, as it stands today, and what its holder says of today: the last word counts.

Today is that of the client's clock, and of no other day is anything said here: what somebody sends from a page that
was opened yesterday is not taken for a word about today.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from services.treatment.homework.decider import HOMEWORK, Homework, HomeworkDays, HomeworkOver, Report
from services.treatment.order import OutOfOrder
from services.treatment.reading import read_streams
from services.treatment.web.visitor import Reader, Visitor, reader_of
from shared.aliases import person_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import NotThere, handle
from shared.event_store import Transaction
from shared.events.treatment_homework import Done, HomeworkAssigned
from shared.languages import locale_of
from shared.locks import lock
from shared.sealing import Sealer

Stage = Literal["to come", "running", "over"]

Outcome = Literal["done", "changed meanwhile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercises:
    """Homework as its page shows it; `done` is what was said of `today`."""

    given: HomeworkAssigned
    stage: Stage
    today: date
    done: Done | None
    reader: Reader

    def target_name(self, target: str) -> str:
        """In the reader's language where the catalogue has it."""
        found = CATALOGUE.find(target, self.given.catalogue)
        return found.german[0] if found.german and locale_of(self.reader.locale).language == "de" else found.name


def exercises(visitor: Visitor) -> Exercises:
    """What the link leads to now; NotThere when it does not work."""

    def shown(connection: Connection, sealer: Sealer, reader: Reader) -> Exercises:
        stream = f"homework-{reader.about}"
        told = read_streams(connection, sealer, visitor.chain_id, [stream])[stream]
        homework = reduce(HOMEWORK.evolve, (entry.event for _, entry in told), HOMEWORK.initial)
        if homework.assigned is None:
            raise NotThere
        today = today_of(reader.time_zone, visitor.now)
        report = homework.reports.get(today)
        return Exercises(
            given=homework.assigned,
            stage=stage_of(homework, homework.assigned, today),
            today=today,
            done=report.done if report else None,
            reader=reader,
        )

    return visitor.look(shown)


def stage_of(homework: Homework, given: HomeworkAssigned, today: date) -> Stage:
    if homework.is_stopped or today > given.until:
        return "over"
    return "running" if today >= given.starts_on else "to come"


def today_of(time_zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()


def report(visitor: Visitor, seen: date, done: Done) -> Outcome:
    """Note how much was done on the day that the page showed."""

    def work(tx: Transaction, link: Row[Any]) -> Outcome:
        lock(tx.connection, ("client", [person_of(tx.connection, link.client_id)]))
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
            handle(tx, HOMEWORK, f"homework-{link.about}", said)
        except (HomeworkOver, HomeworkDays, OutOfOrder):
            return "changed meanwhile"
        return "done"

    return visitor.change(work)
