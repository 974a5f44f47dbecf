"""Where the staff of a chain sign in, and how we are known there: at the chain's own provider, or at the operator's."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
from sqlalchemy import text

from shared.database import Database
from shared.decider import Refused
from shared.discovery import Discovery
from shared.kept import opened
from shared.key_sets import KeySet
from shared.providers import Sources, issuer_of
from shared.settings import Settings
from shared.tokens import Issuer

SCOPE = "openid profile"
OF_CHAIN = text("""
    SELECT provider.chain_id, issuer, provider.groups_claim, provider.roles, application_id, application_secret, scope
    FROM identity_applications JOIN identity_providers provider USING (chain_id, issuer) WHERE provider.enabled
""")


class NoProvider(Refused):
    """Nobody can sign in to this chain yet: it has no identity provider."""

    code = "no_identity_provider"


def by_itself() -> None:
    """For httpx to go its own way."""


@dataclass(frozen=True)
class Provider:
    """An identity provider; one for all chains is told the slug of the chain that somebody signs in to."""

    issuer: Issuer
    client_id: str
    client_secret: str
    discovery: Discovery
    is_for_all: bool
    scope: str = SCOPE
    transport: Callable[[], httpx.BaseTransport | None] = by_itself


@dataclass(frozen=True)
class Providers:
    """The operator's provider, if there is one, and those that chains have of their own."""

    operators: Provider | None
    database: Database
    sources: Sources

    @classmethod
    def of(cls, settings: Settings, database: Database, sources: Sources) -> "Providers":
        """Those of the settings and of a database."""
        return cls(operators_provider(settings), database, sources)

    def of_chain(self, chain_id: UUID) -> Provider | None:
        """The chain's own, where it has one and lets it vouch for its staff."""
        with self.database.reading(chain_id) as connection:
            row = connection.execute(OF_CHAIN).first()
            if row is None:
                return None
            columns = {"application_secret": None}
            (known,) = opened(connection, self.database.sealer, chain_id, [row], columns)
        discovery, keys = self.sources.known(row.issuer)
        return Provider(
            issuer_of(row.issuer, row, keys, row.application_id),
            row.application_id,
            known["application_secret"],
            discovery,
            is_for_all=False,
            scope=row.scope,
            transport=self.sources.outward.transport,
        )

    def of_operator(self) -> Provider:
        """The one for all chains; raises NoProvider."""
        if self.operators is None:
            raise NoProvider
        return self.operators


def operators_provider(settings: Settings) -> Provider | None:
    """The one that the settings name, if one can sign in there."""
    auth = settings.auth
    if not auth.issuer.startswith(("https://", "http://")) or not auth.client_secret:
        return None
    discovery = Discovery(auth.issuer, https_only=settings.environment == "production")
    issuer = Issuer(auth.issuer, KeySet.at(auth.jwks_url))
    return Provider(issuer, auth.client_id, auth.client_secret, discovery, is_for_all=True)
