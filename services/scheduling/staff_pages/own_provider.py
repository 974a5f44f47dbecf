"""The identity provider that a chain has of its own, and our application there, as the chain has set them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from shared.database import Database
from shared.kept import opened
from shared.providers import Sources, issuer_of
from shared.staff_web.providers import Application, Provider

OF_CHAIN = text("""
    SELECT provider.chain_id, issuer, provider.groups_claim, provider.roles, application_id, application_secret, scope
    FROM identity_applications JOIN identity_providers provider USING (chain_id, issuer) WHERE provider.enabled
""")


@dataclass(frozen=True)
class OwnProviders:
    """Finds the provider of a chain in scheduling's database, where the secrets are."""

    database: Database
    sources: Sources

    def __call__(self, chain_id: UUID) -> Provider | None:
        """The chain's own, where it has one and lets it vouch for its staff."""
        with self.database.reading(chain_id) as connection:
            row = connection.execute(OF_CHAIN).first()
            if row is None:
                return None
            columns = {"application_secret": None}
            (known,) = opened(connection, self.database.sealer, chain_id, [row], columns)
        discovery, keys = self.sources.known(row.issuer)
        issuer = issuer_of(row.issuer, row, keys, row.application_id)
        ours = Application(row.application_id, known["application_secret"], discovery, self.sources.outward.transport)
        return Provider(issuer, row.application_id, discovery, ours.redeem, is_for_all=False, scope=row.scope)
