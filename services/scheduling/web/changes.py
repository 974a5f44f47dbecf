"""What a client changes by a link: the same commands as the desk's, without its exceptions.

Each of them is harmless twice, and on a page that is out of date: what the client did not see is not acted on. The
visit is read again in the transaction of the change, whose stream version says whether it is still as it was read.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.appointments.booking import NotBookable
from services.scheduling.appointments.commands import BookingWish, MoveWish, book, reschedule
from services.scheduling.appointments.decider import APPOINTMENT, Command
from services.scheduling.appointments.decisions.attending import Confirm
from services.scheduling.appointments.decisions.cancelling import Cancel
from services.scheduling.errands.asking import AskedLately, NoFitAddress, ask_for_export
from services.scheduling.links import Target, mint
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.telling import Roles, people_to_tell
from services.scheduling.web.forms import Wish
from services.scheduling.web.visit import Visit, visit_behind
from shared.database import Database
from shared.decider import StreamChanged, VersionMismatch, handle
from shared.event_store import Metadata, Transaction
from shared.http.permissions import operation
from shared.http.shown import record

Outcome = Literal["done", "nothing to do", "changed meanwhile", "late meanwhile"]
Result = TypeVar("Result")

TWIN = text("""
    SELECT id FROM appointments WHERE client_id = :client_id AND offering_id = :offering_id AND status = 'booked'
      AND starts_at = :starts_at AND clinic_id = :clinic_id AND therapist_id = :therapist_id
""")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever holds the link of a chain, at one moment."""

    database: Database
    chain_id: UUID
    token: bytes
    now: datetime
    correlation_id: str

    def visit(self) -> Visit:
        """The visit as it stands; NotThere when the link is wrong, old or revoked."""
        with self.database.reading(self.chain_id) as connection:
            visit = visit_behind(connection, self.token, self.now)
            if operation().reads is not None:
                shown = (visit.client_id, visit.holder_id)
                actor = f"client:{visit.holder_id}"
                record(connection, self.chain_id, shown, actor=actor, role="client", purpose="client_request")
            return visit

    def change(self, work: Callable[[Transaction, Visit], Result]) -> Result:
        """Run `work` on the visit as it stands; again from the start when it changed in the middle of it."""

        def attempt(tx: Transaction) -> Result:
            visit = visit_behind(tx.connection, self.token, self.now)
            tx.metadata = replace(tx.metadata, actor=f"client:{visit.holder_id}", clinic_id=visit.clinic_id)
            try:
                return work(tx, visit)
            except VersionMismatch as error:
                raise StreamChanged from error

        metadata = Metadata(actor="client", role="client", origin="link", correlation_id=self.correlation_id)
        return self.database.command(self.chain_id, metadata, attempt)


def confirm(visitor: Visitor, seen: str) -> Outcome:
    """Say that the client will come to the visit that the page showed."""

    def work(tx: Transaction, visit: Visit) -> Outcome:
        if visit.stage(visitor.now) != "upcoming" or visit.confirmed:
            return "nothing to do"
        if visit.mark != seen:
            return "changed meanwhile"
        decide(tx, visit, Confirm(visit.id))
        return "done"

    return visitor.change(work)


def cancel(visitor: Visitor, seen: str, *, warned: bool) -> Outcome:
    """Cancel the visit that the page showed; a late one needs that the client was warned."""

    def work(tx: Transaction, visit: Visit) -> Outcome:
        if visit.stage(visitor.now) != "upcoming":
            return "nothing to do"
        if visit.mark != seen:
            return "changed meanwhile"
        if visit.is_late(visitor.now) and not warned:
            return "late meanwhile"
        decide(tx, visit, Cancel(appointment_id=visit.id, initiator="client", now=visitor.now))
        return "done"

    return visitor.change(work)


def decide(tx: Transaction, visit: Visit, command: Command) -> None:
    handle(tx, APPOINTMENT, f"appointment-{visit.id}", command, if_match=visit.version)


def move(visitor: Visitor, seen: str, to: Wish) -> Outcome:
    """Move the visit that the page showed; raises NotBookable when the time is not free."""

    def work(tx: Transaction, visit: Visit) -> Outcome:
        is_there = to == Wish(visit.starts_at, visit.clinic_id, visit.therapist_id)
        if visit.stage(visitor.now) != "upcoming" or is_there:
            return "nothing to do"
        if visit.mark != seen:
            return "changed meanwhile"
        wish = MoveWish(
            starts_at=to.starts_at, initiator="client", clinic_id=to.clinic_id, therapist_id=to.therapist_id
        )
        reschedule(tx, visit.id, wish, visitor.now, visit.version)
        return "done"

    return visitor.change(work)


def book_again(visitor: Visitor, at: Wish) -> str | None:
    """Book another visit of the same kind and give the path of its own link; None while the old one is not over.

    Raises NotBookable when the time is not free, unless this very visit is what takes it.
    """

    def work(tx: Transaction, visit: Visit) -> str | None:
        if visit.stage(visitor.now) in {"upcoming", "now"}:
            return None
        wish = wish_of(tx.connection, visit, at, visitor.now)
        return link_to(tx.connection, visitor, visit, book(tx, wish, visitor.now))

    def find_twin(tx: Transaction, visit: Visit) -> str | None:
        found = {"client_id": visit.client_id, "offering_id": visit.offering_id, "starts_at": at.starts_at}
        place = {"clinic_id": at.clinic_id, "therapist_id": at.therapist_id}
        twin = tx.connection.execute(TWIN, found | place).scalar_one_or_none()
        return None if twin is None else link_to(tx.connection, visitor, visit, twin)

    try:
        return visitor.change(work)
    except NotBookable:
        if path := visitor.change(find_twin):
            return path
        raise


def ask_for_own_data(visitor: Visitor) -> None:
    """Have a link to everything about the holder sent to an address of theirs; nothing where none is fit for it."""

    def work(tx: Transaction, visit: Visit) -> None:
        with suppress(NoFitAddress, AskedLately):
            ask_for_export(tx, visit.holder_id, visitor.now)

    visitor.change(work)


def wish_of(connection: Connection, visit: Visit, at: Wish, now: datetime) -> BookingWish:
    """The same visit at another time; whoever was named to be told of it is told again, while they may be."""
    is_gift = visit.gift and visit.holder_id != visit.client_id
    roles = Roles(
        client_id=visit.client_id,
        booker_id=visit.holder_id if is_gift else None,
        told_id=visit.told_client_id if is_gift or not visit.gift else None,
        is_gift=is_gift,
    )
    circle = load_circle(connection, roles.people)
    named = None if roles.told_id is None else circle.people[roles.told_id].id
    may_be_told = named in people_to_tell(roles, circle, "appointment", now)
    return BookingWish(
        offering_id=visit.offering_id,
        clinic_id=at.clinic_id,
        client_id=visit.client_id,
        starts_at=at.starts_at,
        therapist_id=at.therapist_id,
        override_reason=None,
        external_ids={},
        booker_client_id=roles.booker_id,
        told_client_id=named if may_be_told else None,
        gift=is_gift,
    )


def link_to(connection: Connection, visitor: Visitor, visit: Visit, appointment_id: UUID) -> str:
    """A link for whoever holds the link to `visit`, which ends when that one does."""
    target = Target(visit.holder_id, appointment_id, visit.contact_point_id)
    return mint(connection, visitor.chain_id, [target])[0]
