"""The identity provider that a chain has of its own, without the secret, which stays at scheduling."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import text

from services.treatment.staff_pages.scheduling import scheduling
from shared.database import Database
from shared.providers import Sources, issuer_of
from shared.staff_web.providers import Provider

OF_CHAIN = text("""
    SELECT chain_id, issuer, groups_claim, roles, application_id, scope FROM identity_providers WHERE enabled
""")


@dataclass(frozen=True)
class OwnProviders:
    """Finds the provider of a chain among what scheduling has told of them."""

    database: Database
    sources: Sources

    def __call__(self, chain_id: UUID) -> Provider | None:
        """The chain's own, where it has one and lets it vouch for its staff."""
        with self.database.reading(chain_id) as connection:
            row = connection.execute(OF_CHAIN).first()
        if row is None:
            return None
        discovery, keys = self.sources.known(row.issuer)
        issuer = issuer_of(row.issuer, row, keys, row.application_id)
        redeem = partial(redeemed, chain_id, row.issuer)
        return Provider(issuer, row.application_id, discovery, redeem, is_for_all=False, scope=row.scope)


def redeemed(chain_id: UUID, issuer: str, code: str, redirect_uri: str, verifier: str) -> str:
    """The ID token for a code, as scheduling gets it; raises HTTPError."""
    return scheduling().redeem(chain_id, issuer, code, redirect_uri, verifier)
