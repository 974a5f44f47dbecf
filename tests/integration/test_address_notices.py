"""An address that was a client's own hears that another took its place; no other address hears anything."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.fresh_links import MOST_A_DAY
from shared.http.operations import EXTENSION
from tests.support.pages import Scene

NEW: dict[str, Any] = {"address": "new@demo.example", "check": False}


def points(scene: Scene, client: Any) -> list[Any]:
    return list(scene.chain.desk.get(f"/v1/clients/{client['id']}/contact-points")["items"])


def own(scene: Scene) -> Any:
    """The client's mail address, verified."""
    client = scene.ready.client
    return act(scene, client, points(scene, client)[0], "verify")


def act(scene: Scene, client: Any, point: Any, what: str, body: Any = None) -> Any:
    path = f"/v1/clients/{client['id']}/contact-points/{point['id']}/{what}"
    return scene.chain.desk.post(path, body or {}, 200, If_Match="*")


def asked(scene: Scene) -> list[dict[str, Any]]:
    with scene.chain.app.extensions[EXTENSION].database.reading(scene.chain.id) as connection:
        found = text(
            "SELECT id, contact_point_id FROM link_requests WHERE purpose = 'address_notice' ORDER BY asked_at"
        )
        return [dict(row._mapping) for row in connection.execute(found)]


def answer(scene: Scene) -> Any:
    """What a sender gets for the last notice."""
    about = str(asked(scene)[-1]["id"])
    item = {"key": "notice:1", "chain_id": str(scene.chain.id), "kind": "address_notice", "about": about}
    return scene.chain.service.post("/internal/v1/letters", {"items": [item]}, 200)["items"][0]


def test_the_address_before_hears_of_another_without_a_link(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    act(scene, client, point, "replace", NEW)
    assert [str(each["contact_point_id"]) for each in asked(scene)] == [point["id"]]
    told = answer(scene)
    assert (told["address"], told["channel"], told["link"]) == (point["address"], "email", None)
    assert NEW["address"] not in str(told)
    scene.clock.now += timedelta(days=2)
    assert answer(scene)["stop"] == "gone"


def test_it_hears_of_none_and_of_what_is_said_in_the_client_s_own_body_too(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    scene.chain.desk.patch(f"/v1/clients/{client['id']}", {"email": None})
    assert [str(each["contact_point_id"]) for each in asked(scene)] == [point["id"]]


def test_an_address_of_which_nobody_knows_whose_it_is_hears_nothing(scene: Scene) -> None:
    client = scene.ready.client
    act(scene, client, points(scene, client)[0], "replace", NEW)
    assert asked(scene) == []


@pytest.mark.parametrize("cause", ["bounce", "wrong_person", "complaint", "stop"])
def test_an_address_that_was_closed_hears_nothing(scene: Scene, cause: str) -> None:
    client, point = scene.ready.client, own(scene)
    act(scene, client, point, "block", {"cause": cause})
    act(scene, client, point, "replace", NEW)
    assert asked(scene) == []


def test_who_does_not_want_it_to_hear_is_heard_by_the_desk(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    act(scene, client, point, "replace", NEW | {"tell_former": False})
    assert asked(scene) == []


def test_an_address_that_another_client_has_hears_nothing(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    scene.chain.person(email=point["address"])
    act(scene, client, point, "replace", NEW)
    assert asked(scene) == []


def test_an_address_that_is_closed_before_the_mail_goes_gets_none(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    act(scene, client, point, "replace", NEW)
    other = scene.chain.person(email=point["address"])
    act(scene, other, points(scene, other)[0], "block", {"cause": "bounce"})
    assert answer(scene)["stop"] == "gone"


def test_an_address_hears_of_another_that_becomes_the_client_s_own_beside_it(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    second = scene.chain.desk.post(f"/v1/clients/{client['id']}/contact-points", NEW | {"kind": "email"})
    assert asked(scene) == []
    act(scene, client, second, "verify")
    assert [str(each["contact_point_id"]) for each in asked(scene)] == [point["id"]]


def test_a_number_that_becomes_their_own_is_told_to_nobody(scene: Scene) -> None:
    client = scene.ready.client
    own(scene)
    phone = {"kind": "phone", "address": "+4915112345678", "check": False}
    number = scene.chain.desk.post(f"/v1/clients/{client['id']}/contact-points", phone)
    act(scene, client, number, "verify")
    act(scene, client, number, "replace", {"address": None})
    assert asked(scene) == []


def test_nobody_fills_a_mailbox_with_notices(scene: Scene) -> None:
    client, point = scene.ready.client, own(scene)
    for number in range(MOST_A_DAY + 2):
        scene.clock.now += timedelta(minutes=10)
        body = {"kind": "email", "address": f"n{number}@demo.example", "check": False}
        added = scene.chain.desk.post(f"/v1/clients/{client['id']}/contact-points", body)
        act(scene, client, added, "verify")
    assert sum(str(each["contact_point_id"]) == point["id"] for each in asked(scene)) == MOST_A_DAY
