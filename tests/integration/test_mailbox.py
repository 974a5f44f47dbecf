"""The local mailbox: keeps what it is given, shows it harmlessly, and answers like the SMS provider."""

import smtplib
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from queue import Queue

import httpx
import pytest
from flask import Flask, request

from shared.embedded.mailbox import Mailbox
from shared.embedded.mailbox.store import Kept, Store
from shared.signatures import signed_form
from tests.support.providers import served
from tests.support.servers import mailbox_at

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def letter(to: str = "client@demo.example", text: str = "Your visit is tomorrow.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "clinic@demo.example", to, "Grüße"
    message["Message-ID"] = "<one@demo.example>"
    message.set_content(text)
    message.add_alternative("<p>Your <b>visit</b></p><script>alert(1)</script>", subtype="html")
    message.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})
    return message


def send(mailbox: Mailbox, *messages: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as smtp:
        for message in messages:
            smtp.send_message(message)


@pytest.fixture
def web(mailbox: Mailbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{mailbox.http_port}") as client:
        yield client


def test_an_email_is_shown_with_all_its_parts(mailbox: Mailbox, web: httpx.Client) -> None:
    send(mailbox, letter())
    [message] = web.get("/messages").json()
    assert message["channel"] == "email"
    assert (message["to"], message["from"]) == ("client@demo.example", "clinic@demo.example")
    assert message["subject"] == "Grüße"
    assert message["text"] == "Your visit is tomorrow.\n"
    assert "<b>visit</b>" in message["html"]
    assert message["calendar"] == CALENDAR
    assert message["headers"]["Message-ID"] == "<one@demo.example>"


def test_pictures_are_shown_in_their_places_and_files_can_be_fetched(mailbox: Mailbox, web: httpx.Client) -> None:
    message = letter()
    message.clear_content()
    message.set_content("See the picture.")
    message.add_alternative('<img src="cid:one@demo.example" alt="a curve">', subtype="html")
    [_, html] = message.iter_parts()
    assert isinstance(html, EmailMessage)
    html.add_related(b"a picture", "image", "png", cid="<one@demo.example>")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename='re"port<.pdf')
    send(mailbox, message)
    [kept] = web.get("/messages").json()
    assert kept["html"] == '<img src="cid:one@demo.example" alt="a curve">\n'
    page = web.get(f"/messages/{kept['id']}")
    assert "src=&#34;data:image/png;base64,YSBwaWN0dXJl&#34;" in page.text
    assert "re&#34;port&lt;.pdf</a> (application/pdf, 4 bytes)" in page.text
    file = web.get(f"/messages/{kept['id']}/files/0")
    assert (file.content, file.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert web.get(f"/messages/{kept['id']}/files/1").status_code == 404


def test_lists_the_newest_first_and_by_address(mailbox: Mailbox, web: httpx.Client) -> None:
    send(mailbox, letter("a@demo.example"), letter("b@demo.example"), letter("a@demo.example", "second"))
    assert [m["to"][0] for m in web.get("/messages").json()] == ["a", "b", "a"]
    assert [m["text"] for m in web.get("/messages", params={"to": "A@demo.example"}).json()] == [
        "second\n",
        "Your visit is tomorrow.\n",
    ]


def test_no_message_can_run_code_on_the_page(mailbox: Mailbox, web: httpx.Client) -> None:
    send(mailbox, letter(text="<script>alert(2)</script> see https://demo.example/l/abc"))
    [message] = web.get("/messages").json()
    page = web.get(f"/messages/{message['id']}")
    assert "<script>" not in page.text + web.get("/").text
    assert "<iframe sandbox " in page.text
    assert '<a href="https://demo.example/l/abc"' in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_page_of_another_site_cannot_read_it_by_a_name_of_its_own(web: httpx.Client) -> None:
    assert web.get("/messages", headers={"Host": "evil.example"}).status_code == 400


def test_forgets_when_told_to(mailbox: Mailbox, web: httpx.Client) -> None:
    send(mailbox, letter())
    assert web.delete("/messages").status_code == 204
    assert web.get("/messages").json() == []
    assert "Nothing yet" in web.get("/").text
    assert web.get("/messages/unknown").status_code == 404


def test_survives_a_letter_in_a_charset_nobody_knows(mailbox: Mailbox, web: httpx.Client) -> None:
    raw = b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nqapla\r\n"
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as smtp:
        smtp.sendmail("a@demo.example", ["b@demo.example"], raw)
    [message] = web.get("/messages").json()
    assert message["text"] == "qapla\n"


def test_messages_outlive_a_restart(tmp_path: Path) -> None:
    first = mailbox_at(tmp_path)
    first.start()
    send(first, letter())
    first.stop()
    second = mailbox_at(tmp_path)
    second.start()
    assert [kept.to for kept in second.store.newest_first()] == ["client@demo.example"]
    second.stop()


def kept(number: int) -> Kept:
    return Kept(id=str(number), channel="sms", to="+1", sender="+2", received_at="", content="x")


def test_keeps_only_the_newest_and_a_file_that_stays_small(tmp_path: Path) -> None:
    store = Store(tmp_path / "box.jsonl", newest=10)
    for number in range(95):
        store.add(kept(number))
    assert [message.id for message in store.newest_first()] == [str(number) for number in range(94, 84, -1)]
    assert len((tmp_path / "box.jsonl").read_text().splitlines()) < 20
    store.close()


def test_what_was_sent_to_people_is_for_the_owners_eyes_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "box.jsonl")
    store.add(kept(1))
    store.close()
    assert stat.S_IMODE((tmp_path / "box.jsonl").stat().st_mode) == 0o600


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "box.jsonl")
    store.add(kept(1))
    store.add(kept(2))
    store.close()
    text = (tmp_path / "box.jsonl").read_text()
    (tmp_path / "box.jsonl").write_text(text[:-20])
    again = Store(tmp_path / "box.jsonl")
    assert [message.id for message in again.newest_first()] == ["1"]
    again.close()


