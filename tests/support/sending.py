"""A sender with real doors: the workers' database, a mail server, an SMS provider, and scheduling's answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

from shared.database import make_engine
from shared.settings import DatabaseSettings, SmsSettings, SmtpSettings
from tests.support.asking import Asking, an_asking
from tests.support.messages import at
from tests.support.providers import (
    MailServer,
    Scheduling,
    SmsProvider,
    a_mail_server,
    a_scheduling,
    an_sms_provider,
)
from tests.support.workers import STARTS_AT, Workers, a_workers
from workers.messages.channels.channel import Channel
from workers.messages.channels.email import Email
from workers.messages.channels.sms import Sms
from workers.messages.recipients import Recipients
from workers.messages.sending import Sender
from workers.messages.treatment import Treatment

NOON = at("2026-11-10 12:00")


@dataclass
class Clock:
    """Time that stands still until it is set."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Office:
    """All that sending needs, and what came of it."""

    workers: Workers
    scheduling: Scheduling
    treatment: Asking
    mail: MailServer
    sms: SmsProvider
    database: DatabaseSettings
    clock: Clock = field(default_factory=Clock)
    seen: list[str] = field(default_factory=list)
    senders: list[Sender] = field(default_factory=list)

    def sender(self, *, options: str = "", **channels: Channel) -> Sender:
        """`options` are settings of its database session, as libpq takes them."""
        made = Sender(
            engine=make_engine(f"{self.database.api}?options={quote(options)}", size=2),
            recipients=Recipients(self.scheduling.url, lambda: "a-token"),
            treatment=Treatment(self.treatment.url, lambda: "a-token"),
            channels={"email": self.email(), "sms": self.texting(), **channels},
            clock=self.clock,
            wait=lambda seconds: self.clock.pass_by(seconds=seconds),
            chance=Random(1),
            seen=self.seen.extend,
        )
        self.senders.append(made)
        return made

    def send(self) -> int:
        """One batch of a new sender."""
        return self.sender().send_batch()

    def email(self, **changes: Any) -> Email:
        fields: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.mail.port,
            "user": "",
            "password": "",
            "security": "none",
            "sender": "visits@demo.example",
        }
        return Email(SmtpSettings(**fields | changes))

    def texting(self) -> Sms:
        return Sms(SmsSettings(url=self.sms.url, account="AC1", token="secret", sender="+15005550006"))

    def book(self, **answer: Any) -> UUID:
        """A visit whose confirmation is due at noon, and which scheduling knows."""
        visit = self.workers.book(NOON, starts_at=STARTS_AT)
        self.scheduling.knows(visit.appointment_id, **answer)
        return visit.appointment_id

    def confirmation(self, appointment_id: UUID) -> dict[str, Any]:
        [row] = [row for row in self.workers.rows(appointment_id) if row["kind"] == "confirmation"]
        return row


@contextmanager
def an_office(database: DatabaseSettings) -> Iterator[Office]:
    with (
        a_workers(database) as workers,
        a_scheduling() as scheduling,
        an_asking() as treatment,
        a_mail_server() as mail,
        an_sms_provider() as sms,
    ):
        office = Office(workers, scheduling, treatment, mail, sms, database)
        yield office
        for sender in office.senders:
            sender.engine.dispose()
            sender.recipients.close()
            sender.treatment.close()
