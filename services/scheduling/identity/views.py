"""The read models of a chain's own identity provider (`shared/providers`), and how we are known there."""

from sqlalchemy import Connection

from shared import providers
from shared.event_store import Happened
from shared.events import scheduling_identity as i
from shared.kept import kept
from shared.writing import put, remove


def applications(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case i.IdentityProviderSet() as event:
            put(
                connection,
                "identity_applications",
                ("chain_id",),
                chain_id=entry.chain_id,
                issuer=event.issuer,
                application_secret=kept(entry, "application_secret"),
                version=entry.version,
            )
        case i.IdentityProviderRemoved():
            remove(connection, "identity_applications", chain_id=entry.chain_id)
        case _:
            pass


VIEWS = (*providers.VIEWS, applications)
