"""What providers report is believed when it is signed, recorded once, and closes an address where it means that."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from shared.settings import HookSettings, Settings
from shared.signatures import body_signature, form_signature
from tests.support.api import Chain, Ready, at

TOKEN, SECRET = "twilio-token", "mail-secret"
NUMBER = "+15005550006"


@pytest.fixture
def scheduling_settings(scheduling_settings: Settings) -> Settings:
    return replace(scheduling_settings, hooks=HookSettings(sms_token=TOKEN, mail_secret=SECRET))


@dataclass
class Desk:
    """A chain with a client who has both kinds of address, and a visit of theirs."""

    chain: Chain
    place: Ready
    client: Any
    visit: Any

    def asked(self, **more: str) -> Any:
        question = {
            "key": f"confirmation:{self.visit['id']}:1",
            "chain_id": str(self.chain.id),
            "client_id": self.client["id"],
            "appointment_id": self.visit["id"],
            "kind": "confirmation",
        }
        return self.chain.service.post("/internal/v1/recipients", {"items": [question | more]}, 200)["items"][0]

    def report(self, url: str, token: str = TOKEN, **form: str) -> TestResponse:
        signature = form_signature(token, url, {name: [value] for name, value in form.items()})
        client = self.chain.app.test_client()
        return client.post(urlsplit(url).path, data=form, headers={"X-Twilio-Signature": signature})

    def mail(self, *items: dict[str, str], secret: str = SECRET, ago: int = 0) -> TestResponse:
        body = json.dumps({"items": items}).encode()
        stamp = str(int((datetime.now(UTC) - timedelta(seconds=ago)).timestamp()))
        headers = {"X-Synergist-Timestamp": stamp, "X-Synergist-Signature": body_signature(secret, stamp, body)}
        return self.chain.app.test_client().post("/hooks/mail", data=body, headers=headers)

    def deliveries(self) -> list[tuple[str, bool, str | None]]:
        found = self.chain.desk.get(f"/v1/clients/{self.client['id']}/deliveries")["items"]
        return [(each["channel"], each["delivered"], each["failed"]) for each in found]

    def blocked(self) -> dict[str, str | None]:
        shown = self.chain.desk.get(f"/v1/clients/{self.client['id']}")
        return {each["kind"]: each["blocked"] for each in shown["contact_points"]}

    def tasks(self) -> list[str]:
        return [each["cause"] for each in self.chain.desk.get("/v1/contact-tasks")["items"]]


@pytest.fixture
def desk(chain: Chain) -> Desk:
    place = chain.ready()
    client = chain.person(phone=NUMBER)
    return Desk(chain, place, client, place.book(at(3), client_id=client["id"]))


def test_an_sms_that_arrived_says_so_once(desk: Desk) -> None:
    url = desk.asked(via="sms")["status_url"]
    for status in ("queued", "sent", "delivered", "delivered"):
        assert desk.report(url, MessageSid="SM1", MessageStatus=status, To=NUMBER).status_code == 204
    assert desk.deliveries() == [("sms", True, None)]
    assert desk.tasks() == []


def test_an_sms_to_a_number_that_does_not_exist_closes_it_and_makes_a_task(desk: Desk) -> None:
    url = desk.asked(via="sms")["status_url"]
    for _ in range(2):
        assert desk.report(url, MessageStatus="undelivered", ErrorCode="30005").status_code == 204
    assert desk.deliveries() == [("sms", False, "30005")]
    assert desk.blocked() == {"email": None, "phone": "bounce"}
    assert desk.tasks() == ["undeliverable"]


def test_a_report_that_is_sent_once_more_does_not_close_what_staff_have_opened_since(desk: Desk) -> None:
    url = desk.asked(via="sms")["status_url"]
    desk.report(url, MessageStatus="undelivered", ErrorCode="30005")
    client = f"/v1/clients/{desk.client['id']}"
    [phone] = [each for each in desk.chain.desk.get(client)["contact_points"] if each["kind"] == "phone"]
    path = f"{client}/contact-points/{phone['id']}/unblock"
    desk.chain.desk.post(path, {"evidence": "The number works again"}, 200, If_Match="*")
    assert desk.report(url, MessageStatus="undelivered", ErrorCode="30005").status_code == 204
    assert desk.blocked()["phone"] is None
    desk.report(desk.asked(via="sms")["status_url"], MessageStatus="undelivered", ErrorCode="30005")
    assert desk.blocked()["phone"] == "bounce"


def test_a_mail_that_failed_and_then_bounced_closes_its_address(desk: Desk) -> None:
    reference = desk.asked()["receipt"]
    desk.mail({"reference": reference, "said": "failed"})
    assert desk.blocked()["email"] is None
    desk.mail({"reference": reference, "said": "bounced"})
    assert desk.blocked()["email"] == "bounce"


def test_what_became_of_messages_is_shown_where_the_visit_is(desk: Desk) -> None:
    desk.report(desk.asked(via="sms")["status_url"], MessageSid="SM1", MessageStatus="delivered", To=NUMBER)
    other = desk.chain.clinic(name="Other")
    for clinic, shown in ((desk.place.clinic, 1), (other, 0)):
        caller = desk.chain.caller("front_desk", clinics=(clinic["id"],))
        assert len(caller.get(f"/v1/clients/{desk.client['id']}/deliveries")["items"]) == shown


def test_a_phone_that_is_switched_off_stays_open(desk: Desk) -> None:
    desk.report(desk.asked(via="sms")["status_url"], MessageStatus="undelivered", ErrorCode="30003")
    assert desk.deliveries() == [("sms", False, "30003")]
    assert desk.blocked() == {"email": None, "phone": None}


@pytest.mark.parametrize("change", ["token", "path", "form"])
def test_what_is_not_signed_by_the_provider_changes_nothing(desk: Desk, change: str) -> None:
    url = desk.asked(via="sms")["status_url"]
    form = {"MessageStatus": "failed", "ErrorCode": "21610"}
    signature = form_signature(
        "other" if change == "token" else TOKEN, url, {name: [each] for name, each in form.items()}
    )
    path = urlsplit(url).path + ("?more=1" if change == "path" else "")
    sent = form | ({"ErrorCode": "30003"} if change == "form" else {})
    answer = desk.chain.app.test_client().post(path, data=sent, headers={"X-Twilio-Signature": signature})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "bad_signature")
    assert desk.deliveries() == []


def test_an_unsigned_request_and_a_reference_of_nobody_change_nothing(desk: Desk) -> None:
    url = desk.asked(via="sms")["status_url"]
    assert desk.chain.app.test_client().post(urlsplit(url).path, data={"MessageStatus": "failed"}).status_code == 403
    for wrong in ("nothing", url.rpartition("/")[2][:-2] + "AA"):
        assert desk.report(url.rpartition("/")[0] + "/" + wrong, MessageStatus="failed").status_code == 404
    assert desk.deliveries() == []


def test_a_mail_that_bounced_closes_the_address_for_everybody_who_has_it(desk: Desk) -> None:
    partner = desk.chain.person()
    reference = desk.asked()["receipt"]
    assert desk.mail({"reference": reference, "said": "bounced", "code": "5.1.1"}).status_code == 204
    assert desk.deliveries() == [("email", False, "5.1.1")]
    assert desk.blocked() == {"email": "bounce", "phone": None}
    assert desk.chain.desk.get(f"/v1/clients/{partner['id']}")["unreachable_reason"] == "blocked"
    assert desk.asked()["channel"] == "sms"


def test_a_complaint_closes_the_address_of_a_mail_that_arrived(desk: Desk) -> None:
    reference = desk.asked()["receipt"]
    said = [{"reference": reference, "said": "delivered"}, {"reference": reference, "said": "complained"}]
    assert desk.mail(*said).status_code == 204
    assert desk.deliveries() == [("email", True, None)]
    assert desk.blocked()["email"] == "complaint"
    assert desk.tasks() == []


def test_a_report_about_an_address_replaced_meanwhile_closes_that_one_only(desk: Desk) -> None:
    reference = desk.asked()["receipt"]
    desk.chain.desk.patch(f"/v1/clients/{desk.client['id']}", {"email": "new@demo.example"})
    desk.mail({"reference": reference, "said": "bounced"})
    assert desk.blocked()["email"] is None
    back = desk.chain.desk.patch(f"/v1/clients/{desk.client['id']}", {"email": "client@demo.example"})
    assert back["contact_points"][-1]["blocked"] == "bounce"


def test_an_old_or_wrongly_signed_report_of_a_mail_is_refused(desk: Desk) -> None:
    said = {"reference": desk.asked()["receipt"], "said": "bounced"}
    assert desk.mail(said, secret="other").status_code == 403
    assert desk.mail(said, ago=301).status_code == 403
    assert desk.mail(said | {"more": "x"}).status_code == 422
    assert desk.deliveries() == []


def test_a_report_of_nobodys_message_keeps_none_of_the_others_from_being_taken(desk: Desk) -> None:
    known = {"reference": desk.asked()["receipt"], "said": "bounced"}
    assert desk.mail({"reference": "nothing", "said": "bounced"}, known).status_code == 404
    assert desk.blocked()["email"] == "bounce"


def test_a_code_that_the_database_does_not_take_breaks_nothing(desk: Desk) -> None:
    assert desk.mail({"reference": desk.asked()["receipt"], "said": "bounced", "code": "5\0"}).status_code == 422
    url = desk.asked(via="sms")["status_url"]
    assert desk.report(url, MessageStatus="failed", ErrorCode="30005\0").status_code == 204
    assert desk.deliveries() == [("sms", False, "30005")]


def test_an_address_refused_to_our_senders_is_closed_and_only_they_may_say_so(desk: Desk) -> None:
    refusal = {"reference": desk.asked()["receipt"], "code": "address_refused_550", "cause": "bounce"}
    desk.chain.admin.post("/internal/v1/refusals", {"items": [refusal]}, 403)
    for _ in range(2):
        desk.chain.service.post("/internal/v1/refusals", {"items": [refusal]}, 200)
    assert desk.blocked()["email"] == "bounce"
    assert desk.deliveries() == [("email", False, "address_refused_550")]
    assert desk.tasks() == ["undeliverable"]


def test_nobody_is_believed_where_no_secret_is_set(chain: Chain, desk: Desk) -> None:
    from services.scheduling.hooks import HookKeys
    from shared.http.problems import Problem

    form = {"MessageStatus": "failed"}
    url = "http://127.0.0.1/hooks/sms/status/x"
    signature = form_signature("", url, {name: [each] for name, each in form.items()})
    with (
        chain.app.test_request_context(
            "/hooks/sms/status/x", method="POST", data=form, headers={"X-Twilio-Signature": signature}
        ),
        pytest.raises(Problem),
    ):
        HookKeys("http://127.0.0.1", "", "").sms_form()
