"""Links that lead to no visit: each opens what it was made for, to whom it was sent, for as long as it should."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduling.errands.fitness import SETTLED_AFTER
from services.scheduling.fresh_links.decider import GOOD_FOR
from services.scheduling.links import MOST_USES
from shared.fresh_links import PAUSE
from shared.http.operations import EXTENSION
from tests.support.pages import Page, Scene, link_to, open_link
from tests.support.treatment import treatment_away

pytestmark = pytest.mark.usefixtures("reached")


def verified(scene: Scene, client: Any = None) -> Any:
    """The client's e-mail address, known to be theirs since the desk asked a week ago."""
    client = client or scene.ready.client
    point, *_ = scene.chain.desk.get(f"/v1/clients/{client['id']}/contact-points")["items"]
    return verify(scene, client, point, ago=SETTLED_AFTER)


def verify(scene: Scene, client: Any, point: Any, ago: timedelta = timedelta(0)) -> Any:
    scene.clock.now -= ago
    found = scene.chain.desk.post(f"/v1/clients/{client['id']}/contact-points/{point['id']}/verify", {}, 200)
    scene.clock.now += ago
    return found


def asked(scene: Scene, kind: str) -> list[str]:
    """The ids of the links that were asked for, the oldest first."""
    with scene.chain.app.extensions[EXTENSION].database.reading(scene.chain.id) as connection:
        found = text("SELECT id FROM link_requests WHERE purpose = :kind ORDER BY asked_at, id")
        return [str(each) for each in connection.execute(found, {"kind": kind}).scalars()]


def answer(scene: Scene, kind: str) -> Any:
    """What a sender gets for the letter that was asked for last."""
    item = {"key": f"{kind}:1", "chain_id": str(scene.chain.id), "kind": kind, "about": asked(scene, kind)[-1]}
    return scene.chain.service.post("/internal/v1/letters", {"items": [item]}, 200)["items"][0]


def sent(scene: Scene, kind: str) -> str:
    """The path in that letter."""
    link = answer(scene, kind)["link"]
    return str(link[link.index("/l/") :])


def export_link(scene: Scene) -> str:
    verified(scene)
    scene.chain.desk.post(f"/v1/clients/{scene.ready.client['id']}/exports/link")
    return sent(scene, "export")


def check_link(scene: Scene, address: str = "new@demo.example", kind: str = "email") -> tuple[str, Any]:
    point = scene.chain.desk.post(
        f"/v1/clients/{scene.ready.client['id']}/contact-points", {"kind": kind, "address": address}
    )
    return sent(scene, "contact_check"), point


def tap(scene: Scene, path: str) -> Any:
    return scene.chain.app.test_client().post(path)


def accesses(scene: Scene) -> list[Any]:
    client = scene.ready.client["id"]
    found: list[Any] = scene.chain.caller("manager").get(f"/v1/clients/{client}/access-log")["items"]
    return found


def test_a_client_asks_on_the_page_and_fetches_by_the_link_in_the_mail(scene: Scene) -> None:
    verified(scene)
    page = scene.open().get(f"{link_to(scene.chain, scene.visit)}/export").post("/export")
    assert "the link is on its way there" in page.text
    letter = answer(scene, "export")
    assert (letter["address"], letter["channel"]) == ("client@demo.example", "email")
    path = letter["link"][letter["link"].index("/l/") :]
    opened = open_link(scene.chain, path)
    assert (opened.status, "Ada" in opened.text) == (200, False)
    fetched = opened.tap("/everything")
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as archive:
        found = json.loads(archive.read("export.json"))
        assert json.loads(archive.read("clinical-record.json")) == []
    assert found["lacks"] == []
    assert found["person"][0]["name"] == "Ada Demo-Client"
    assert found["person"][0]["id"] == scene.ready.client["id"]
    looks = [each for each in accesses(scene) if each["operation"].endswith("/everything")]
    assert [(each["role"], each["purpose"], each["actor"]) for each in looks] == [
        ("client", "client_request", f"client:{scene.ready.client['id']}")
    ]


def test_opening_the_link_fetches_nothing_and_it_can_be_fetched_so_often(scene: Scene) -> None:
    path = export_link(scene)
    for _ in range(3 * MOST_USES):
        assert open_link(scene.chain, path).status == 200
    codes = [tap(scene, path).status_code for _ in range(MOST_USES + 1)]
    assert codes == [200] * MOST_USES + [404]
    assert open_link(scene.chain, path).status == 404


def test_a_download_that_treatment_is_missing_from_is_not_counted_and_works_later(scene: Scene) -> None:
    path = export_link(scene)
    with treatment_away(scene.chain.app, scene.chain.keys):
        assert [tap(scene, path).status_code for _ in range(2)] == [503, 503]
    assert [tap(scene, path).status_code for _ in range(MOST_USES + 1)] == [200] * MOST_USES + [404]


