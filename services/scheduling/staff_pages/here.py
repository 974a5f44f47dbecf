"""What a browser is to scheduling: a shared tablet or not, and how people come in, lock and leave there."""

from datetime import datetime
from uuid import UUID

from flask import g, request, url_for

from services.scheduling.devices import tokens
from services.scheduling.devices.tokens import Tablet
from services.scheduling.staff.claims import as_given, note_claim
from services.scheduling.staff_pages import tablets, typed
from shared.event_store import Metadata, Transaction
from shared.http.operations import parts
from shared.staff_web.arrivals import Arrival
from shared.staff_web.visiting import Habits, frame


def tablet_here(chain_id: UUID | None = None) -> tuple[UUID, Tablet] | None:
    """The chain and the tablet that this browser is, by its cookie, if it is one and was not revoked.

    With `chain_id` one of this chain alone.
    """
    found = frame().cookies.device(request)
    if found is None or chain_id not in {None, found[0]} or not parts().is_founded(found[0]):
        return None
    with parts().database.reading(found[0]) as connection:
        tablet = tokens.find(connection, found[1])
    return None if tablet is None else (found[0], tablet)


def arrive(tx: Transaction, arrival: Arrival, now: datetime) -> bytes:
    """A session; at a shared tablet, which is held first, a shift begins as well. What is claimed for them is noted."""
    identity = arrival.identity
    note_claim(tx, identity.issuer, identity.subject, as_given(identity.claimed), now)
    device = frame().cookies.device(request)
    here = device is not None and device[0] == tx.chain_id
    tablet = tokens.find(tx.connection, device[1], hold=True) if here and device else None
    return tablets.arrive(tx, tablet, arrival, now)


def way_in() -> str | None:
    """At a shared tablet one comes in by a PIN."""
    return url_for("staff_locking.show_people") if tablet_here() else None


def arriving_at(tablet: Tablet) -> Metadata:
    """Whose transaction it is while somebody tries a PIN."""
    return Metadata(actor=f"device {tablet.device_id}", role="", origin="staff-page", correlation_id=g.request_id)


HABITS = Habits(
    arrive=arrive,
    depart=tablets.go_home,
    keep=typed.keep_arrived,
    asks_again=lambda chain_id: tablet_here(chain_id) is not None,
    way_in=way_in,
)
