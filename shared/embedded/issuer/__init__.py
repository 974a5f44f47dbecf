"""A small OpenID Connect provider for development and tests, where one says who one is and is believed."""

from shared.embedded.issuer.client import Client
from shared.embedded.issuer.people import Person
from shared.embedded.issuer.server import LocalIssuer
from shared.embedded.issuer.web import Site, create_app

__all__ = ["Client", "LocalIssuer", "Person", "Site", "create_app"]
