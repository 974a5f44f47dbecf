"""An e-mail as bytes, read back by the standard library."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from tests.support.messages import at, due, recipient, report_notice, visit_shown
from workers.messages.envelope import envelope, header_text, is_one_address, message_id
from workers.messages.invitation import invitations
from workers.messages.model import Due, Message
from workers.messages.texts import mail

NOW = at("2026-11-20 12:00")
SENDER = "visits@demo.example"


def written(message: Due, to: Message) -> bytes:
    return envelope(
        message.key,
        mail(message, to),
        invitations(message, to, SENDER, NOW),
        sender=SENDER,
        sender_name=to.chain_name,
        to=to.address,
        receipt=to.receipt,
        now=NOW,
    )


def read(content: bytes) -> EmailMessage:
    parsed = message_from_bytes(content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert [part.defects for part in parsed.walk()] == [[] for _ in parsed.walk()]
    return parsed


def test_files_hang_on_the_mail_and_pictures_belong_to_its_page() -> None:
    message, to = due(kind="staff_report", announcement=None), report_notice()
    content = written(message, to)
    assert content == written(message, to)
    letter = read(content)
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
        "text/csv",
    ]
    page, picture, *files = [part for part in letter.walk() if not part.is_multipart()][1:]
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page.get_content()
    assert picture.get_content() == b"a picture"
    assert [(each.get_filename(), each.get_payload(decode=True)) for each in files] == [
        ("caseload-clinic-2026-10-1234.pdf", b"pdf"),
        ("caseload-clinic-2026-10-1234.csv", b"csv"),
    ]


def test_an_announcement_has_text_html_and_the_entry_as_alternatives_and_as_a_file() -> None:
    message, to = due(), recipient()
    letter = read(written(message, to))
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    parts = list(letter.walk())
    assert parts[2].get_content() == mail(message, to).text
    assert parts[3].get_content() == mail(message, to).html
    assert parts[4]["Content-Type"].params["method"] == "REQUEST"
    assert parts[4].get_content().encode() == parts[5].get_content()
    assert parts[5].get_filename() == "visit.ics"


def test_a_reminder_is_text_and_html_only() -> None:
    letter = read(written(due(announcement=None), recipient()))
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_headers_carry_any_letters() -> None:
    letter = read(written(due(), recipient(locale="de", chain_name="Prüf-Kette Süd")))
    assert letter["From"] == "Prüf-Kette Süd <visits@demo.example>"
    assert letter["To"] == "client@demo.example"
    assert letter["Subject"] == "Ihr Termin am Dienstag, 24. November 2026 um 10:00 Uhr ist gebucht"


@pytest.mark.parametrize("subject", ["Your visit", "Grüße 🗓️ " * 20, "x" * 300, "a\r\nBcc: b@demo.example"])
def test_any_subject_comes_out_as_it_went_in(subject: str) -> None:
    written_as = header_text(subject)
    assert max(map(len, written_as.split("\r\n "))) <= 75
    assert str(make_header(decode_header(written_as.replace("\r\n", "")))) == subject
    assert "\nBcc" not in written_as


def test_every_attempt_at_a_message_has_the_same_id_and_others_have_another() -> None:
    message, to = due(), recipient()
    assert read(written(message, to))["Message-ID"] == read(written(message, to))["Message-ID"]
    assert message_id("reminder:a:1:120", SENDER) != message_id("reminder:a:1:2880", SENDER)
    assert str(message.about) not in message_id(message.key, SENDER)


def test_lines_end_as_smtp_wants_them_and_are_short() -> None:
    lines = written(due(), recipient(chain_name="x" * 300)).split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize(
    ("address", "one"),
    [
        ("a.b+c@d.example", True),
        ("a@b.example\r\nBcc: c@d.example", False),
        ("ä@b.example", False),
        ("a@b.example, c@d.example", False),
        ("A <a@b.example>", False),
    ],
)
def test_knows_an_address_from_something_more(address: str, one: bool) -> None:
    assert is_one_address(address) is one


def test_a_chains_name_cannot_bring_a_header() -> None:
    letter = read(written(due(), recipient(chain_name="Demo\r\nBcc: c@d.example")))
    assert letter["Bcc"] is None
    assert letter["From"].addresses[0].addr_spec == SENDER


def test_several_visits_are_one_mail_with_a_calendar_file_for_each() -> None:
    others = [recipient(visit_shown(version=2)), recipient(visit_shown(status="cancelled"))]
    to = replace(recipient(), also=tuple(others))
    letter = read(written(due(), to))
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "text/calendar",
    ]
    files = list(letter.iter_attachments())
    assert [part.get_filename() for part in files] == ["visit-1.ics", "visit-2.ics"]
    assert {part.get_param("method") for part in files} == {"REQUEST"}
    entries = [Calendar.from_ical(part.get_content()).walk("VEVENT") for part in files]
    assert [[event["UID"] for event in found] for found in entries] == [
        [f"{each.visit.id}@visits.synergist"] for each in (to, others[0])
    ]
