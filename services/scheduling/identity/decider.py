"""The settings of a chain's identity provider. Their rule: a secret goes to no other place than it was given for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere, Refused
from shared.events.scheduling_identity import GroupRole, IdentityProviderRemoved, IdentityProviderSet


class SecretNeeded(Refused):
    """Give the application's secret as well: there is none yet, or it was for another issuer or application."""

    code = "secret_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProvider:
    """All of the settings; `application_secret` None is the one that is there, `now` when they begin to hold."""

    chain_id: UUID
    now: datetime
    issuer: str
    application_id: str
    application_secret: str | None
    audience: str | None
    scope: str
    groups_claim: str
    roles: tuple[GroupRole, ...]
    enabled: bool


@dataclass(frozen=True, slots=True)
class RemoveProvider:
    pass


ProviderCommand: TypeAlias = SetProvider | RemoveProvider


def decide(command: ProviderCommand, provider: IdentityProviderSet | None) -> list[Any]:
    match command:
        case SetProvider():
            following = settings_of(command, provider)
            return [] if following == provider else [following]
        case RemoveProvider():
            if provider is None:
                raise NotThere
            return [IdentityProviderRemoved(chain_id=provider.chain_id, issuer=provider.issuer)]
        case _:
            assert_never(command)


def settings_of(command: SetProvider, before: IdentityProviderSet | None) -> IdentityProviderSet:
    """What is to hold, since when; raises SecretNeeded."""
    secret = command.application_secret
    if secret is None and before is not None and place(before) == (command.issuer, command.application_id):
        secret = before.application_secret
    if secret is None:
        raise SecretNeeded
    following = IdentityProviderSet(
        chain_id=command.chain_id,
        issuer=command.issuer,
        application_id=command.application_id,
        application_secret=secret,
        audience=command.audience,
        scope=command.scope,
        groups_claim=command.groups_claim,
        roles=command.roles,
        enabled=command.enabled,
        valid_from=command.now,
    )
    if before is None or ends_sign_ins(before, following):
        return following
    return replace(following, valid_from=before.valid_from)


def ends_sign_ins(before: IdentityProviderSet, after: IdentityProviderSet) -> bool:
    """Whether those who have signed in might be somebody else, or somebody less, by the new settings."""
    names = ("issuer", "application_id", "audience", "groups_claim", "roles", "enabled")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def place(provider: IdentityProviderSet) -> tuple[str, str]:
    return provider.issuer, provider.application_id


def evolve(provider: IdentityProviderSet | None, event: Any) -> IdentityProviderSet | None:
    match event:
        case IdentityProviderSet():
            return event
        case IdentityProviderRemoved():
            return None
        case _:
            raise TypeError((provider, event))


PROVIDER: Decider[IdentityProviderSet | None, ProviderCommand] = Decider(None, decide, evolve)
