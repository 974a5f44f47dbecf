"""Where the staff of a chain sign in, and how we are known there."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from shared.decider import Refused
from shared.discovery import Discovery
from shared.key_sets import KeySet
from shared.settings import Settings
from shared.tokens import Issuer


class NoProvider(Refused):
    """Nobody can sign in to this chain yet: it has no identity provider."""

    code = "no_identity_provider"


@dataclass(frozen=True)
class Provider:
    """An identity provider; one for all chains is told the slug of the chain that somebody signs in to."""

    issuer: Issuer
    client_id: str
    client_secret: str
    discovery: Discovery
    is_for_all: bool


ProviderOf = Callable[[UUID], Provider]
"""The provider of a chain; raises NoProvider."""


def provider_of_settings(settings: Settings) -> ProviderOf:
    """The one provider that the settings name, for all chains."""
    auth = settings.auth
    discovery = Discovery(auth.issuer, https_only=settings.environment == "production")
    issuer = Issuer(auth.issuer, KeySet.at(auth.jwks_url))
    is_there = auth.issuer.startswith(("https://", "http://")) and bool(auth.client_secret)

    def find(chain_id: UUID) -> Provider:
        del chain_id
        if not is_there:
            raise NoProvider
        return Provider(issuer, auth.client_id, auth.client_secret, discovery, is_for_all=True)

    return find
