"""What the holder of a link may do that leads to no visit: fetch all that is known of them, call an address their own.

Such a link works for whoever may still get what it leads to at the address that it was sent to, and for nobody else.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from services.scheduling.contacts.commands import VerifyPoint
from services.scheduling.contacts.details import decided
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.errands.fitness import fit
from services.scheduling.export.archive import archive
from services.scheduling.export.gathering import everything_about, ids_of
from services.scheduling.export.treatment import Treatment
from services.scheduling.links import find_errand, use
from shared.database import Database
from shared.decider import NotThere
from shared.event_store import Metadata, Transaction
from shared.events.scheduling_links import Errands
from shared.http.shown import record
from shared.locks import lock

BY_LINK = "link"


@dataclass(frozen=True, slots=True)
class Behind:
    """What a page needs to know: whose link it is, the address it was sent to, and whether that is known as theirs."""

    person: UUID
    contact_point_id: UUID
    verified: bool
    locale: str
    chain_name: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds a link for a purpose, at one moment."""

    database: Database
    chain_id: UUID
    token: bytes
    purpose: Errands
    now: datetime
    correlation_id: str
    treatment: Treatment

    def look(self) -> Behind:
        """What there is behind the link; NotThere when it is wrong, old, used up or revoked."""
        with self.database.reading(self.chain_id) as connection:
            return self.behind(connection)

    def behind(self, connection: Connection) -> Behind:
        row = find_errand(connection, self.token, self.purpose, self.now)
        point = fit(connection, self.purpose, row.client_id, self.now).get(row.contact_point_id) if row else None
        if row is None or point is None:
            raise NotThere
        chain_name = str(chain_row(connection)["name"])
        return Behind(row.client_id, point.id, point.verified is not None, point.locale, chain_name)

    def fetch(self) -> bytes:
        """The archive of everything that is known about the holder, counted, and recorded as a look of theirs.

        It has the clinical record, because it goes to the holder alone.

        Raises TreatmentAway; then nothing was counted.
        """
        with self.database.reading(self.chain_id) as connection:
            behind = self.behind(connection)
            if not use(connection, self.token, self.purpose, self.now):
                raise NotThere
            ids = ids_of(connection, behind.person)
            treated = self.treatment.about(self.chain_id, ids, self.correlation_id)
            found = everything_about(connection, self.chain_id, ids, self.database.sealer, self.now, treated=treated)
            pages = self.treatment.record(self.chain_id, ids, self.correlation_id)
            made = archive(behind.chain_name, found, pages)
            actor = f"client:{behind.person}"
            record(connection, self.chain_id, ids, actor=actor, role="client", purpose="client_request")
        return made

    def verify(self) -> None:
        """Call the address the client's own."""

        def work(tx: Transaction) -> None:
            behind = self.behind(tx.connection)
            lock(tx.connection, ("client", [behind.person]))
            tx.metadata = replace(tx.metadata, actor=f"client:{behind.person}")
            command = VerifyPoint(behind.person, behind.contact_point_id, BY_LINK, self.now)
            decided(tx, behind.person, command, self.now)

        metadata = Metadata(actor="client", role="client", origin="link", correlation_id=self.correlation_id)
        self.database.command(self.chain_id, metadata, work)
