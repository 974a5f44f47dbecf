"""The receipt of an erasure: mailed once to the address that was on file, which is kept sealed for that and then gone.

The address lies in the log alone, under a key of the request and not of the person, so that everything else goes at
once, whether or not a mail server answers. The key is destroyed with the word that the receipt went, that it cannot go,
or that its time is over. Staff print the same receipt at any time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.contacts.load import contacts_of
from services.scheduling.erasure.asking import stream_of
from services.scheduling.erasure.decider import ERASURE, SettleReceipt
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.telling import adults
from shared import keys
from shared.database import Database
from shared.decider import Refused, handle
from shared.erasure_receipt.receipt import Emptied, Erased, KeptOn
from shared.event_store import Metadata, Transaction, happened, recorded
from shared.events import name_of
from shared.events.scheduling_erasure import ErasureReceiptPrepared, ReceiptOutcome
from shared.sealing import Sealer

MOST = 100
PREPARED = text("SELECT * FROM events WHERE chain_id = :chain_id AND stream = :stream AND name = :name")
OVERDUE = text("""
    SELECT id FROM erasure_requests WHERE receipt_until <= :now ORDER BY receipt_until, id LIMIT :most
""")


class NothingGone(Refused):
    """Nothing of this client is gone yet, so there is no receipt."""

    code = "nothing_gone"


def address_of(connection: Connection, person: UUID, now: datetime) -> str | None:
    """Where the receipt goes: the e-mail address in use; to none that is blocked, and to no minor."""
    if not adults([person], load_circle(connection, {person}), now):
        return None
    point = contacts_of(connection, [person])[person].current("email")
    return None if point is None or point.blocked is not None else point.address


def kept_address(connection: Connection, chain_id: UUID, request_id: UUID, sealer: Sealer) -> str | None:
    """The address that was kept for the receipt; None once it is gone."""
    wanted = {"chain_id": chain_id, "stream": stream_of(request_id), "name": name_of(ErasureReceiptPrepared)}
    stored = [recorded(row) for row in connection.execute(PREPARED, wanted)]
    found = [entry.event.address for entry in happened(connection, stored, sealer)]
    return found[0] if found else None


def erased(row: Row[Any]) -> Erased:
    """What the receipt says of a request that was confirmed; raises NothingGone."""
    if not row.gone:
        raise NothingGone
    stores: Counter[str] = Counter()
    for each in row.swept:
        stores[each["store"]] += each["rows"]
    return Erased(
        number=row.id,
        on=row.decided_at.date(),
        classes=tuple(row.gone),
        stores=tuple(Emptied(store=store, rows=rows) for store, rows in stores.items()),
        kept=tuple(KeptOn.of(each) for each in row.kept),
        undecided=tuple(row.undecided),
        awaited=bool(row.awaits),
    )


def settle(tx: Transaction, request_id: UUID, outcome: ReceiptOutcome, now: datetime) -> None:
    """The receipt went, or will not: destroy the address. A second time this does nothing."""
    before = len(tx.staged)
    handle(tx, ERASURE, stream_of(request_id), SettleReceipt(request_id=request_id, outcome=outcome, now=now))
    if len(tx.staged) > before:
        keys.destroy(tx.connection, tx.chain_id, [request_id], ["contact"])


def settle_overdue(database: Database, chains: Iterable[UUID], metadata: Metadata, now: datetime) -> None:
    """Destroy addresses whose receipt did not go in time, each for itself."""
    for chain_id in chains:
        with database.reading(chain_id) as connection:
            overdue = list(connection.execute(OVERDUE, {"now": now, "most": MOST}).scalars())
        for request_id in overdue:
            work = partial(settle, request_id=request_id, outcome="expired", now=now)
            database.command(chain_id, metadata, work)
