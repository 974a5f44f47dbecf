"""The identity providers of chains, as both services know them: one speaks for its own chain, while that lets it.

Their keys are read from where they themselves publish them, and are kept in the process; whether one still counts is
looked up anew for each token.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Engine, Row, text

from shared.auth import Grant
from shared.database import reading
from shared.discovery import Discovery
from shared.event_store import Happened
from shared.events import scheduling_identity as i
from shared.key_sets import KeySet
from shared.outward import Outward
from shared.tokens import Claims, Issuer

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the empty table of providers in a schema of read models."""

MOST_ISSUERS = 1000
"""How many issuers' keys a process keeps."""

LONGEST_ISSUER = 500
NO_CHAIN = UUID(int=0)
CALLED = text("SELECT * FROM provider_called(:issuer)")
SHUT = text("UPDATE identity_providers SET enabled = false WHERE chain_id = :chain_id AND issuer <> :issuer")
SHUT_ONE = text("UPDATE identity_providers SET enabled = false WHERE chain_id = :chain_id AND issuer = :issuer")
PUT = text("""
    INSERT INTO identity_providers (chain_id, issuer, audience, groups_claim, roles, application_id, scope, enabled,
      valid_from)
    VALUES (:chain_id, :issuer, :audience, :groups_claim, :roles, :application_id, :scope, :enabled, :valid_from)
    ON CONFLICT (chain_id, issuer) DO UPDATE SET audience = excluded.audience, groups_claim = excluded.groups_claim,
      roles = excluded.roles, application_id = excluded.application_id, scope = excluded.scope,
      enabled = excluded.enabled, valid_from = excluded.valid_from
""")


def roles_of_groups(claim: str, rules: Iterable[i.GroupRole], claims: Claims) -> Iterator[Grant]:
    """The roles that the groups in a claim stand for, in the order of the rules; none where the claim is missing."""
    named = claims.get(claim)
    listed = named if isinstance(named, list) else [named]
    groups = {each for each in listed if isinstance(each, str)}
    for rule in rules:
        if rule.group in groups:
            yield Grant(rule.role, None if rule.clinics is None else frozenset(rule.clinics))


def issuer_of(name: str, row: Row[Any], keys: KeySet, audience: str) -> Issuer:
    """What is known of an issuer as that of one chain; the row has `chain_id`, `groups_claim` and `roles`."""
    rules = msgspec.convert(row.roles, tuple[i.GroupRole, ...])
    return Issuer(name, keys, audience, row.chain_id, partial(roles_of_groups, row.groups_claim, rules))


@dataclass
class Sources:
    """What issuers say of themselves, each asked once for all requests of a process."""

    outward: Outward
    known: Callable[[str], tuple[Discovery, KeySet]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = lru_cache(maxsize=MOST_ISSUERS)(self.of)

    def of(self, issuer: str) -> tuple[Discovery, KeySet]:
        """The document and the keys of an issuer, which nobody has asked for yet."""
        discovery = Discovery(issuer, https_only=not self.outward.this_machine, fetch=self.outward.read)
        return discovery, KeySet(discovery.read_keys)


@dataclass(frozen=True)
class ChainIssuers:
    """Finds the issuer of an API token among those of the chains in one service's database."""

    engine: Engine
    sources: Sources

    def __call__(self, name: Any) -> Issuer | None:
        """The issuer called so, for the one chain whose provider it is; None where there is none.

        The name comes from a token that nobody has checked yet, and may be anything.
        """
        if not isinstance(name, str) or len(name) > LONGEST_ISSUER or not name.isprintable():
            return None
        with reading(self.engine, NO_CHAIN) as connection:
            rows = connection.execute(CALLED, {"issuer": name}).all()
        if len(rows) != 1 or rows[0].audience is None:
            return None
        _, keys = self.sources.known(name)
        return issuer_of(name, rows[0], keys, rows[0].audience)


def providers(connection: Connection, entry: Happened) -> None:
    """Keep the table as an event says."""
    match entry.event:
        case i.IdentityProviderSet() as event:
            names = {"chain_id": entry.chain_id, "issuer": event.issuer}
            connection.execute(SHUT, names)
            row = names | {
                "audience": event.audience,
                "groups_claim": event.groups_claim,
                "roles": Jsonb(msgspec.to_builtins(event.roles)),
                "application_id": event.application_id,
                "scope": event.scope,
                "enabled": event.enabled,
                "valid_from": event.valid_from,
            }
            connection.execute(PUT, row)
        case i.IdentityProviderRemoved(issuer=issuer):
            connection.execute(SHUT_ONE, {"chain_id": entry.chain_id, "issuer": issuer})
        case _:
            pass


VIEWS = (providers,)
