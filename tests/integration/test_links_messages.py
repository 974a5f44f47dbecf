"""Behind the link a client says what to be written to about; asking to stop closes the purpose, and can be taken back."""

from typing import Any

from tests.support.pages import Scene


def reachable(scene: Scene) -> Any:
    shown = scene.chain.desk.get(f"/v1/clients/{scene.ready.client['id']}")
    return shown["reachable"], shown["unreachable_reason"]


def said(scene: Scene) -> dict[tuple[str, str], tuple[bool, str]]:
    items = scene.chain.desk.get(f"/v1/clients/{scene.ready.client['id']}/permissions")["items"]
    return {(each["channel"], each["purpose"]): (each["given"], each["source"]) for each in items}


def test_a_client_stops_messages_about_visits_and_allows_them_again(scene: Scene) -> None:
    page = scene.open().get(scene.open().path + "/messages")
    assert "About your visits" in page.text
    assert reachable(scene) == (True, None)
    stopped = page.post("/messages")
    assert "Done: we have noted your wish." in stopped.text
    assert "You get none of these messages." in stopped.text
    assert reachable(scene) == (False, "no_consent")
    assert said(scene) == {("email", "appointment"): (False, "online"), ("sms", "appointment"): (False, "online")}
    again = stopped.post("/messages")
    assert "We confirm and remind you" in again.text
    assert reachable(scene) == (True, None)


def test_only_what_was_ever_permitted_is_asked_about_besides_visits(scene: Scene) -> None:
    path = scene.open().path + "/messages"
    assert "News and offers" not in scene.open().get(path).text
    given = {"purpose": "marketing", "channel": "email", "source": "paper"}
    scene.chain.desk.post(f"/v1/clients/{scene.ready.client['id']}/permissions/give", given, 200, If_Match="*")
    assert "News and offers" in scene.open().get(path).text


def test_stopping_twice_is_stopping_once_and_nonsense_is_refused(scene: Scene) -> None:
    page = scene.open().get(scene.open().path + "/messages")
    for _ in range(2):
        assert page.post("/messages").status == 200
    assert reachable(scene) == (False, "no_consent")
    assert page.post("/messages", purpose="everything").status == 400
    assert page.post("/messages", may="perhaps").status == 400


def test_the_page_speaks_the_clients_language(new_scene: Any) -> None:
    page = new_scene(locale="de").open()
    assert "Zu Ihren Terminen" in page.get(page.path + "/messages").text
