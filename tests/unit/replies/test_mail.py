"""A mail is read without trust: what it answers, whether a person wrote it, and nothing that can break the reader."""

from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.scheduling.replies.mail import read_mail
from services.scheduling.replies.references import LENGTH, address, parse
from shared.ids import new_id

VISIT = UUID("0199aaaa-0000-7000-8000-000000000001")


def mail(text: str = "C", calendar: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    defaults = {"From": "Demo <Client@Demo.example>", "To": "reply+x@clinic.example", "Message-ID": "<1@demo.example>"}
    for name, value in (defaults | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    if calendar is not None:
        message.add_alternative(calendar, subtype="calendar", params={"method": "REPLY"})
    return message.as_bytes()


def answer(partstat: str = "ACCEPTED", method: str = "REPLY", uid: str = f"{VISIT}@visits.synergist") -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "SEQUENCE:3",
        f"ATTENDEE;PARTSTAT={partstat}:mailto:client@demo.example",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


def test_a_persons_answer_is_read() -> None:
    found = read_mail(mail("C\n> quoted", Cc="other@clinic.example"))
    assert (found.message_id, found.sender, found.text) == ("<1@demo.example>", "client@demo.example", "C")
    assert found.to == ("reply+x@clinic.example", "other@clinic.example")
    assert not found.automatic


@pytest.mark.parametrize(
    ("partstat", "kind"), [("ACCEPTED", "confirmed"), ("DECLINED", "declined"), ("TENTATIVE", "tentative")]
)
def test_a_calendars_answer_is_read(partstat: str, kind: str) -> None:
    found = read_mail(mail("", answer(partstat), Auto_Submitted="auto-replied"))
    assert found.calendar is not None
    assert (found.calendar.kind, found.calendar.visit_id, found.calendar.sequence) == (kind, VISIT, 3)
    assert not found.automatic


def test_another_time_proposed_by_a_calendar_is_read() -> None:
    found = read_mail(mail("", answer(method="COUNTER")))
    assert found.calendar is not None
    assert found.calendar.kind == "counter"


@pytest.mark.parametrize(
    "calendar",
    [
        answer(uid="other@elsewhere"),
        answer(uid="x@visits.synergist"),
        answer(method="REQUEST"),
        answer("?"),
        answer().replace("SEQUENCE:3", "SEQUENCE:2147483648"),
        "nonsense",
    ],
)
def test_a_calendar_that_answers_nothing_of_ours_is_no_answer(calendar: str) -> None:
    assert read_mail(mail("", calendar)).calendar is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied; owner=x"},
        {"Auto_Submitted": "auto-generated"},
        {"Return_Path": "<>"},
        {"Precedence": "bulk"},
        {"List_Id": "<list.demo.example>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_what_a_machine_wrote_is_known_as_such(headers: dict[str, str]) -> None:
    assert read_mail(mail("C", **headers)).automatic


def test_a_mail_servers_report_is_a_machines() -> None:
    report = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nC\r\n--b--\r\n"
    assert read_mail(report).automatic


@pytest.mark.parametrize("charset", ["idna", "undefined", "hex", "nothing"])
def test_an_alphabet_that_is_none_breaks_no_reader(charset: str) -> None:
    assert read_mail(f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + b"\xff C").text.endswith("C")


@given(st.binary(max_size=2_000))
def test_nothing_breaks_the_reader(content: bytes) -> None:
    assert read_mail(content).message_id


def test_a_reference_survives_a_change_of_case_and_nothing_else_is_one() -> None:
    chain = new_id()
    reference = "a" * 26 + "b" * (LENGTH - 26)
    assert parse(address("reply@clinic.example", reference).upper()) == parse(address("x@y", reference))
    assert parse(f"reply+{reference}1@clinic.example") is None
    assert parse(f"reply+{'!' * LENGTH}@clinic.example") is None
    assert parse(f"{chain}@clinic.example") is None