SMS = {"To": "+4915112345678", "From": "+15005550006", "Body": "Your visit is tomorrow."}


def post_sms(web: httpx.Client, mailbox: Mailbox, token: str | None = None, **changes: str) -> httpx.Response:
    account = mailbox.account
    path = f"/2010-04-01/Accounts/{account.sid}/Messages.json"
    return web.post(path, data=SMS | changes, auth=(account.sid, token or account.token))


def test_an_sms_is_queued_and_shown(mailbox: Mailbox, web: httpx.Client) -> None:
    answer = post_sms(web, mailbox)
    assert answer.status_code == 201
    assert answer.json()["status"] == "queued"
    [message] = web.get("/messages", params={"to": "+4915112345678"}).json()
    assert (message["channel"], message["text"]) == ("sms", "Your visit is tomorrow.")
    assert answer.json()["sid"] == f"SM{message['id']}"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"To": "0151 12345678"}, 400, 21211),
        ({"To": "+15005550001"}, 400, 21211),
        ({"To": "+15005550004"}, 400, 21610),
        ({"Body": ""}, 400, 21602),
        ({"From": ""}, 400, 21603),
        ({"token": "wrong"}, 401, 20003),
    ],
)
def test_refuses_an_sms_as_the_provider_would(
    mailbox: Mailbox, web: httpx.Client, changes: dict[str, str], status: int, code: int
) -> None:
    answer = post_sms(web, mailbox, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert web.get("/messages").json() == []


def test_says_when_a_port_is_taken(mailbox: Mailbox, tmp_path: Path) -> None:
    other = Mailbox(tmp_path / "other.jsonl", mailbox.http_port, mailbox.smtp_port, mailbox.account)
    with pytest.raises(OSError, match="in use"):
        other.start()


@dataclass
class Hook:
    """What came to the address that an SMS named for reports, as (path, form, signature)."""

    url: str = ""
    heard: Queue[tuple[dict[str, list[str]], str]] = field(default_factory=Queue)

    def take(self, reference: str) -> str:
        self.heard.put((dict(request.form.lists()), request.headers["X-Twilio-Signature"]))
        return reference


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    app = Flask(__name__)
    app.add_url_rule("/hooks/sms/status/<reference>", view_func=made.take, methods=["POST"])
    with served(app) as url:
        made.url = f"{url}/hooks/sms/status/demo.receipt"
        yield made


@pytest.mark.parametrize(("to", "last"), [("+15005550010", "delivered"), ("+15005550003", "undelivered")])
def test_an_sms_is_reported_as_its_provider_would_signed_and_in_order(
    mailbox: Mailbox, web: httpx.Client, hook: Hook, to: str, last: str
) -> None:
    account = mailbox.account
    form = {"To": to, "From": "+15005550006", "Body": "Demo", "StatusCallback": hook.url}
    path = f"/2010-04-01/Accounts/{account.sid}/Messages.json"
    sid = web.post(path, data=form, auth=(account.sid, account.token)).json()["sid"]
    reports = [hook.heard.get(timeout=30) for _ in range(2)]
    assert [said["MessageStatus"] for said, _ in reports] == [["sent"], [last]]
    for said, signature in reports:
        assert said["MessageSid"] == [sid]
        assert signed_form(account.token, hook.url, said, signature)


def test_no_other_machine_is_called(mailbox: Mailbox, web: httpx.Client, hook: Hook) -> None:
    account = mailbox.account
    path = f"/2010-04-01/Accounts/{account.sid}/Messages.json"
    form = {"To": "+15005550010", "From": "+15005550006", "Body": "Demo"}
    away = form | {"StatusCallback": "http://elsewhere.invalid/hooks/sms/status/x"}
    for given in (away, form | {"StatusCallback": hook.url}):
        assert web.post(path, data=given, auth=(account.sid, account.token)).status_code == 201
    assert hook.heard.get(timeout=30)[0]["MessageStatus"] == ["sent"]
