"""Contact points and permissions over HTTP: who can be reached is shown at once, and nobody is written to who said no."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.api import Chain, at, set_clock

SHARED = "pair@demo.example"


def points(chain: Chain, client: Any) -> list[Any]:
    found: list[Any] = chain.desk.get(f"/v1/clients/{client['id']}/contact-points")["items"]
    return found


def point(chain: Chain, client: Any, kind: str = "email") -> str:
    """The address of the client's e-mail address or number."""
    found = next(each["id"] for each in shown(chain, client)["contact_points"] if each["kind"] == kind)
    return f"/v1/clients/{client['id']}/contact-points/{found}"


def shown(chain: Chain, client: Any) -> Any:
    return chain.desk.get(f"/v1/clients/{client['id']}")


def asked(chain: Chain, visit: Any, **more: str) -> Any:
    """Scheduling's answer about the confirmation of a visit."""
    question = {
        "key": f"confirmation:{visit['id']}:1",
        "chain_id": str(chain.id),
        "client_id": visit["client_id"],
        "appointment_id": visit["id"],
        "kind": "confirmation",
    }
    return chain.service.post("/internal/v1/recipients", {"items": [question | more]}, 200)["items"][0]


def test_a_client_has_the_addresses_given_and_may_be_written_to_about_visits_only(chain: Chain) -> None:
    client = chain.person(phone="+49 151 0000 0000")
    assert (client["email"], client["phone"]) == ("client@demo.example", "+4915100000000")
    assert (client["preferred_channel"], client["fallback_channel"], client["reachable"]) == ("email", "sms", True)
    assert {(each["kind"], each["blocked"]) for each in client["contact_points"]} == {("email", None), ("phone", None)}
    said = chain.desk.get(f"/v1/clients/{client['id']}/permissions")
    assert [(each["channel"], each["purpose"], each["given"]) for each in said["items"]] == [
        ("email", "appointment", True),
        ("sms", "appointment", True),
    ]


def test_addresses_are_kept_in_one_spelling_and_are_never_unique(chain: Chain) -> None:
    one, two = (chain.person(email="Pair@DEMO.example") for _ in range(2))
    assert one["email"] == two["email"] == "Pair@demo.example"
    added = chain.desk.post(f"/v1/clients/{one['id']}/contact-points", {"kind": "phone", "address": "+49 (30) 1234567"})
    assert added["address"] == "+49301234567"
    same = {"kind": "phone", "address": "+49301234567"}
    again = chain.desk.post(f"/v1/clients/{one['id']}/contact-points", same, 200)
    assert again["id"] == added["id"]


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("phone", "030 1234567"),
        ("email", "nobody"),
        ("email", "a\u0007@b.example"),
        ("email", "ä@b.example"),
        ("email", "a@bä.example"),
        ("email", '"a"@b.example'),
    ],
)
def test_what_is_no_address_is_refused(chain: Chain, kind: str, address: str) -> None:
    path = f"/v1/clients/{chain.person()['id']}/contact-points"
    assert "address" in chain.desk.post(path, {"kind": kind, "address": address}, 422)["fields"]


def test_another_address_in_a_patch_replaces_the_one_before_and_is_a_change_of_the_client(chain: Chain) -> None:
    client = chain.person()
    changed = chain.desk.patch(f"/v1/clients/{client['id']}", {"email": "new@demo.example"})
    assert changed["email"] == "new@demo.example"
    assert changed["version"] > client["version"]
    old = f'"{client["version"]}"'
    chain.desk.call("PATCH", f"/v1/clients/{client['id']}", 412, {"email": "newer@demo.example"}, If_Match=old)
    assert [(each["address"], each["replaced"]) for each in points(chain, client)] == [
        ("client@demo.example", True),
        ("new@demo.example", False),
    ]


def test_a_patch_with_what_was_read_changes_nothing_about_other_addresses(chain: Chain) -> None:
    client = chain.person()
    chain.desk.post(f"/v1/clients/{client['id']}/contact-points", {"kind": "email", "address": "work@demo.example"})
    read = shown(chain, client)
    chain.desk.patch(f"/v1/clients/{client['id']}", {"email": read["email"]})
    assert len(shown(chain, client)["contact_points"]) == 2


