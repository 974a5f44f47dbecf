"""What clients answer, by mail over IMAP and by SMS over the provider's hook: once each, and never more than it may."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any

import pytest

from services.scheduling.replies.process import read_once
from services.scheduling.views import VIEWS
from shared.background import Background
from shared.database import Database, make_engine
from shared.embedded.mailbox.imap import Folders, Imap
from shared.embedded.processes import free_port
from shared.health import Heartbeat
from shared.settings import HookSettings, ImapSettings, ReplySettings, Settings
from shared.signatures import form_signature
from tests.support.api import Chain, Ready, at
from tests.support.keys import sealer
from tests.unit.replies.test_bounces import OURS, bounce, complaint
from tests.unit.replies.test_mail import answer

TOKEN = "demo-sms-token"
NUMBER = "+491510000001"


@pytest.fixture
def scheduling_settings(scheduling_settings: Settings) -> Settings:
    return replace(
        scheduling_settings,
        replies=ReplySettings(address="reply@clinic.example", sms=True),
        hooks=HookSettings(sms_token=TOKEN, mail_secret=""),
    )


@dataclass
class Post:
    """A mailbox that answers arrive in, and the process that reads it, one round at a time."""

    place: Ready
    imap: Imap
    settings: ImapSettings
    database: Database
    mails: int = 0

    def told(self, visit: Any, kind: str = "reminder", **more: str) -> Any:
        """What a sender learns when it is about to tell the client of the visit."""
        item = {
            "key": f"{kind}:{visit['id']}",
            "chain_id": str(self.place.chain.id),
            "client_id": visit["client_id"],
            "appointment_id": visit["id"],
            "kind": kind,
        }
        (answered,) = self.place.chain.service.post("/internal/v1/recipients", {"items": [item | more]}, 200)["items"]
        return answered

    def arrive(self, to: str, text: str = "C", calendar: str | None = None, **headers: str) -> None:
        self.mails += 1
        mail = EmailMessage()
        given = {"From": "client@demo.example", "To": to, "Message-ID": f"<{self.mails}@demo.example>"}
        for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            mail[name] = value
        mail.set_content(text)
        if calendar is not None:
            mail.add_alternative(calendar, subtype="calendar", params={"method": "REPLY"})
        self.imap.folders.deliver(mail.as_bytes())

    def read(self) -> None:
        heartbeat = Heartbeat(60)
        read_once(self.settings, self.database, Background(threading.Event(), heartbeat))

    def text(self, body: str, sid: str = "SM1", sender: str = NUMBER, expect: int = 204, token: str = TOKEN) -> None:
        form = {"MessageSid": sid, "From": sender, "To": "+15005550006", "Body": body}
        url = self.place.chain.app.extensions["public_url"] + "/hooks/sms/inbound"
        signature = form_signature(token, url, {name: [value] for name, value in form.items()})
        client = self.place.chain.app.test_client()
        response = client.post("/hooks/sms/inbound", data=form, headers={"X-Twilio-Signature": signature})
        assert response.status_code == expect, response.text

    def visit(self, visit: Any) -> Any:
        return self.place.chain.desk.get(f"/v1/appointments/{visit['id']}")

    def tasks(self) -> list[tuple[str, list[tuple[str, str | None]]]]:
        """The cause of each open task, with what the client said."""
        items = self.place.chain.desk.get("/v1/contact-tasks")["items"]
        return [(task["cause"], [(said["kind"], said["text"]) for said in task["said"]]) for task in items]

    def filed(self) -> tuple[int, int, int]:
        folders = self.imap.folders
        return len(folders.contents()), len(folders.contents("Answered")), len(folders.contents("Set aside"))


@pytest.fixture
def post(chain: Chain, scheduling_settings: Settings) -> Iterator[Post]:
    imap = Imap(free_port(), "replies", "demo-password", Folders())
    imap.start()
    port = imap.server_address[1]
    settings = ImapSettings(
        host="127.0.0.1",
        port=int(port),
        user="replies",
        password="demo-password",
        security="none",
        folder="INBOX",
        poll_seconds=1.0,
    )
    database = Database(make_engine(scheduling_settings.scheduling.api, size=2), sealer=sealer(), views=VIEWS)
    chain.app.extensions["public_url"] = scheduling_settings.address.public_url
    yield Post(chain.ready(), imap, settings, database)
    imap.stop()
    database.engine.dispose()


def test_answering_a_reminder_with_c_confirms_the_visit_and_is_filed(post: Post) -> None:
    visit = post.place.book(at(3))
    told = post.told(visit)
    assert told["asks"]
    post.arrive(told["reply_to"].upper())
    post.read()
    assert post.visit(visit)["confirmed"]
    assert post.tasks() == []
    assert post.filed() == (0, 1, 0)


def test_a_letter_that_answers_no_question_is_for_a_person(post: Post) -> None:
    visit = post.place.book(at(3))
    told = post.told(visit, kind="confirmation")
    assert not told["asks"]
    post.arrive(told["reply_to"])
    post.read()
    assert not post.visit(visit)["confirmed"]
    assert post.tasks() == [("reply", [("confirmed", "C")])]


def test_accepting_in_the_calendar_confirms_and_declining_calls_for_a_person(post: Post) -> None:
    accepted, declined = post.place.book(at(3)), post.place.book(at(4))
    for visit, said in ((accepted, "ACCEPTED"), (declined, "DECLINED")):
        told = post.told(visit, kind="confirmation")
        post.arrive(told["reply_to"], "", answer(said, uid=f"{visit['id']}@visits.synergist"))
    post.read()
    assert post.visit(accepted)["confirmed"]
    assert post.visit(declined)["status"] == "booked"
    assert post.tasks() == [("declined", [("declined", None)])]


def test_an_answer_to_the_old_time_is_not_taken_for_the_new_one(post: Post) -> None:
    visit = post.place.book(at(3))
    reminder, invitation = post.told(visit), post.told(visit, kind="confirmation")
    post.place.chain.desk.change(visit, "reschedule", starts_at=at(4).isoformat())
    post.arrive(reminder["reply_to"])
    old = answer(uid=f"{visit['id']}@visits.synergist").replace("SEQUENCE:3", f"SEQUENCE:{visit['version']}")
    post.arrive(invitation["reply_to"], "", old)
    post.read()
    assert not post.visit(visit)["confirmed"]
    assert post.tasks() == [("reply", [("confirmed", "C"), ("confirmed", None)])]


def test_a_confirmation_that_comes_after_a_cancellation_is_told_to_a_person(post: Post) -> None:
    visit = post.place.book(at(3))
    told = post.told(visit)
    post.place.chain.desk.change(visit, "cancel", initiator="clinic")
    post.arrive(told["reply_to"])
    post.read()
    assert post.visit(visit)["status"] == "cancelled"
    assert post.tasks() == [("reply", [("confirmed", "C")])]


def test_words_are_shown_to_the_desk_and_the_same_mail_counts_once(post: Post) -> None:
    visit = post.place.book(at(3))
    told = post.told(visit)
    for _ in range(2):
        post.arrive(told["reply_to"], "May I come later?\n\n> quoted", Message_ID="<same@demo.example>")
    post.mails = 7
    post.arrive(told["reply_to"], "C")
    post.read()
    assert post.visit(visit)["confirmed"]
    assert post.tasks() == [("reply", [("text", "May I come later?"), ("confirmed", "C")])]
    assert post.filed() == (0, 3, 0)


def test_whoever_forges_a_mail_opens_a_task_at_most(post: Post) -> None:
    visit = post.place.book(at(3))
    genuine = post.told(visit)["reply_to"]
    reference = genuine.partition("+")[2].partition("@")[0]
    forged = genuine.replace(reference, reference[:26] + "a" * 19)
    post.arrive(forged)
    post.arrive(forged, From="stranger@elsewhere.example")
    post.arrive("reply@clinic.example")
    post.read()
    assert not post.visit(visit)["confirmed"]
    assert post.tasks() == [("reply", [("confirmed", "C")])]
    assert post.filed() == (0, 1, 2)


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Return_Path": "<>"}, {"Precedence": "bulk"}])
def test_what_a_machine_answers_is_set_aside(post: Post, headers: dict[str, str]) -> None:
    visit = post.place.book(at(3))
    post.arrive(post.told(visit)["reply_to"], "C", **headers)
    post.read()
    assert not post.visit(visit)["confirmed"]
    assert post.tasks() == []
    assert post.filed() == (0, 0, 1)


def test_a_malformed_mail_stops_no_other(post: Post) -> None:
    visit = post.place.book(at(3))
    post.imap.folders.deliver(b"\xff\xfe\x00 nonsense\r\n\r\n\x00")
    post.imap.folders.deliver(b"Content-Type: multipart/mixed\r\nTo: \xff\r\n\r\n")
    post.arrive(post.told(visit)["reply_to"])
    post.read()
    assert post.visit(visit)["confirmed"]
    assert post.filed() == (0, 1, 2)


def test_a_mail_whose_effect_is_committed_and_that_was_not_filed_is_harmless_again(post: Post) -> None:
    visit = post.place.book(at(3))
    post.arrive(post.told(visit)["reply_to"], "Can I bring my dog?")

    def die(command: str) -> None:
        if command == "UID COPY":
            raise ConnectionAbortedError

    post.imap.on_command = die
    post.imap.handle_error = lambda *_: None  # type: ignore[method-assign]
    post.read()
    assert post.filed() == (1, 0, 0)
    assert len(post.tasks()) == 1
    post.imap.on_command = lambda _: None
    post.read()
    assert post.filed() == (0, 1, 0)
    assert post.tasks() == [("reply", [("text", "Can I bring my dog?")])]


def test_a_mailbox_that_is_away_is_waited_for(post: Post) -> None:
    post.settings = replace(post.settings, port=free_port())
    post.read()
    post.settings = replace(post.settings, port=int(post.imap.server_address[1]), password="wrong")
    post.read()


def test_a_mail_that_cannot_be_taken_is_set_aside(post: Post) -> None:
    genuine = post.told(post.place.book(at(3)))["reply_to"]
    forged = genuine.replace(genuine[len("reply+") + 26 :].partition("@")[0], "a" * 19)
    post.imap.folders.deliver(b"From: client\x00@demo.example\r\nTo: " + forged.encode() + b"\r\n\r\nC")
    post.read()
    assert post.filed() == (0, 0, 1)


def returned(receipt: str, status: str) -> bytes:
    """The report of a mail server about a mail of ours."""
    return bounce(status).replace(OURS.encode(), receipt.encode())


def test_a_mailbox_that_is_not_there_is_closed_by_the_report_that_comes_as_a_mail(post: Post) -> None:
    partner = post.place.chain.person(email=post.place.client["email"])
    visit = post.place.book(at(3))
    content = returned(post.told(visit)["receipt"], "5.1.1")
    for _ in range(2):
        post.imap.folders.deliver(content)
    post.read()
    assert post.told(visit)["stop"] == "blocked"
    assert post.place.chain.desk.get(f"/v1/clients/{partner['id']}")["unreachable_reason"] == "blocked"
    (delivery,) = post.place.chain.desk.get(f"/v1/clients/{visit['client_id']}/deliveries")["items"]
    assert (delivery["message_key"], delivery["failed"]) == (f"reminder:{visit['id']}", "5.1.1")
    assert post.tasks() == [("undeliverable", [])]
    assert post.filed() == (0, 2, 0)


def test_a_full_mailbox_is_a_task_and_stays_open(post: Post) -> None:
    visit = post.place.book(at(3))
    post.imap.folders.deliver(returned(post.told(visit)["receipt"], "5.2.2"))
    post.read()
    assert "stop" not in post.told(visit, kind="confirmation")
    assert post.tasks() == [("undeliverable", [])]


def test_nobody_closes_an_address_by_a_report_about_a_mail_they_never_had(post: Post) -> None:
    visit = post.place.book(at(3))
    genuine = post.told(visit)["receipt"]
    chain, _, token = genuine.partition(".")
    for forged in (f"{chain}.{'A' * len(token)}", post.told(visit)["reply_to"], "x"):
        post.imap.folders.deliver(returned(forged, "5.1.1"))
    post.read()
    assert "stop" not in post.told(visit)
    assert post.tasks() == []
    assert post.filed() == (0, 0, 3)


def test_a_complaint_that_comes_as_a_mail_closes_the_address(post: Post) -> None:
    visit = post.place.book(at(3))
    post.imap.folders.deliver(complaint().replace(OURS.encode(), post.told(visit)["receipt"].encode()))
    post.read()
    assert post.told(visit)["stop"] == "blocked"
    assert post.filed() == (0, 1, 0)


@pytest.fixture
def texter(post: Post) -> Post:
    client = post.place.chain.person(email=None, phone=NUMBER, preferred_channel="sms")
    return replace(post, place=replace(post.place, client=client))


def test_an_sms_back_confirms_the_visit_that_the_number_was_reminded_of(texter: Post) -> None:
    visit = texter.place.book(at(3))
    assert texter.told(visit)["asks"]
    texter.text("c")
    texter.text("c")
    assert texter.visit(visit)["confirmed"]
    assert texter.tasks() == []


def test_a_letter_from_a_number_with_two_open_questions_is_for_a_person(texter: Post) -> None:
    visits = [texter.place.book(at(3)), texter.place.book(at(4))]
    for visit in visits:
        texter.told(visit)
    texter.text("1")
    assert [texter.visit(visit)["confirmed"] for visit in visits] == [False, False]
    assert texter.tasks() == [("reply", [("confirmed", "1")])]


def test_an_sms_without_the_providers_signature_is_not_read(texter: Post) -> None:
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.text("c", token="other", expect=403)
    assert not texter.visit(visit)["confirmed"]


def test_an_sms_from_a_number_that_nobody_wrote_to_is_left_alone(texter: Post) -> None:
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.text("c", sender="+491519999999")
    assert not texter.visit(visit)["confirmed"]
    assert texter.tasks() == []


def test_an_sms_goes_to_the_chain_that_wrote_to_the_number(texter: Post, new_chain: Any) -> None:
    other = new_chain("other").ready()
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.text("please call me")
    assert texter.tasks() == [("reply", [("text", "please call me")])]
    assert other.chain.desk.get("/v1/contact-tasks")["items"] == []


def test_stop_closes_the_number_to_every_chain_that_wrote_to_it(texter: Post, new_chain: Any) -> None:
    place = new_chain("other").ready()
    client = place.chain.person(email=None, phone=NUMBER, preferred_channel="sms")
    other = replace(texter, place=replace(place, client=client))
    visits = [(each, each.place.book(at(3))) for each in (texter, other)]
    for each, visit in visits:
        each.told(visit)
    texter.text("STOP")
    for each, visit in visits:
        assert each.visit(visit)["unreachable_reason"] == "blocked"
        assert each.visit(visit)["status"] == "booked"
        assert each.tasks() == []


def test_stop_closes_the_number_and_start_opens_it_again(texter: Post) -> None:
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.text("STOP", sid="SM1")
    assert texter.told(visit)["stop"] == "blocked"
    assert texter.tasks() == []
    texter.text("start", sid="SM2")
    assert texter.told(visit)["channel"] == "sms"


def test_a_stop_or_start_that_is_sent_once_more_changes_nothing(texter: Post) -> None:
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.text("STOP", sid="SM1")
    texter.text("start", sid="SM2")
    texter.text("STOP", sid="SM1")
    assert texter.told(visit)["channel"] == "sms"
    texter.text("STOP", sid="SM3")
    texter.text("start", sid="SM2")
    assert texter.told(visit)["stop"] == "blocked"


def test_a_text_that_is_sent_once_more_reaches_no_chain_that_wrote_later(texter: Post, new_chain: Any) -> None:
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.text("c", sid="SM1")
    texter.text("STOP", sid="SM2")
    texter.text("STOP", sid="SM3", sender="+491510000009")
    place = new_chain("other").ready()
    later: list[Any] = []
    for number in (NUMBER, "+491510000009"):
        client = place.chain.person(email=None, phone=number, preferred_channel="sms")
        other = replace(texter, place=replace(place, client=client))
        later.append(other.place.book(at(3 + len(later))))
        other.told(later[-1])
    texter.text("c", sid="SM1")
    texter.text("STOP", sid="SM2")
    texter.text("STOP", sid="SM3", sender="+491510000009")
    for each in later:
        assert not other.visit(each)["confirmed"]
        assert other.told(each)["channel"] == "sms"


def test_an_address_that_was_replaced_can_confirm_nothing(post: Post) -> None:
    visit = post.place.book(at(3))
    old = post.told(visit)["reply_to"]
    post.place.chain.desk.patch(f"/v1/clients/{visit['client_id']}", {"email": "new@demo.example"})
    post.arrive(old)
    post.read()
    assert not post.visit(visit)["confirmed"]
    assert post.tasks() == []


def test_a_number_that_was_replaced_can_confirm_nothing(texter: Post) -> None:
    visit = texter.place.book(at(3))
    texter.told(visit)
    texter.place.chain.desk.patch(f"/v1/clients/{visit['client_id']}", {"phone": "+491510000002"})
    texter.text("c")
    assert not texter.visit(visit)["confirmed"]


@pytest.mark.parametrize("way", ["mail", "text"])
def test_a_guardian_whose_guardianship_is_over_can_confirm_nothing(texter: Post, way: str) -> None:
    chain = texter.place.chain
    mother = texter.place.client if way == "text" else chain.person(email="mother@demo.example")
    child = chain.person(birth_date="2020-05-01", email=None)
    path = f"/v1/clients/{child['id']}/relations"
    given = {"kind": "guardian", "may": ["receive_messages"], "source": "document", "related_client_id": mother["id"]}
    relation = chain.desk.post(path, given)
    visit = texter.place.book(at(3), client_id=child["id"])
    told = texter.told(visit)
    chain.desk.post(f"{path}/{relation['id']}/end", {}, 200, If_Match="*")
    if way == "mail":
        texter.arrive(told["reply_to"], From="nobody@demo.example")
        texter.read()
    else:
        texter.text("c")
    assert not texter.visit(visit)["confirmed"]
