"""Reports of mail servers are read without trust: what was lost for good, what for now, and nothing without a receipt."""

from collections.abc import Mapping

import pytest
from hypothesis import given, strategies as st

from services.scheduling.deliveries.reports import Report
from services.scheduling.replies.bounces import RECEIPT
from services.scheduling.replies.mail import read_mail

OURS = "chain.token"


def lines(fields: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def returned(receipt: str | None = OURS) -> str:
    """The part with a mail of ours as a server gives it back."""
    headers = {"Subject": "Your visit"} | ({RECEIPT: receipt} if receipt else {})
    return f"Content-Type: message/rfc822\n\n{lines(headers)}\nText\n"


def report(kind: str, fields: str, original: str) -> bytes:
    head = {
        "From": "MAILER-DAEMON@elsewhere.example",
        "To": "visits@clinic.example",
        "Return-Path": "<>",
        "Message-ID": "<report@elsewhere.example>",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/report; report-type={kind}; boundary="edge"',
    }
    parts = ("Content-Type: text/plain\n\nSorry.\n", f"Content-Type: message/{kind}\n\n{fields}", original)
    return (lines(head) + "\n" + "".join(f"--edge\n{part}\n" for part in parts) + "--edge--\n").encode()


def bounce(status: str = "5.1.1", *, action: str = "failed", said: str = "", original: str | None = None) -> bytes:
    recipient = {"Final-Recipient": "rfc822; client@demo.example", "Action": action, "Status": status}
    recipient |= {"Diagnostic-Code": f"smtp; {said}"} if said else {}
    fields = lines({"Reporting-MTA": "dns; mx.example"}) + "\n" + lines(recipient)
    return report("delivery-status", fields, returned() if original is None else original)


def complaint(kind: str = "abuse") -> bytes:
    return report("feedback-report", lines({"Feedback-Type": kind, "Version": "1"}), returned())


@pytest.mark.parametrize(
    ("status", "said", "code", "cause"),
    [
        ("5.1.1", "", "5.1.1", "bounce"),
        ("5.1.1 (bad mailbox)", "", "5.1.1", "bounce"),
        ("5.2.1", "550 5.7.1 other", "5.2.1", "bounce"),
        ("5.0.0", "550 5.1.1 User unknown", "5.1.1", "bounce"),
        ("5.0.0", "550-5.1.10 not here", "5.1.10", "bounce"),
        ("5.0.0", "550 No such user", "5.0.0", "bounce"),
        ("5.0.0", "554 No", "5.0.0", None),
        ("5.2.2", "552 5.2.2 full", "5.2.2", None),
        ("5.7.1", "550 5.7.1 looks like spam", "5.7.1", None),
        ("4.4.7", "", "4.4.7", None),
        ("4.0.0", "550 5.1.1 who is that", "5.1.1", None),
        ("", "", "failed", None),
    ],
)
def test_a_lost_message_closes_its_address_only_when_there_is_no_such_mailbox(
    status: str, said: str, code: str, cause: str | None
) -> None:
    found = read_mail(bounce(status, said=said))
    assert found.report == Report(reference=OURS, said="failed", code=code, cause=cause)  # type: ignore[arg-type]


def test_the_headers_alone_of_what_is_given_back_are_enough() -> None:
    headers = f"Content-Type: text/rfc822-headers\n\nSubject: x\n{RECEIPT}: {OURS}\n"
    report = read_mail(bounce(original=headers)).report
    assert report is not None
    assert report.cause == "bounce"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_may_still_arrive_is_no_loss(action: str) -> None:
    assert read_mail(bounce(action=action)).report is None


def test_a_report_without_a_receipt_is_nobodys() -> None:
    assert read_mail(bounce(original=returned(None))).report is None


def test_a_persons_mail_that_carries_a_report_is_no_report() -> None:
    for content_type in (b"multipart/mixed", b"multipart/alternative"):
        assert read_mail(bounce().replace(b"multipart/report", content_type)).report is None


@pytest.mark.parametrize(("kind", "cause"), [("abuse", "complaint"), ("fraud", "complaint"), ("not-spam", None)])
def test_a_complaint_closes_the_address_and_its_withdrawal_does_not(kind: str, cause: str | None) -> None:
    report = read_mail(complaint(kind)).report
    assert (report.cause if report else None) == cause


@given(st.binary(max_size=200), st.integers(0, 900), st.integers(0, 60))
def test_no_report_however_broken_breaks_the_reader(noise: bytes, place: int, cut: int) -> None:
    whole = bounce()
    found = read_mail(whole[:place] + noise + whole[place + cut :])
    assert found.report is None or len(found.report.code) <= len("5.100.100")
