"""An issuer belongs to one chain at a time; the operator can take it away from one, which then has none of its own."""

from uuid import UUID

from sqlalchemy import Connection, Engine, text

from services.scheduling.identity.decider import PROVIDER, RemoveProvider
from shared.database import Database
from shared.decider import NotThere, Refused, fold, handle
from shared.event_store import Metadata, Transaction
from shared.ids import new_id
from shared.locks import lock

RELEASE = text("DELETE FROM chain_issuers WHERE chain_id = :chain_id AND issuer IS DISTINCT FROM :issuer")
CLAIM = text("""
    INSERT INTO chain_issuers (issuer, chain_id) VALUES (:issuer, :chain_id) ON CONFLICT (issuer) DO NOTHING
""")
HOLDER = text("SELECT chain_id FROM chain_issuers WHERE issuer = :issuer")
ALL = text("SELECT slug, issuer FROM chain_issuers JOIN chain_slugs USING (chain_id) ORDER BY slug")


class IssuerTaken(Refused):
    """The issuer belongs to another chain, or to the operator; ask the operator if it is yours."""

    code = "issuer_taken"


def claim(connection: Connection, chain_id: UUID, issuer: str) -> None:
    """Make an issuer the chain's, in place of the one that it had; raises IssuerTaken."""
    release(connection, chain_id, but=issuer)
    connection.execute(CLAIM, {"issuer": issuer, "chain_id": chain_id})
    if connection.execute(HOLDER, {"issuer": issuer}).scalar_one() != chain_id:
        raise IssuerTaken


def release(connection: Connection, chain_id: UUID, *, but: str | None = None) -> None:
    """Leave the chain's issuer to whoever claims it, unless it is the one named."""
    connection.execute(RELEASE, {"chain_id": chain_id, "issuer": but})


def stream(chain_id: UUID) -> str:
    """Where a chain's settings of its provider are recorded."""
    return f"identity-provider-{chain_id}"


def issuers(engine: Engine) -> list[tuple[str, str]]:
    """The slug of each chain with a provider of its own, and the issuer."""
    with engine.connect() as connection:
        return [(row.slug, row.issuer) for row in connection.execute(ALL)]


def disconnect(database: Database, chain_id: UUID) -> str:
    """Take a chain's provider away in the operator's name, and give its issuer; raises NotThere when it has none."""

    def work(tx: Transaction) -> str:
        lock(tx.connection, ("staff", [chain_id]))
        provider = fold(PROVIDER, tx.load(stream(chain_id)))
        if provider is None:
            raise NotThere
        handle(tx, PROVIDER, stream(chain_id), RemoveProvider())
        release(tx.connection, chain_id)
        return provider.issuer

    metadata = Metadata(actor="operator", role="operator", origin="command-line", correlation_id=str(new_id()))
    return database.command(chain_id, metadata, work)
