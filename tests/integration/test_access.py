"""A role holds where it was given and nowhere else, and what is not there is not there for anybody."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.auth import Role
from shared.minting import sign
from tests.support.api import Api, Chain, Ready, at, rota_entry

pytestmark = pytest.mark.one_database


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


@pytest.fixture
def other(ready: Ready) -> Any:
    return ready.chain.clinic(name="Other")


def holder(chain: Chain, roles: dict[Role, Any], chain_id: UUID | None = None) -> Api:
    """Somebody with several roles, each at one clinic."""
    entries = [{"role": role, "clinics": [clinic["id"]]} for role, clinic in roles.items()]
    claims = {"iss": "synergist", "sub": "someone", "chain_id": str(chain_id or chain.id), "roles": entries}
    return Api(chain.app.test_client(), sign(chain.keys.issuer, claims, 60))


def test_a_role_at_one_clinic_lends_nothing_to_another_role_elsewhere(ready: Ready, other: Any) -> None:
    both = holder(ready.chain, {"therapist": ready.clinic, "front_desk": other})
    assert both.post("/v1/appointments", ready.wish(at(3, 10)), expect=403)["code"] == "not_allowed"
    manager = holder(ready.chain, {"therapist": ready.clinic, "manager": other})
    manager.patch(f"/v1/clinics/{ready.clinic['id']}", {"name": "Mine"}, expect=403)
    assert manager.patch(f"/v1/clinics/{other['id']}", {"name": "Mine"})["name"] == "Mine"


def test_a_manager_of_some_clinics_does_not_change_what_concerns_them_all(ready: Ready, other: Any) -> None:
    limited = holder(ready.chain, {"manager": other})
    limited.patch("/v1/chain", {"default_locale": "de"}, expect=403)
    limited.patch(f"/v1/offerings/{ready.offering['id']}", {"name": "Mine"}, expect=403)
    limited.post("/v1/offerings", {"name": "Mine", "duration_minutes": 60}, expect=403)
    clinic = {name: value for name, value in other.items() if name not in {"id", "version", "coming_terms"}}
    limited.post("/v1/clinics", clinic, expect=403)


def test_a_manager_changes_the_part_of_a_rota_that_is_at_the_own_clinic(ready: Ready, other: Any) -> None:
    limited = holder(ready.chain, {"manager": other})
    path = f"/v1/therapists/{ready.therapist['id']}/rota"
    rota = ready.chain.admin.get(path)["items"]
    limited.put(path, [], expect=403)
    limited.put(path, rota[1:], expect=403)
    added = [*rota, rota_entry(other, "mon", "20:00", "22:00")]
    assert len(limited.put(path, added)["items"]) == len(added)
    assert limited.put(path, rota)["items"] == rota


def test_a_manager_changes_therapists_of_the_own_clinics_and_their_qualifications_only_where_all_are_the_own(
    ready: Ready, other: Any
) -> None:
    nkt_2 = {"qualifications": [{"code": "nkt-2"}]}
    limited = holder(ready.chain, {"manager": other})
    elsewhere = f"/v1/therapists/{ready.therapist['id']}"
    limited.patch(elsewhere, {"name": "Mine"}, expect=403)
    limited.patch(elsewhere, nkt_2, expect=403)
    both = f"/v1/therapists/{ready.chain.therapist(ready.clinic, other)['id']}"
    assert limited.patch(both, {"name": "Ours"})["name"] == "Ours"
    limited.patch(both, nkt_2, expect=403)
    limited.patch(both, {"leaves_on": "2099-01-01"}, expect=403)
    for own in (ready.chain.therapist(other), limited.post("/v1/therapists", {"name": "Without a rota yet"})):
        assert limited.patch(f"/v1/therapists/{own['id']}", nkt_2)["qualifications"][0]["code"] == "nkt-2"


def test_a_front_desk_sends_no_therapist_of_another_clinic_away(ready: Ready, other: Any) -> None:
    path = f"/v1/therapists/{ready.therapist['id']}/time-off"
    away = {"starts_at": at(3).isoformat(), "ends_at": at(4).isoformat()}
    holder(ready.chain, {"front_desk": other}).post(path, away, expect=403)
    holder(ready.chain, {"front_desk": ready.clinic}).post(path, away)


@pytest.mark.parametrize("path", ["clients", "offerings", "therapists", "clinics", "appointments"])
def test_a_change_of_what_is_not_there_is_not_found_whatever_version_was_seen(
    ready: Ready, new_chain: Any, path: str
) -> None:
    ready.book(at(3, 10))
    existing = ready.chain.admin.get(f"/v1/{path}")["items"][0]["id"]
    for caller, what in ((ready.chain.admin, uuid4()), (new_chain("another").admin, existing)):
        caller.patch(f"/v1/{path}/{what}", {}, expect=404, If_Match='"1"')
    ready.chain.admin.put(f"/v1/therapists/{uuid4()}/rota", [], expect=404, If_Match='"1"')


def test_a_token_for_a_chain_that_was_never_founded_is_none(ready: Ready) -> None:
    stranger = holder(ready.chain, {"chain_admin": ready.clinic}, chain_id=uuid4())
    for path in ("chain", "clients", "appointments", "offerings", f"clinics/{ready.clinic['id']}"):
        stranger.get(f"/v1/{path}", expect=401)
    stranger.post("/v1/clients", {"name": "Demo", "time_zone": "Europe/Berlin"}, expect=401)
    stranger.post("/v1/offerings", {"name": "Demo", "duration_minutes": 60}, expect=401)


@pytest.mark.parametrize("odd", [{"sub": "a\0"}, {"sub": ""}, {"chain_id": 5}, {"chain_id": "x"}])
def test_a_token_whose_claims_cannot_be_used_is_none(chain: Chain, odd: dict[str, Any]) -> None:
    claims = {"iss": "synergist", "sub": "someone", "chain_id": str(chain.id), "roles": [{"role": "manager"}]}
    Api(chain.app.test_client(), sign(chain.keys.issuer, claims | odd, 60)).get("/v1/chain", expect=401)


def test_an_empty_change_of_a_visit_keeps_its_ids(ready: Ready) -> None:
    visit = ready.book(at(3, 10), external_ids={"till": "4711"})
    path = f"/v1/appointments/{visit['id']}"
    assert ready.chain.desk.patch(path, {}) == visit
    assert ready.chain.desk.patch(path, {"external_ids": {}})["external_ids"] == {}


def test_a_refusal_does_not_tell_of_visits_at_clinics_that_the_caller_may_not_see(ready: Ready, other: Any) -> None:
    """The client is at another clinic; whoever works here hears that it cannot be, and what can."""
    elsewhere = ready.chain.therapist(other)
    ready.chain.room(other)
    ready.book(at(3, 10), clinic_id=other["id"], therapist_id=elsewhere["id"])
    limited = holder(ready.chain, {"front_desk": ready.clinic})
    refused = limited.post("/v1/appointments", ready.wish(at(3, 10)), expect=409)
    assert refused["code"] == "not_available"
    assert refused["alternatives"]
    assert other["id"] not in str(refused)
    for_the_chain = ready.chain.desk.post("/v1/appointments", ready.wish(at(3, 10)), expect=409)
    assert for_the_chain["code"] == "client_taken"


def test_a_refusal_names_what_is_taken_at_the_own_clinic(ready: Ready) -> None:
    own = {"therapist_id": ready.therapist["id"]}
    ready.book(at(3, 14), **own)
    wish = ready.wish(at(3, 14), client_id=ready.chain.person()["id"], **own)
    limited = holder(ready.chain, {"front_desk": ready.clinic})
    assert limited.post("/v1/appointments", wish, expect=409)["code"] == "therapist_taken"
