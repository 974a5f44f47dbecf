"""What the holder of a link wants to be written to about: asking to stop closes a purpose on every channel."""

from services.scheduling.contacts import permitting as contacts
from services.scheduling.contacts.commands import Permit
from services.scheduling.contacts.load import contacts_of
from services.scheduling.contacts.rules import VIA, Contacts
from services.scheduling.web.changes import Visitor
from services.scheduling.web.visit import Visit
from shared.event_store import Transaction
from shared.events.scheduling_contacts import Purpose

VISITS: Purpose = "appointment"


def permitted(visitor: Visitor, visit: Visit) -> dict[Purpose, bool]:
    """The purposes of which the holder has a say: visits, and whatever was ever permitted; True where it still is."""
    with visitor.database.reading(visitor.chain_id) as connection:
        known = contacts_of(connection, [visit.holder_id]).get(visit.holder_id, Contacts())
    found: dict[Purpose, bool] = {VISITS: False}
    for (_, purpose), given in known.permissions.items():
        found[purpose] = found.get(purpose, False) or given
    return found


def permit(visitor: Visitor, purpose: Purpose, *, given: bool) -> None:
    """Give or withdraw the permission on every channel; the link in the message is the evidence."""

    def work(tx: Transaction, visit: Visit) -> None:
        command = Permit(
            client_id=visit.holder_id,
            channels=tuple(VIA.values()),
            purpose=purpose,
            given=given,
            source="online",
            evidence=None,
        )
        contacts.permit(tx, command)

    visitor.change(work)