def test_a_client_without_any_way_is_shown_as_such_when_booked_and_in_the_list(chain: Chain) -> None:
    place = chain.ready()
    nobody = chain.person(email=None)
    assert (nobody["reachable"], nobody["unreachable_reason"]) == (False, "no_contact")
    visit = place.book(at(3), client_id=nobody["id"])
    assert (visit["reachable"], visit["unreachable_reason"]) == (False, "no_contact")
    other = place.book(at(3, 12))
    assert (other["reachable"], other["unreachable_reason"]) == (True, None)
    listed = {each["id"]: each["reachable"] for each in chain.desk.get("/v1/appointments")["items"]}
    assert listed == {visit["id"]: False, other["id"]: True}
    chain.desk.patch(f"/v1/clients/{nobody['id']}", {"phone": "+15005550006"})
    assert chain.desk.get(f"/v1/appointments/{visit['id']}")["reachable"] is True


def test_stop_at_a_shared_address_closes_it_for_both_and_a_start_opens_it_again(chain: Chain) -> None:
    pair = [chain.person(email=SHARED), chain.person(email=SHARED.upper())]
    stranger = chain.person()
    blocked = chain.desk.post(f"{point(chain, pair[0])}/block", {"cause": "complaint", "evidence": "Spam"}, 200)
    assert blocked["blocked"] == "complaint"
    assert [shown(chain, each)["unreachable_reason"] for each in (*pair, stranger)] == ["blocked", "blocked", None]
    late = chain.person(email=SHARED)
    assert late["unreachable_reason"] == "blocked"
    chain.desk.post(f"{point(chain, pair[1])}/unblock", {"evidence": "Both called"}, 200, If_Match="*")
    assert [shown(chain, each)["reachable"] for each in (*pair, late)] == [True, True, True]


def test_a_wrong_person_closes_the_address_for_that_client_only(chain: Chain) -> None:
    pair = [chain.person(email=SHARED) for _ in range(2)]
    chain.desk.post(f"{point(chain, pair[0])}/block", {"cause": "wrong_person"}, 200)
    assert [shown(chain, each)["reachable"] for each in pair] == [False, True]


def test_asking_to_stop_closes_the_purpose_on_every_channel_and_can_be_taken_back(chain: Chain) -> None:
    place = chain.ready()
    visit = place.book(at(3))
    path = f"/v1/clients/{visit['client_id']}/permissions"
    said = chain.desk.post(f"{path}/withdraw", {"purpose": "appointment", "source": "phone", "evidence": "Call"}, 200)
    assert (said["reachable"], said["unreachable_reason"]) == (False, "no_consent")
    assert asked(chain, visit)["stop"] == "no_consent"
    chain.desk.patch(f"/v1/clients/{visit['client_id']}", {"phone": "+15005550006"})
    assert asked(chain, visit, via="sms")["stop"] == "no_consent"
    chain.desk.post(f"{path}/give", {"purpose": "appointment", "channel": "sms"}, 200, If_Match="*")
    answer = asked(chain, visit)
    assert (answer["channel"], answer["address"]) == ("sms", "+15005550006")


def test_a_message_takes_the_fallback_or_the_channel_that_is_asked_for(chain: Chain) -> None:
    place = chain.ready()
    both = chain.person(phone="+15005550006")
    visit = place.book(at(3), client_id=both["id"])
    assert asked(chain, visit)["channel"] == "email"
    assert asked(chain, visit, via="sms")["channel"] == "sms"
    chain.desk.post(f"{point(chain, both)}/block", {"cause": "bounce"}, 200)
    answer = asked(chain, visit)
    assert (answer["channel"], answer["address"]) == ("sms", "+15005550006")
    assert asked(chain, visit, via="email")["stop"] == "blocked"
    assert asked(chain, visit, purpose="care", via="sms")["stop"] == "no_consent"


def test_a_replaced_address_takes_its_links_with_it_and_no_others(chain: Chain) -> None:
    place = chain.ready()
    visit = place.book(at(3))
    old = asked(chain, visit)["link"]
    client = shown(chain, place.client)
    page = chain.app.test_client()
    assert page.get(path_of(old)).status_code == 200
    new = {"address": "new@demo.example"}
    replaced = chain.desk.post(f"{point(chain, client)}/replace", new, 200, If_Match="*")
    assert (replaced["replaced"], replaced["blocked"]) == (True, None)
    assert page.get(path_of(old)).status_code == 404
    assert page.get(path_of(asked(chain, visit)["link"])).status_code == 200


