"""What is said of an address holds for everybody in the chain who has it: STOP, bounces and complaints.

Who uses a new address and who closes one hold the same lock, so that none slips past a STOP.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection, text

from services.scheduling.contacts.commands import BlockAddress, UnblockAddress
from services.scheduling.contacts.decider import CONTACTS
from services.scheduling.contacts.rules import OF_THE_ADDRESS, address_key
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_contacts import BlockCause, PointKind
from shared.locks import lock

HAVING = text("""
    SELECT DISTINCT client_id FROM contact_points WHERE kind = :kind AND address_key = :key ORDER BY client_id
""")
CLOSED = text("""
    SELECT blocked FROM contact_points
    WHERE kind = :kind AND address_key = :key AND blocked = ANY(:causes) ORDER BY id LIMIT 1
""")


def hold(connection: Connection, chain_id: UUID, addresses: Iterable[tuple[PointKind, str]]) -> None:
    """Let nobody else use or close these addresses until the end of the transaction."""
    lock(connection, ("address", [uuid5(chain_id, f"{kind}:{address_key(address)}") for kind, address in addresses]))


def closed(connection: Connection, kind: PointKind, address: str) -> BlockCause | None:
    """Why an address is closed in the chain, if it is; whoever asks must hold it."""
    values = {"kind": kind, "key": address_key(address), "causes": sorted(OF_THE_ADDRESS)}
    cause: BlockCause | None = connection.execute(CLOSED, values).scalar_one_or_none()
    return cause


def block_address(
    tx: Transaction, kind: PointKind, address: str, cause: BlockCause, evidence: str | None = None
) -> list[UUID]:
    """Close an address to everybody in the chain, and give the clients who have it."""
    clients = holders(tx, kind, address)
    for client_id in clients:
        command = BlockAddress(client_id, kind, address, cause, evidence)
        handle(tx, CONTACTS, stream_of(client_id), command)
    return clients


def unblock_address(
    tx: Transaction, kind: PointKind, address: str, now: datetime, evidence: str | None = None
) -> list[UUID]:
    """Open an address again that lay closed for its own sake, and give the clients who have it."""
    clients = holders(tx, kind, address)
    for client_id in clients:
        handle(tx, CONTACTS, stream_of(client_id), UnblockAddress(client_id, kind, address, evidence, now))
    return clients


def holders(tx: Transaction, kind: PointKind, address: str) -> list[UUID]:
    hold(tx.connection, tx.chain_id, [(kind, address)])
    values = {"kind": kind, "key": address_key(address)}
    return list(tx.connection.execute(HAVING, values).scalars())


def stream_of(client_id: UUID) -> str:
    """The stream of a client's contact points, permissions and preference."""
    return f"contacts-{client_id}"