@pytest.mark.parametrize(
    "client",
    [{}, {"verify": True, "shared": True}, {"verify": True, "birth_date": "2015-05-05"}],
    ids=["unverified", "shared", "minor"],
)
def test_nothing_goes_to_an_address_that_somebody_else_may_read(
    new_scene: Callable[..., Scene], client: dict[str, Any]
) -> None:
    verify, shared = client.pop("verify", False), client.pop("shared", False)
    scene = new_scene(**client)
    path = link_to(scene.chain, scene.visit) if not client else None
    if verify:
        verified(scene)
    if shared:
        scene.chain.person(name="Bo Demo-Partner")
    desk = f"/v1/clients/{scene.ready.client['id']}/exports/link"
    assert scene.chain.desk.problem("POST", desk, 409)["code"] == "no_fit_address"
    if path:
        page = open_link(scene.chain, f"{path}/export").post("/export")
        assert "the link is on its way there" in page.text, "whoever holds the link is told the same in any case"
    assert asked(scene, "export") == []


def test_an_address_gets_no_export_for_a_week_after_it_was_verified(scene: Scene) -> None:
    client = scene.ready.client
    points, desk = f"/v1/clients/{client['id']}/contact-points", f"/v1/clients/{client['id']}/exports/link"
    old = verified(scene)
    body = {"address": "chosen@demo.example", "check": False}
    scene.chain.desk.post(f"{points}/{old['id']}/replace", body, 200, If_Match="*")
    verify(scene, client, scene.chain.desk.get(points)["items"][-1])
    since = scene.clock.now
    refused = scene.chain.desk.problem("POST", desk, 409)
    assert refused["code"] == "address_too_new"
    assert datetime.fromisoformat(refused["possible_from"]) == since + SETTLED_AFTER
    page = scene.open().get(f"{link_to(scene.chain, scene.visit)}/export").post("/export")
    assert "has been confirmed for a week" in page.text
    assert "chosen@" not in page.text
    assert asked(scene, "export") == []
    scene.chain.desk.post(f"/v1/clients/{client['id']}/exports", {})
    scene.clock.now = since + SETTLED_AFTER - timedelta(seconds=1)
    assert scene.chain.desk.problem("POST", desk, 409)["code"] == "address_too_new"
    scene.clock.now = since + SETTLED_AFTER
    scene.chain.desk.post(desk)
    assert answer(scene, "export")["address"] == "chosen@demo.example"


def test_who_calls_an_address_their_own_waits_a_week_for_the_export(scene: Scene) -> None:
    path, point = check_link(scene, "mistyped@demo.example")
    assert tap(scene, path).status_code == 303
    assert point["address"] == "mistyped@demo.example"
    desk = f"/v1/clients/{scene.ready.client['id']}/exports/link"
    assert scene.chain.desk.problem("POST", desk, 409)["code"] == "address_too_new"


def test_an_address_that_was_theirs_before_gets_the_export_beside_a_new_one(scene: Scene) -> None:
    path, _ = check_link(scene)
    tap(scene, path)
    assert export_link(scene)
    assert answer(scene, "export")["address"] == "client@demo.example"


def test_a_link_opens_nothing_but_what_it_was_made_for(scene: Scene) -> None:
    check, _ = check_link(scene)
    export = export_link(scene)
    visit = link_to(scene.chain, scene.visit)
    for wrong in (
        f"{visit}/everything",
        f"{visit}/address",
        export.removesuffix("/everything"),
        export.replace("/everything", "/address"),
        check.removesuffix("/address"),
        check.replace("/address", "/everything"),
        export.removesuffix("/everything")[:-4] + "/everything",
    ):
        assert open_link(scene.chain, wrong).status == 404
        assert tap(scene, wrong).status_code == 404


@pytest.mark.parametrize("kind", ["export", "contact_check"])
def test_a_link_ends_on_its_day_and_a_fresh_one_is_sent_to_where_it_went(scene: Scene, kind: Any) -> None:
    path = export_link(scene) if kind == "export" else check_link(scene)[0]
    scene.clock.now += GOOD_FOR[kind] - timedelta(seconds=1)
    assert open_link(scene.chain, path).status == 200
    scene.clock.now += timedelta(seconds=1)
    page = open_link(scene.chain, path)
    assert page.status == 404
    assert answer(scene, kind)["stop"] == "gone"
    page.client.post(f"{path}?fresh", data={"address": ""}, buffered=True).close()
    assert len(asked(scene, kind)) == 2
    assert open_link(scene.chain, sent(scene, kind)).status == 200


@pytest.mark.parametrize("kind", ["export", "contact_check"])
def test_a_link_ends_when_the_address_it_went_to_is_replaced_or_blocked(scene: Scene, kind: Any) -> None:
    path = export_link(scene) if kind == "export" else check_link(scene)[0]
    points = f"/v1/clients/{scene.ready.client['id']}/contact-points"
    newest = scene.chain.desk.get(points)["items"][-1]
    scene.chain.desk.post(f"{points}/{newest['id']}/block", {"cause": "bounce"}, 200)
    assert open_link(scene.chain, path).status == 404
    scene.chain.desk.post(f"{points}/{newest['id']}/unblock", {"evidence": "works again"}, 200, If_Match="*")
    assert open_link(scene.chain, path).status == (404 if kind == "export" else 200)
    replaced = {"address": "other@demo.example", "check": False}
    scene.chain.desk.post(f"{points}/{newest['id']}/replace", replaced, 200, If_Match="*")
    assert open_link(scene.chain, path).status == 404


