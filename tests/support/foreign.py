"""A chain's own identity provider: a second local issuer with other keys, whose people have groups instead of roles."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from services.scheduling.chains import chain_called
from services.scheduling.identity.issuers import disconnect, issuers
from shared.embedded.issuer import Client, LocalIssuer, Site
from shared.embedded.processes import free_port
from shared.embedded.secrets import new_key
from shared.http.operations import EXTENSION
from shared.minting import sign

APPLICATION, SECRET = "synergist-at-north", "a secret for tests"
AUDIENCE = "north-api"


@dataclass(frozen=True)
class Colleague:
    """Somebody whom the foreign provider knows, as its page and its tokens name them."""

    subject: str
    name: str
    groups: tuple[str, ...] = ()
    role: str = "colleague"
    clinic_id: None = None

    @property
    def claims(self) -> dict[str, Any]:
        return {"sub": self.subject, "groups": list(self.groups)}


OWNER = Colleague("o-1", "Demo Owner", ("everybody", "owners"))
DESK = Colleague("d-1", "Demo Desk", ("everybody", "desk"))
NOBODY = Colleague("n-1", "Demo Visitor", ("everybody",))
RULES = [{"group": "owners", "role": "chain_admin"}, {"group": "desk", "role": "front_desk"}]


@dataclass(frozen=True)
class ForeignProvider:
    """One that runs, or would run, on a port of this machine."""

    port: int = field(default_factory=free_port)
    key: str = field(default_factory=new_key)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **changed: Any) -> dict[str, Any]:
        """The body of a PUT to /v1/identity-provider."""
        known = {"issuer": self.issuer, "application_id": APPLICATION, "application_secret": SECRET}
        return known | {"audience": AUDIENCE, "roles": RULES, "enabled": True} | changed

    def token(self, person: Colleague = OWNER, **claims: Any) -> str:
        """A token for the API, from a moment ago or ahead as clocks differ."""
        now = int(time.time()) + 2
        return sign(self.key, {"iss": self.issuer, "aud": AUDIENCE, "iat": now} | person.claims | claims, 600)


def leave_all(app: Flask) -> None:
    """Take their providers from all chains of an app, so that a port that is used again is nobody's."""
    database = app.extensions[EXTENSION].database
    for slug, _ in issuers(database.engine):
        chain_id = chain_called(database.engine, slug)
        assert chain_id is not None
        disconnect(database, chain_id)


@contextmanager
def running(provider: ForeignProvider, *, callback: str = "", after_sign_out: str = "") -> Iterator[ForeignProvider]:
    """The provider, answering; it sends whoever has signed in to one address alone."""

    def people(_: str) -> Sequence[Any]:
        return [OWNER, DESK, NOBODY]

    client = Client(APPLICATION, SECRET, callback, after_sign_out)
    server = LocalIssuer(provider.port, Site(provider.issuer, provider.key, [client], people), lambda: None)
    server.start()
    yield provider
    server.stop()
