"""From what came in to the visit it is about: by its reference, else by who sent it; what fits nothing is said so.

Only a reference of ours lets a mail confirm. Who merely names a client's address, which anybody can, gives a person
something to read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.contacts.addresses import block_address, unblock_address
from services.scheduling.deliveries.reports import Report, take
from services.scheduling.notices import first_time
from services.scheduling.replies import references, threads
from services.scheduling.replies.commands import Reply, receive
from services.scheduling.replies.mail import Mail
from services.scheduling.replies.words import Meaning, meaning, own_words
from shared.database import Database
from shared.decider import NotThere
from shared.event_store import Metadata, Transaction
from shared.events.scheduling_reaching import Effect, MatchedBy, ReplyKind
from shared.ids import new_id

BY_ADDRESS = text("""
    SELECT visit.id, visit.clinic_id, visit.status, visit.client_id, NULL AS visit_version, false AS asks
    FROM clients client JOIN appointments visit ON visit.client_id = client.id
    WHERE lower(client.email) = :sender AND visit.ends_at > :now
    ORDER BY visit.starts_at, visit.id LIMIT 1
""")

Reported = Literal["reported"]
AUTOMATIC, UNKNOWN, RESUMED, REPEATED = "automatic", "unknown", "resumed", "repeated"
OF_A_MAIL: dict[Meaning, ReplyKind] = {"confirmed": "confirmed", "declined": "declined"}
"""Stopping is said by SMS; in a mail it is a text for a person."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that nobody acts on, with the reason; it stays where it came in."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An SMS as the provider passes it on; numbers in E.164."""

    message_id: str
    sender: str
    body: str


def take_mail(database: Database, mail: Mail, now: datetime) -> Effect | Reported | Unread:
    """Take a mail, once however often it is read; Unread when a machine wrote it, or it answers nothing of ours."""
    if mail.report is not None:
        return take_report(database, mail.report, now)
    if mail.automatic:
        return Unread(AUTOMATIC)
    known = [found for address in mail.to if (found := references.parse(address))]
    if not known:
        return Unread(UNKNOWN)
    chain_id, token = known[0]

    def work(tx: Transaction) -> Effect | Unread:
        visit = references.find(tx.connection, token, now)
        if visit is not None:
            return receive(tx, visit, reply_of(mail, visit), "reference", now)
        guessed = by_address(tx.connection, mail.sender, now)
        return Unread(UNKNOWN) if guessed is None else receive(tx, guessed, reply_of(mail, guessed), "address", now)

    return database.command(chain_id, metadata("mail"), work)


def take_report(database: Database, report: Report, now: datetime) -> Reported | Unread:
    """Let what a mail server reports count like what a provider does; Unread when it is about no mail of ours."""
    try:
        take(database, report, who="mail server", correlation_id=str(new_id()), now=now)
    except NotThere:
        return Unread(UNKNOWN)
    return "reported"


def reply_of(mail: Mail, visit: Row[Any]) -> Reply:
    """What a mail says about a visit; the calendar's answer counts when it is about this one."""
    said = mail.text or None
    if mail.calendar is not None and mail.calendar.visit_id == visit.id:
        return Reply(
            message_id=mail.message_id,
            channel="email",
            kind=mail.calendar.kind,
            text=said,
            calendar=True,
            sequence=mail.calendar.sequence,
        )
    kind = meaning(mail.text)
    return Reply(message_id=mail.message_id, channel="email", kind=OF_A_MAIL.get(kind, "text"), text=said)


def by_address(connection: Connection, sender: str, now: datetime) -> Row[Any] | None:
    """The next visit of whoever has this address; of several people who share it, the nearest visit of any."""
    return connection.execute(BY_ADDRESS, {"sender": sender, "now": now}).first() if sender else None


def take_text(database: Database, chain_id: UUID, sms: Text, now: datetime, *, answers: bool) -> Effect | Unread:
    """Take an SMS for a chain, once for its id: STOP and START are obeyed, `answers` says that the rest is meant too.

    Unread when it was taken before, or the chain has no visit that this number was told of.
    """
    words = own_words(sms.body)
    kind = meaning(words)

    def work(tx: Transaction) -> Effect | Unread:
        if not first_time(tx, f"sms:{sms.message_id}"):
            return Unread(REPEATED)
        obey(tx, kind, sms.sender, words, now)
        if kind == "start":
            return Unread(RESUMED)
        visits = threads.visits_of(tx.connection, chain_id, tx.sealer, sms.sender, now) if answers else []
        if not visits:
            return Unread(UNKNOWN)
        visit, matched_by = meant(visits)
        reply = Reply(message_id=sms.message_id, channel="sms", kind=kind, text=words or None)
        return receive(tx, visit, reply, matched_by, now)

    return database.command(chain_id, metadata("sms"), work)


def obey(tx: Transaction, kind: Meaning, number: str, words: str, now: datetime) -> None:
    """Close a number to the chain when it says STOP, and open it again when it says START.

    Every chain that wrote to it obeys, because the provider closes it too, whoever was meant.
    """
    match kind:
        case "stop":
            block_address(tx, "phone", number, "stop", words)
        case "start":
            unblock_address(tx, "phone", number, now, words)
        case _:
            pass


def meant(visits: list[Row[Any]]) -> tuple[Row[Any], MatchedBy]:
    """The visit an SMS is about: the one that waits for a confirmation, else that of the newest message.

    When several wait, nobody can tell which is meant.
    """
    waiting = [visit for visit in visits if visit.status == "booked" and visit.asks and not visit.confirmed]
    if len(waiting) > 1:
        return visits[0], "address"
    return (waiting or visits)[0], "reference"


def metadata(way: str) -> Metadata:
    return Metadata(actor="client", role="client", origin=way, correlation_id=str(new_id()))