@pytest.mark.parametrize(("kind", "address"), [("email", "new@demo.example"), ("phone", "+4915100004711")])
def test_a_client_says_that_an_address_is_theirs(scene: Scene, kind: str, address: str) -> None:
    path, point = check_link(scene, address, kind)
    assert (point["verified"], point["verified_at"]) == (None, None)
    points = f"/v1/clients/{scene.ready.client['id']}/contact-points"

    def now() -> Any:
        return next(each for each in scene.chain.desk.get(points)["items"] if each["id"] == point["id"])

    page = open_link(scene.chain, path)
    assert "Is this your address?" in page.text
    assert "Ada" not in page.text
    assert now()["verified"] is None, "opening the link says nothing"
    page = page.post("/address")
    assert "We know now that the address is yours" in page.text
    assert now()["verified"] == "link"
    assert now()["verified_at"] == scene.clock.now.isoformat()
    assert tap(scene, path).status_code == 303, "a second press changes nothing"


def test_a_new_address_is_asked_about_unless_the_desk_says_no(scene: Scene) -> None:
    points = f"/v1/clients/{scene.ready.client['id']}/contact-points"
    scene.chain.desk.post(points, {"kind": "email", "address": "quiet@demo.example", "check": False})
    assert asked(scene, "contact_check") == []
    scene.chain.desk.post(points, {"kind": "email", "address": "loud@demo.example"})
    assert len(asked(scene, "contact_check")) == 1


def test_the_desk_asks_again_but_not_at_once_and_not_all_day(scene: Scene) -> None:
    _, point = check_link(scene)
    path = f"/v1/clients/{scene.ready.client['id']}/contact-points/{point['id']}/check"
    assert scene.chain.desk.problem("POST", path, 409)["code"] == "asked_lately"
    for _ in range(2):
        scene.clock.now += PAUSE
        scene.chain.desk.post(path)
    scene.clock.now += PAUSE
    assert scene.chain.desk.problem("POST", path, 409)["code"] == "asked_lately"


def test_a_provider_that_gives_a_letter_back_closes_the_address(scene: Scene) -> None:
    _, point = check_link(scene)
    refusal = {"reference": answer(scene, "contact_check")["receipt"], "code": "no_mailbox", "cause": "bounce"}
    scene.chain.service.post("/internal/v1/refusals", {"items": [refusal]}, 200)
    points = scene.chain.desk.get(f"/v1/clients/{scene.ready.client['id']}/contact-points")["items"]
    assert [each["blocked"] for each in points if each["id"] == point["id"]] == ["bounce"]
    shown = scene.chain.desk.get(f"/v1/clients/{scene.ready.client['id']}/deliveries")["items"]
    assert [(each["appointment_id"], each["failed"]) for each in shown] == [(None, "no_mailbox")]


def test_another_chains_client_is_not_there(scene: Scene, new_scene: Callable[..., Scene]) -> None:
    other = new_scene()
    verified(scene)
    other.chain.desk.problem("POST", f"/v1/clients/{scene.ready.client['id']}/exports/link", 404)


def test_an_unknown_path_below_a_link_says_what_every_wrong_link_says(scene: Scene) -> None:
    wrong = Page(scene.chain.app.test_client(), scene.chain.app.test_client().get("/l/nothing/everything"))
    assert wrong.status == 404
    assert "This link does not work" in wrong.text


def test_opening_a_closed_address_begins_the_week_anew(scene: Scene) -> None:
    client, point = scene.ready.client, verified(scene)
    path, desk = f"/v1/clients/{client['id']}/contact-points/{point['id']}", f"/v1/clients/{client['id']}/exports/link"
    scene.chain.desk.post(f"{path}/block", {"cause": "wrong_person"}, 200)
    scene.chain.desk.post(f"{path}/unblock", {"evidence": "It is theirs after all"}, 200, If_Match="*")
    refused = scene.chain.desk.problem("POST", desk, 409)
    assert refused["code"] == "address_too_new"
    assert datetime.fromisoformat(refused["possible_from"]) == scene.clock.now + SETTLED_AFTER
    scene.clock.now += SETTLED_AFTER
    scene.chain.desk.post(desk)


def test_nobody_gets_at_a_client_by_merging_them_into_one_of_their_own_making(scene: Scene) -> None:
    chosen = scene.chain.person(name="Chosen Demo", email="chosen@demo.example")
    verified(scene, chosen)
    merged = {"into": chosen["id"]}
    scene.chain.admin.post(f"/v1/clients/{scene.ready.client['id']}/merge", merged, 200)
    desk = f"/v1/clients/{chosen['id']}/exports/link"
    assert scene.chain.desk.problem("POST", desk, 409)["code"] == "address_too_new"
    scene.clock.now += SETTLED_AFTER
    scene.chain.desk.post(desk)
    assert answer(scene, "export")["address"] == "chosen@demo.example"
