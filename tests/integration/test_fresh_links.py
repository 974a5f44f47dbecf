"""A fresh link for whoever's own does not work: to the address on file, or not at all, and nobody is told which."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.client_web.fresh import QUOTA
from shared.fresh_links import PAUSE
from shared.http.operations import EXTENSION
from tests.support.pages import Page, Scene, link_to, on, open_link

ADDRESSES = iter(range(1, 60_000))


def press(scene: Scene, path: str, typed: str = "", address: str | None = None) -> TestResponse:
    """Press the button on the page at that path, from another internet address each time."""
    page = Page(scene.chain.app.test_client(), scene.chain.app.test_client().get(path, environ_base=elsewhere()))
    assert page.status == 404
    form = page.reader.forms[0]
    assert (form.method, form.action, list(form.fields)) == ("post", "?fresh", ["address"])
    asker = {"REMOTE_ADDR": address} if address else elsewhere()
    answer = scene.chain.app.test_client().post(
        path + form.action, data={"address": typed}, environ_base=asker, buffered=True
    )
    answer.close()
    return answer


def elsewhere() -> dict[str, str]:
    number = next(ADDRESSES)
    return {"REMOTE_ADDR": f"10.9.{number // 250}.{number % 250}"}


def asked(scene: Scene) -> list[UUID]:
    """The visits to which fresh links were asked for, in the scene's chain."""
    with scene.chain.app.extensions[EXTENSION].database.reading(scene.chain.id) as connection:
        found = text("SELECT data ->> 'appointment_id' FROM events WHERE name = 'scheduling.fresh_link_asked.v1'")
        return [UUID(each) for each in connection.execute(found).scalars()]


def revoke(scene: Scene) -> None:
    with scene.chain.app.extensions[EXTENSION].database.reading(scene.chain.id) as connection:
        connection.execute(text("UPDATE links SET revoked_at = now()"))


def test_who_was_sent_a_link_that_was_revoked_is_sent_a_fresh_one(scene: Scene) -> None:
    link = link_to(scene.chain, scene.visit)
    revoke(scene)
    for path in (link, f"{link}/move"):
        answer = press(scene, path)
        assert answer.status_code == 200
        assert "a fresh one is on its way to the address that we have on file" in answer.text
        assert "ist ein neuer unterwegs an die Adresse" in answer.text
    assert asked(scene) == [UUID(scene.visit["id"])], "not twice within a few minutes"


def test_a_link_that_was_cut_off_needs_the_address_on_file(scene: Scene) -> None:
    link = link_to(scene.chain, scene.visit)
    press(scene, link[:-1])
    press(scene, link[:-1], "nobody@demo.example")
    press(scene, link[:-1], "not an address")
    assert asked(scene) == []
    press(scene, link[:-1], " CLIENT@demo.example ")
    assert asked(scene) == [UUID(scene.visit["id"])]


def test_an_address_of_another_chain_is_nobodys_here(scene: Scene, new_pages_chain: Any) -> None:
    other = urlsafe_b64encode(new_pages_chain("other").id.bytes).decode().rstrip("=")
    press(scene, f"/l/{other}.abc", "client@demo.example")
    assert asked(scene) == []


def test_whoever_asks_and_for_whatever_the_answer_is_the_same(scene: Scene) -> None:
    link = link_to(scene.chain, scene.visit)
    old = link_to(scene.chain, scene.visit)
    scene.clock.now = on(3, 11).astimezone(UTC) + timedelta(days=91)
    tries = [
        (link, ""),
        (old, "client@demo.example"),
        (link[:-2], "client@demo.example"),
        ("/l/nothing", ""),
        ("/l/", ""),
    ]
    answers = [press(scene, path, typed) for path, typed in tries]
    aside = {"X-Request-ID", "Content-Length"}
    kinds = {
        (each.status_code, each.data, tuple(item for item in each.headers if item[0] not in aside)) for each in answers
    }
    assert len(kinds) == 1
    assert asked(scene) == [], "nobody has a visit any more that a link could show"


def test_nothing_is_done_before_the_answer_has_gone_out(scene: Scene) -> None:
    """Otherwise the time that an answer takes would tell whether there was something to do."""
    link = link_to(scene.chain, scene.visit)
    answer = scene.chain.app.test_client().post(f"{link}?fresh", environ_base=elsewhere())
    assert b"fresh one is on its way" in answer.data
    assert asked(scene) == []
    answer.close()
    assert len(asked(scene)) == 1


def test_one_address_may_ask_so_often(scene: Scene) -> None:
    codes = [press(scene, "/l/nothing", address="198.51.100.7").status_code for _ in range(QUOTA.requests + 1)]
    assert codes == [200] * QUOTA.requests + [429]


def test_a_link_after_the_visit_changes_nothing_any_more(scene: Scene) -> None:
    page = scene.open()
    mark = page.form("/confirm").fields["seen"]
    scene.clock.now = on(3, 11, 1).astimezone(UTC)
    before = scene.events()
    for action in ("confirm", "cancel"):
        page.client.post(f"{page.path}/{action}", data={"seen": mark, "warned": "yes"})
    page.client.post(f"{page.path}/move", data={"seen": mark, "time": scene.wish(on(4, 10))})
    assert scene.events() == before
    scene.clock.now += timedelta(days=90)
    assert open_link(scene.chain, page.path).status == 404


def test_a_link_for_something_else_opens_no_visit(scene: Scene) -> None:
    link = link_to(scene.chain, scene.visit)
    with scene.chain.app.extensions[EXTENSION].database.reading(scene.chain.id) as connection:
        columns = "purpose = 'other', about = appointment_id, appointment_id = NULL, expires_at = now()"
        connection.execute(text(f"UPDATE links SET {columns}"))
    assert open_link(scene.chain, link).status == 404
    press(scene, link)
    assert asked(scene) == []


def test_a_link_shows_the_visit_of_its_own_client_alone(scene: Scene, new_scene: Callable[..., Scene]) -> None:
    """Whatever else the holder knows: the id of another's visit leads nowhere."""
    stranger = scene.chain.person(name="Bo Demo-Stranger", email="stranger@demo.example")
    body = scene.ready.wish(on(4, 12), client_id=stranger["id"])
    other = scene.chain.desk.post("/v1/appointments", body)
    page = scene.open()
    for path in (f"{page.path}/{other['id']}", f"{page.path}?id={other['id']}", f"/l/{other['id']}"):
        assert "Demo-Stranger" not in page.get(path).text
        assert "12:00" not in page.get(path).text


@pytest.mark.parametrize("wait", [PAUSE])
def test_a_fresh_link_opens_the_visit_again(scene: Scene, wait: timedelta) -> None:
    link = link_to(scene.chain, scene.visit)
    revoke(scene)
    assert open_link(scene.chain, link).status == 404
    press(scene, link)
    scene.clock.now += wait
    item = {
        "key": "link:1",
        "chain_id": str(scene.chain.id),
        "client_id": scene.visit["client_id"],
        "appointment_id": str(asked(scene)[0]),
        "kind": "link",
    }
    [answer] = scene.chain.service.post("/internal/v1/recipients", {"items": [item]}, 200)["items"]
    assert answer["address"] == "client@demo.example"
    assert open_link(scene.chain, answer["link"][answer["link"].index("/l/") :]).status == 200
