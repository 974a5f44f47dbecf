"""What the chain says of its staff holds in treatment too, as soon as treatment has heard of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.auth import Grant, Identity, NotAuthenticated
from shared.database import Database
from shared.events.scheduling_identity import GroupRole, IdentityProviderRemoved, IdentityProviderSet
from shared.events.scheduling_staff import (
    LoginAttached,
    RoleGiven,
    StaffAdded,
    StaffDeactivated,
    StaffReactivated,
    StaffRevoked,
    StaffRolesSet,
)
from shared.ids import new_id
from shared.outward import Outward
from shared.providers import ChainIssuers, Sources
from shared.settings import DatabaseSettings
from shared.staff import caller_of
from tests.support.consuming import Setting, a_setting
from tests.support.keys import sealer
from tests.support.log import a_chain

CHAIN, OTHER_CHAIN = a_chain(1), a_chain(2)
PERSON, CLINIC = new_id(), new_id()
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ANNA = Identity("issuer", "anna", CHAIN, NOW, (Grant("manager"),))
HERE = (
    StaffAdded(staff_id=PERSON, name="Demo", therapist_id=None, roles=()),
    LoginAttached(staff_id=PERSON, issuer="issuer", subject="anna"),
)


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


def record(setting: Setting, *events: Any) -> None:
    setting.log.record(CHAIN, *events, stream=f"staff-{PERSON}")


def grants(setting: Setting, identity: Identity = ANNA) -> tuple[Grant, ...]:
    setting.consumer().round()
    assert identity.chain_id is not None
    with Database(setting.engine, sealer=sealer()).reading(identity.chain_id) as connection:
        return caller_of(connection, identity).grants


def test_roles_follow(setting: Setting) -> None:
    assert grants(setting) == ANNA.claimed
    record(setting, *HERE)
    assert grants(setting) == ()
    record(setting, StaffRolesSet(staff_id=PERSON, roles=(RoleGiven(role="therapist", clinics=(CLINIC,)),)))
    assert grants(setting) == (Grant("therapist", frozenset({CLINIC})),)
    assert grants(setting, Identity("issuer", "anna", OTHER_CHAIN, NOW, ANNA.claimed)) == ANNA.claimed
    assert grants(setting, Identity("other issuer", "anna", CHAIN, NOW, ANNA.claimed)) == ANNA.claimed


def test_a_revocation_follows(setting: Setting) -> None:
    record(setting, *HERE, StaffRevoked(staff_id=PERSON, valid_from=NOW + timedelta(seconds=1)))
    with pytest.raises(NotAuthenticated):
        grants(setting)
    assert grants(setting, Identity("issuer", "anna", CHAIN, NOW + timedelta(seconds=1), ())) == ()


def test_the_end_of_a_job_follows_and_so_does_a_new_beginning(setting: Setting) -> None:
    record(setting, *HERE, StaffDeactivated(staff_id=PERSON))
    with pytest.raises(NotAuthenticated):
        grants(setting)
    record(setting, StaffReactivated(staff_id=PERSON, valid_from=NOW))
    assert grants(setting) == ()


def an_issuer(**changed: Any) -> IdentityProviderSet:
    rules = (GroupRole(group="desk", role="front_desk", clinics=(CLINIC,)),)
    known: dict[str, Any] = {"issuer": "https://north.example", "application_id": "x", "application_secret": "y"}
    rest: dict[str, Any] = {"audience": "api", "scope": "openid", "groups_claim": "groups", "roles": rules}
    return IdentityProviderSet(**known | rest | {"chain_id": CHAIN, "enabled": True, "valid_from": NOW} | changed)


def test_a_chains_own_provider_follows_and_so_does_its_end(setting: Setting) -> None:
    nora = Identity("https://north.example", "nora", CHAIN, NOW, (Grant("manager"),))
    find = ChainIssuers(setting.engine, Sources(Outward()))
    assert find("https://north.example") is None
    setting.log.record(CHAIN, an_issuer(), stream="identity-provider")
    assert grants(setting, nora) == nora.claimed
    found = find("https://north.example")
    assert found is not None
    assert (found.chain_id, found.audience) == (CHAIN, "api")
    assert list(found.roles({"groups": ["desk"]})) == [Grant("front_desk", frozenset({CLINIC}))]
    setting.log.record(CHAIN, an_issuer(valid_from=NOW + timedelta(seconds=1)), stream="identity-provider")
    with pytest.raises(NotAuthenticated):
        grants(setting, nora)
    setting.log.record(
        CHAIN, IdentityProviderRemoved(chain_id=CHAIN, issuer="https://north.example"), stream="identity-provider"
    )
    with pytest.raises(NotAuthenticated):
        grants(setting, Identity("https://north.example", "nora", CHAIN, NOW + timedelta(days=1), ()))
    assert find("https://north.example") is None


def test_while_two_chains_seem_to_have_an_issuer_it_speaks_for_neither(setting: Setting) -> None:
    find = ChainIssuers(setting.engine, Sources(Outward()))
    for chain_id in (CHAIN, OTHER_CHAIN):
        setting.log.record(chain_id, an_issuer(chain_id=chain_id), stream="identity-provider")
    grants(setting)
    assert find("https://north.example") is None


def test_without_an_audience_an_issuer_is_none_for_the_api(setting: Setting) -> None:
    setting.log.record(CHAIN, an_issuer(audience=None), stream="identity-provider")
    grants(setting)
    assert ChainIssuers(setting.engine, Sources(Outward()))("https://north.example") is None
