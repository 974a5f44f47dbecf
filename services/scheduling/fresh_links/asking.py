"""From a link that does not work, or an address, to what somebody may be sent a fresh link to.

Everything that was ever a link still says whose it was; of one that never was, or is cut off, the part that names the
chain says where to look for the address that was typed. Nothing that comes out of this reaches whoever asked.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import Connection, Row, text

from services.scheduling import links
from services.scheduling.contacts.rules import address_key
from services.scheduling.contacts.schemas import address_of
from services.scheduling.errands.asking import AskedLately, NoFitAddress, ask_for_check, ask_for_export
from services.scheduling.fresh_links.decider import FRESH_LINKS, Ask, stream_of
from shared.client_web.fresh import Lost
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_contacts import PointKind
from shared.ids import new_id
from shared.links import hash_of, parse
from shared.locks import lock

MOST_PERSONS = 3
"""Of those who share an address."""

OF_LINK = text("""
    SELECT purpose, person_of(client_id) AS client_id, appointment_id, contact_point_id FROM links
    WHERE token_hash = :token_hash
""")
OF_ADDRESS = text("""
    SELECT DISTINCT person_of(client_id) AS client_id FROM contact_points
    WHERE kind = :kind AND address_key = :key AND NOT replaced ORDER BY client_id LIMIT :most
""")

# The visit of the link, as long as a link may show it, then the next visit of the person or of a child of theirs, then
# the last.
VISIT_OF = text("""
    SELECT id FROM appointments
    WHERE ends_at > CAST(:now AS timestamptz) - interval '90 days' AND (id = :wished OR client_id IN (
      SELECT CAST(:person AS uuid) UNION ALL
      SELECT client_id FROM relations WHERE related_client_id = :person AND NOT ended
    ))
    ORDER BY id = :wished DESC NULLS LAST, (status = 'booked' AND starts_at > :now) DESC,
      abs(extract(epoch FROM starts_at - :now))
    LIMIT 1
""")


def ask_for_all(tx: Transaction, asked: Lost) -> None:
    lost = behind(tx.connection, asked.link)
    match lost.purpose if lost else None:
        case "export" if lost:
            with suppress(NoFitAddress, AskedLately):
                ask_for_export(tx, lost.client_id, asked.now)
        case "contact_check" if lost:
            with suppress(NoFitAddress, AskedLately):
                ask_for_check(tx, lost.client_id, lost.contact_point_id, asked.now)
        case None | links.VISIT:
            ask_for_visits(tx, asked, lost)
        case _:
            pass  # a purpose that nobody is sent a fresh link for


def behind(connection: Connection, link: str) -> Row[Any] | None:
    """Whose the link was and what for; None for one that was never ours."""
    found = parse(link)
    return connection.execute(OF_LINK, {"token_hash": hash_of(found[1])}).first() if found else None


def ask_for_visits(tx: Transaction, asked: Lost, lost: Row[Any] | None) -> None:
    for person, wished in wanted(tx.connection, asked, lost):
        lock(tx.connection, ("client", [person]))
        values = {"person": person, "wished": wished, "now": asked.now}
        visit = tx.connection.execute(VISIT_OF, values).scalar_one_or_none()
        if visit is not None:
            handle(tx, FRESH_LINKS, stream_of(person), Ask(new_id(), visit, person, asked.now))


def wanted(connection: Connection, asked: Lost, lost: Row[Any] | None) -> Iterator[tuple[UUID, UUID | None]]:
    """Persons, each with the visit of their link if they have one."""
    if lost is not None:
        yield lost.client_id, lost.appointment_id
    elif values := address_typed(asked.typed):
        for person in connection.execute(OF_ADDRESS, values | {"most": MOST_PERSONS}).scalars().all():
            yield person, None


def address_typed(typed: str) -> dict[str, Any] | None:
    """The kind and key of an e-mail address or a telephone number; None for anything else."""
    kind: PointKind = "email" if "@" in typed else "phone"
    try:
        return {"kind": kind, "key": address_key(address_of(kind, typed.strip()))}
    except ValidationError:
        return None