def path_of(link: str) -> str:
    return "/l/" + link.rpartition("/")[2]


def test_an_address_that_somebody_else_reads_takes_its_links_with_it(chain: Chain) -> None:
    place = chain.ready()
    link = asked(chain, place.book(at(3)))["link"]
    chain.desk.post(f"{point(chain, place.client)}/block", {"cause": "wrong_person"}, 200)
    assert chain.app.test_client().get(path_of(link)).status_code == 404


def test_a_verified_address_says_so_and_a_new_one_does_not(chain: Chain) -> None:
    client = chain.person()
    verified = chain.desk.post(f"{point(chain, client)}/verify", {"way": "phone"}, 200)
    assert verified["verified"] == "phone"
    assert shown(chain, client)["contact_points"][0]["verified"] is True
    chain.desk.patch(f"/v1/clients/{client['id']}", {"email": "new@demo.example"})
    assert shown(chain, client)["contact_points"][0]["verified"] is False


def test_another_chain_knows_nothing_of_it(chain: Chain, new_chain: Any) -> None:
    client, other = chain.person(email=SHARED), new_chain("other")
    twin = other.person(email=SHARED)
    other.desk.call("GET", f"/v1/clients/{client['id']}/contact-points", 404)
    other.desk.call("POST", f"{point(chain, client)}/block", 404, {"cause": "stop"})
    chain.desk.post(f"{point(chain, client)}/block", {"cause": "stop"}, 200)
    assert shown(other, twin)["reachable"] is True


def test_therapists_may_look_and_not_change(chain: Chain) -> None:
    client = chain.person()
    therapist = chain.caller("therapist")
    therapist.get(f"/v1/clients/{client['id']}/permissions")
    therapist.post(f"{point(chain, client)}/block", {"cause": "stop"}, 403)


def test_a_childs_visit_reaches_the_guardian_who_may_be_told(chain: Chain) -> None:
    place = chain.ready()
    child = chain.person(email=None, birth_date="2020-05-01")
    mother = chain.person(email="mother@demo.example", name="Demo Mother", locale="de")
    visit = place.book(at(3), client_id=child["id"])
    assert (visit["reachable"], visit["unreachable_reason"]) == (False, "nobody_to_tell")
    assert asked(chain, visit)["stop"] == "nobody_to_tell"
    relation = {
        "related_client_id": mother["id"],
        "kind": "guardian",
        "may": ["receive_messages"],
        "source": "document",
    }
    chain.desk.post(f"/v1/clients/{child['id']}/relations", relation)
    assert chain.desk.get(f"/v1/appointments/{visit['id']}")["reachable"] is True
    answer = asked(chain, visit)
    assert (answer["address"], answer["name"], answer["locale"]) == ("mother@demo.example", "Demo Mother", "de")
    assert chain.app.test_client().get(path_of(answer["link"])).status_code == 200


def test_a_guardian_who_was_merged_is_told_where_the_person_wants_to_be_today(chain: Chain) -> None:
    place = chain.ready()
    child = chain.person(email=None, birth_date="2020-05-01")
    mother, twice = (chain.person(email=f"{name}@demo.example") for name in ("mother", "twice"))
    relation = {"related_client_id": twice["id"], "kind": "guardian", "may": ["receive_messages"], "source": "document"}
    chain.desk.post(f"/v1/clients/{child['id']}/relations", relation)
    visit = place.book(at(3), client_id=child["id"])
    assert asked(chain, visit)["address"] == "twice@demo.example"
    chain.desk.post(f"/v1/clients/{twice['id']}/merge", {"into": mother["id"]}, 200)
    assert asked(chain, visit)["address"] == "mother@demo.example"
    chain.desk.post(f"/v1/clients/{mother['id']}/permissions/withdraw", {"purpose": "appointment"}, 200)
    assert asked(chain, visit)["stop"] == "no_consent"


