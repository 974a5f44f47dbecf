"""That a link or a notice is to be sent: recorded, as often as may be; who sends it finds it by the event."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from services.scheduling.errands.fitness import fit, fit_from, noticed
from services.scheduling.fresh_links.decider import FRESH_LINKS, AskErrand, stream_of
from shared.decider import Refused, handle
from shared.event_store import Transaction
from shared.events.scheduling_links import Letters
from shared.ids import new_id
from shared.locks import lock


class NoFitAddress(Refused):
    """There is no address to which this may be sent: it must be the client's own, in use, and the client of age.

    Everything about a client goes to a verified e-mail address alone that nobody else has.
    """

    code = "no_fit_address"


class AddressTooNew(NoFitAddress):
    """The address was verified less than a week ago: nothing of what is known about the client goes there yet.

    From `possible_from` on it may; until then everything is handed out at the desk, to the client in person.
    """

    code = "address_too_new"


class AskedLately(Refused):
    """A link was sent a moment ago, or often enough for one day."""

    code = "asked_lately"


def ask_for_export(tx: Transaction, person: UUID, now: datetime) -> UUID:
    """Have a link to everything that is known about a person sent; gives its id.

    Raises NoFitAddress, AddressTooNew, AskedLately.
    """
    lock(tx.connection, ("client", [person]))
    point_id = next(iter(fit(tx.connection, "export", person, now)), None)
    if point_id is None:
        possible_from = fit_from(tx.connection, person, now)
        raise NoFitAddress if possible_from is None else AddressTooNew(possible_from=possible_from)
    return ask(tx, "export", person, point_id, now)


def ask_for_check(tx: Transaction, person: UUID, point_id: UUID, now: datetime) -> UUID:
    """Have whoever reads at an address asked whether it is theirs; gives the id. Raises NoFitAddress, AskedLately."""
    lock(tx.connection, ("client", [person]))
    if point_id not in fit(tx.connection, "contact_check", person, now):
        raise NoFitAddress
    return ask(tx, "contact_check", person, point_id, now)


def tell_of_change(tx: Transaction, person: UUID, point_ids: Collection[UUID], now: datetime) -> None:
    """Have these addresses of a person hear that another took their place or came beside them, if they are fit to.

    To be called under the lock on the client; what was told of a moment ago is not told again.
    """
    for point_id in noticed(tx.connection, person, point_ids, now):
        with suppress(AskedLately):
            ask(tx, "address_notice", person, point_id, now)


def ask(tx: Transaction, purpose: Letters, person: UUID, point_id: UUID, now: datetime) -> UUID:
    request_id, before = new_id(), len(tx.staged)
    command = AskErrand(purpose=purpose, request_id=request_id, client_id=person, contact_point_id=point_id, now=now)
    handle(tx, FRESH_LINKS, stream_of(person), command)
    if len(tx.staged) == before:
        raise AskedLately
    return request_id
