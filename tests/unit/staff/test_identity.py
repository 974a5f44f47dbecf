"""What a chain's identity provider may say of its people, and where the secret that it gave us goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.scheduling.identity.decider import RemoveProvider, SecretNeeded, SetProvider, decide, evolve
from shared.auth import Grant
from shared.decider import NotThere
from shared.events.scheduling_identity import GroupRole, IdentityProviderRemoved, IdentityProviderSet
from shared.providers import roles_of_groups

CLINIC, OTHER = uuid4(), uuid4()
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
RULES = (
    GroupRole(group="owners", role="chain_admin", clinics=None),
    GroupRole(group="north", role="front_desk", clinics=(CLINIC,)),
    GroupRole(group="south", role="front_desk", clinics=(OTHER,)),
)
WISH = SetProvider(
    chain_id=UUID(int=1),
    now=NOW,
    issuer="https://login.example",
    application_id="synergist",
    application_secret="a secret",
    audience=None,
    scope="openid",
    groups_claim="groups",
    roles=RULES,
    enabled=True,
)


def given(command: SetProvider = WISH) -> IdentityProviderSet:
    (event,) = decide(command, None)
    assert isinstance(event, IdentityProviderSet)
    return event


def after(**changed: Any) -> IdentityProviderSet:
    (event,) = decide(replace(WISH, now=LATER, **changed), given())
    assert isinstance(event, IdentityProviderSet)
    return event


def test_the_same_settings_are_no_change() -> None:
    assert decide(replace(WISH, now=LATER), given()) == []
    assert decide(replace(WISH, now=LATER, application_secret=None), given()) == []


def test_the_secret_stays_where_it_was_given_for() -> None:
    assert after(application_secret=None, scope="openid profile").application_secret == "a secret"
    for changed in ({"issuer": "https://evil.example"}, {"application_id": "other"}):
        with pytest.raises(SecretNeeded):
            after(application_secret=None, **changed)
    with pytest.raises(SecretNeeded):
        decide(replace(WISH, application_secret=None), None)


@pytest.mark.parametrize(
    ("changed", "ends"),
    [
        ({"scope": "openid profile"}, False),
        ({"application_secret": "another"}, False),
        ({"roles": RULES[1:]}, True),
        ({"groups_claim": "roles"}, True),
        ({"audience": "synergist"}, True),
        ({"enabled": False}, True),
        ({"issuer": "https://other.example"}, True),
    ],
)
def test_what_may_make_somebody_less_ends_all_sign_ins(changed: dict[str, Any], ends: bool) -> None:
    assert after(**changed).valid_from == (LATER if ends else NOW)


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(NotThere):
        decide(RemoveProvider(), None)
    (removed,) = decide(RemoveProvider(), given())
    assert removed == IdentityProviderRemoved(chain_id=WISH.chain_id, issuer=WISH.issuer)
    assert evolve(given(), removed) is None


@pytest.mark.parametrize(
    ("claimed", "roles"),
    [
        (["owners"], [Grant("chain_admin")]),
        (["south", "north"], [Grant("front_desk", frozenset({CLINIC})), Grant("front_desk", frozenset({OTHER}))]),
        ("north", [Grant("front_desk", frozenset({CLINIC}))]),
        ([], []),
        (None, []),
        (["Owners", "owners ", 7, None, ["owners"], {"owners": 1}], []),
        ({"owners": True}, []),
    ],
)
def test_groups_stand_for_the_roles_of_the_map_alone(claimed: Any, roles: list[Grant]) -> None:
    assert list(roles_of_groups("groups", RULES, {"groups": claimed, "roles": [{"role": "chain_admin"}]})) == roles