def test_a_message_to_an_address_that_two_read_names_only_initials(chain: Chain) -> None:
    place = chain.ready()
    anna, child = chain.person(name="Anna Demo", email=SHARED), chain.person(name="Zoe Demo", birth_date="2020-05-01")
    relation = {"related_client_id": anna["id"], "kind": "guardian", "may": ["receive_messages"], "source": "document"}
    chain.desk.post(f"/v1/clients/{child['id']}/relations", relation)
    own, of_child = place.book(at(3), client_id=anna["id"]), place.book(at(4), client_id=child["id"])
    assert asked(chain, own)["name"] == "Anna Demo"
    assert asked(chain, of_child)["visit"]["client_name"] == "Zoe Demo"
    ben = chain.person(name="Ben Demo", email=SHARED.upper())
    assert asked(chain, own)["name"] == "A."
    told = asked(chain, of_child)
    assert (told["name"], told["visit"]["client_name"]) == ("A.", "Z.")
    page = chain.app.test_client().get(path_of(told["link"])).text
    assert "Z." in page
    assert not any(name in page for name in ("Anna", "Zoe", "Demo Client"))
    assert "A." in chain.app.test_client().get(path_of(asked(chain, own)["link"])).text
    chain.desk.post(f"/v1/clients/{ben['id']}/merge", {"into": anna["id"]}, 200)
    assert asked(chain, own)["name"] == "Anna Demo"


def tag(chain: Chain, path: str) -> str:
    return chain.desk.call("GET", path, 200).headers["ETag"]


def test_two_who_edit_contacts_do_not_overwrite_each_other(chain: Chain) -> None:
    client = chain.person(phone="+15005550006")
    base = f"/v1/clients/{client['id']}"
    seen = tag(chain, f"{base}/contact-points")
    assert seen == tag(chain, f"{base}/permissions") == f'"{shown(chain, client)["contacts_version"]}"'
    said = {"purpose": "marketing"}
    withdrawn = chain.desk.call("POST", f"{base}/permissions/withdraw", 200, said, If_Match=seen)
    now = withdrawn.headers["ETag"]
    assert now == tag(chain, f"{base}/permissions") != seen
    stale = [
        (f"{base}/permissions/give", said),
        (f"{point(chain, client)}/replace", {"address": "new@demo.example"}),
        (f"{point(chain, client)}/unblock", {"evidence": "said so"}),
        (f"{point(chain, client)}/block", {"cause": "wrong_person"}),
        (f"{base}/contact-points", {"kind": "email", "address": "work@demo.example"}),
    ]
    for path, body in stale:
        assert chain.desk.problem("POST", path, 412, body, If_Match=seen)["code"] == "version_mismatch"
    for path, body in stale[:3]:
        assert chain.desk.problem("POST", path, 428, body)["code"] == "if_match_required"
    chain.desk.post(f"{base}/permissions/give", said, 200, If_Match=now)
    assert chain.desk.problem("POST", f"{base}/permissions/give", 412, said, If_Match=now)


def test_null_is_no_preference_of_the_clients_own(chain: Chain) -> None:
    client = chain.person(phone="+15005550006", preferred_channel="sms", fallback_channel="none")
    path = f"/v1/clients/{client['id']}"
    assert (client["preferred_channel"], client["fallback_channel"]) == ("sms", "none")
    back = chain.desk.patch(path, {"preferred_channel": None, "fallback_channel": None})
    assert (back["preferred_channel"], back["fallback_channel"]) == ("email", "sms")
    without = chain.desk.patch(path, {"email": None})
    assert (without["preferred_channel"], without["fallback_channel"]) == ("sms", "none")
    assert chain.desk.patch(path, {"preferred_channel": None})["version"] == without["version"]
    assert chain.person(preferred_channel=None)["preferred_channel"] == "email"


def test_a_child_is_born_today_on_its_own_clock(chain: Chain) -> None:
    set_clock(chain, datetime(2027, 5, 1, 22, 30, tzinfo=UTC))
    born = {"birth_date": "2027-05-02", "email": None}
    child = chain.person(time_zone="Europe/Berlin", **born)
    refused = {"name": "Demo Client", "locale": "en", "time_zone": "Europe/London"} | born
    assert "birth_date" in chain.desk.post("/v1/clients", refused, 422)["fields"]
    path = f"/v1/clients/{child['id']}"
    assert "birth_date" in chain.desk.patch(path, {"birth_date": "2027-05-03"}, 422)["fields"]
    far = {"birth_date": "2027-05-02", "time_zone": "America/New_York"}
    assert "birth_date" in chain.desk.patch(path, far, 422)["fields"]
