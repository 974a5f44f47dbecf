"""What each provider's answers mean, over real connections."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.embedded.mailbox import Mailbox
from shared.embedded.processes import free_port
from shared.settings import DatabaseSettings, Settings, SmsSettings, SmtpSettings
from tests.support.messages import at, due, recipient
from tests.support.providers import MailServer, SmsProvider, a_mail_server, an_sms_provider
from tests.support.sending import Office, an_office
from workers.messages.channels import CHANNELS, UNREPEATABLE, open_channels
from workers.messages.channels.channel import Channel, Ready
from workers.messages.channels.console import Console
from workers.messages.channels.email import Email
from workers.messages.channels.sms import Sms
from workers.messages.outcomes import InDoubt, Outcome, Refused, RetryLater, Sent, Stop

NOW = at("2026-11-20 12:00")
LETTER = Ready("client@demo.example", b"Subject: x\r\n\r\nx\r\n.\r\n")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def provider() -> Iterator[SmsProvider]:
    with an_sms_provider() as made:
        yield made


def email(port: int, security: str = "none", user: str = "", password: str = "") -> Email:
    settings = {"SMTP_PORT": str(port), "SMTP_TLS": security, "SMTP_USER": user, "SMTP_PASSWORD": password}
    read = Settings.read(
        {
            "SYNERGIST_SMTP_HOST": "127.0.0.1",
            "SYNERGIST_SMTP_SENDER": "Demo <visits@demo.example>",
            **{f"SYNERGIST_{name}": value for name, value in settings.items()},
        }
    )
    assert isinstance(read.smtp, SmtpSettings)
    return Email(read.smtp)


def texting(url: str) -> Sms:
    return Sms(SmsSettings(url=url, account="AC1", token="secret", sender="+15005550006"))


def sent_text(by: Channel, **fields: Any) -> Outcome:
    ready = by.prepare(due(), recipient(**fields), NOW)
    assert isinstance(ready, Ready)
    return by.send(ready)


def test_one_connection_carries_a_whole_batch(mail: MailServer) -> None:
    channel = email(mail.port)
    assert [channel.send(LETTER) for _ in range(3)] == [Sent("")] * 3
    channel.end_batch()
    assert (mail.connections, len(mail.taken)) == (1, 3)
    assert mail.taken[0][1] == LETTER.content
    assert channel.send(LETTER) == Sent("")
    channel.end_batch()
    assert mail.connections == 2


def test_a_connection_that_was_closed_meanwhile_is_opened_again(mail: MailServer) -> None:
    channel = email(mail.port)
    channel.send(LETTER)
    assert channel.connection is not None
    assert channel.connection.sock is not None
    channel.connection.sock.shutdown(socket.SHUT_RDWR)
    assert channel.send(LETTER) == Sent("")
    channel.end_batch()
    assert (mail.connections, len(mail.taken)) == (2, 2)


def test_a_lost_answer_is_asked_for_again_with_the_same_message(mail: MailServer) -> None:
    channel = email(mail.port)
    mail.hang_up_after = 1
    assert channel.send(LETTER) == Sent("")
    channel.end_batch()
    assert len(mail.taken) == 2


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("550 no such user", Refused("address_refused_550", "bounce")),
        ("550 5.1.1 no such user", Refused("address_refused_550", "bounce")),
        ("552 5.2.1 closed", Refused("address_refused_552", "bounce")),
        ("550 5.7.1 we do not like your address", Stop("address_refused_550")),
        ("552 5.2.2 mailbox full", Stop("address_refused_552")),
        ("554 not here", Stop("address_refused_554")),
        ("450 mailbox busy", RetryLater("address_refused_450")),
    ],
)
def test_a_refusal_that_lasts_ends_the_message_and_one_of_the_mailbox_itself_closes_the_address(
    mail: MailServer, reply: str, outcome: Outcome
) -> None:
    channel = email(mail.port)
    mail.rcpt_replies["bad@demo.example"] = reply
    assert channel.send(Ready("bad@demo.example", LETTER.content)) == outcome
    assert channel.send(LETTER) == Sent("")
    channel.end_batch()
    assert mail.connections == 1


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("554 spam", Stop("message_refused_554")), ("451 later", RetryLater("message_refused_451"))],
)
def test_a_refused_message_ends_when_that_is_permanent(mail: MailServer, reply: str, outcome: Outcome) -> None:
    channel = email(mail.port)
    mail.data_replies[LETTER.to] = reply
    assert channel.send(LETTER) == outcome
    channel.end_batch()


def test_a_mail_server_that_is_away_is_tried_later() -> None:
    outcome = email(free_port()).send(LETTER)
    assert outcome == RetryLater("ConnectionRefusedError", provider_away=True)


@contextmanager
def silent_server(answer: bytes = b"", *, close: bool = False) -> Iterator[int]:
    """Accepts, says at most one thing, and then either nothing more or goodbye."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def accept() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(answer)
            if close:
                connection.close()
            else:
                taken.append(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            thread.join()
            for connection in taken:
                connection.close()


def test_an_answer_of_the_sms_provider_that_never_comes_leaves_the_message_in_doubt() -> None:
    with silent_server(close=True) as port:
        assert sent_text(texting(f"http://127.0.0.1:{port}"), channel="sms") == InDoubt("RemoteProtocolError")
    with silent_server() as port:
        channel = texting(f"http://127.0.0.1:{port}")
        channel.http.timeout = httpx.Timeout(0.2)
        assert sent_text(channel, channel="sms") == InDoubt("ReadTimeout")
        channel.http.close()


def test_an_sms_provider_that_cannot_be_reached_is_tried_later() -> None:
    outcome = sent_text(texting(f"http://127.0.0.1:{free_port()}"), channel="sms")
    assert outcome == RetryLater("ConnectError", provider_away=True)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 21211, Refused("invalid_number", "bounce")),
        (400, 21610, Refused("opted_out", "stop")),
        (400, 21614, Refused("not_a_mobile", "bounce")),
        (400, 21612, Stop("not_reachable")),
        (400, 21606, RetryLater("http_400_21606")),
        (401, 20003, RetryLater("http_401_20003")),
        (429, 20429, RetryLater("http_429", after=timedelta(seconds=7), provider_away=True)),
        (500, None, RetryLater("http_500", provider_away=True)),
        (503, None, RetryLater("http_503", provider_away=True)),
        (502, None, InDoubt("http_502")),
        (504, None, InDoubt("http_504")),
    ],
)
def test_every_answer_of_the_sms_provider_has_its_outcome(
    provider: SmsProvider, status: int, code: int | None, outcome: Outcome
) -> None:
    provider.script.append((status, {"code": code, "status": status}, {"Retry-After": "7"}))
    channel = texting(provider.url)
    assert sent_text(channel, channel="sms") == outcome
    assert sent_text(channel, channel="sms") == Sent("SM" + "1".zfill(32))
    assert provider.taken[0]["To"] == "+491510000000"
    channel.http.close()


def test_the_local_mailbox_takes_both_kinds(mailbox: Mailbox) -> None:
    sms = Sms(
        SmsSettings(
            url=f"http://127.0.0.1:{mailbox.http_port}",
            account=mailbox.account.sid,
            token=mailbox.account.token,
            sender="+15005550006",
        )
    )
    assert isinstance(sent_text(sms, channel="sms"), Sent)
    letters = email(mailbox.smtp_port)
    assert isinstance(sent_text(letters), Sent)
    letters.end_batch()
    sms.http.close()
    shown = httpx.get(f"http://127.0.0.1:{mailbox.http_port}/messages").json()
    assert [message["channel"] for message in shown] == ["email", "sms"]
    assert "METHOD:REQUEST" in shown[0]["calendar"]
    assert "Demo Chain: your visit" in shown[1]["text"]


def test_while_a_provider_is_away_only_one_message_of_a_batch_tries(workers_db: DatabaseSettings) -> None:
    with an_office(workers_db) as office:
        letters = [office.book() for _ in range(5)]
        text = office.book(channel="sms")
        office.sender(email=email(free_port())).send_batch()
        assert office.confirmation(text)["state"] == "sent"
        assert sum(office.confirmation(letter)["attempts"] for letter in letters) == 1
        assert {office.confirmation(letter)["state"] for letter in letters} == {"pending"}
        assert all(office.confirmation(letter)["next_at"] > office.clock.now for letter in letters)


def test_a_channel_that_fails_in_an_unknown_way_doubts_only_what_cannot_be_repeated(
    workers_db: DatabaseSettings,
) -> None:
    class Broken(Console):
        def send(self, ready: Ready) -> Outcome:
            raise KeyError(ready.to)

    with an_office(workers_db) as office:
        letter, text = office.book(), office.book(channel="sms")
        office.sender(email=Broken(), sms=Broken()).send_batch()
        assert office.workers.states(letter)["confirmation:1"] == ("pending", "error")
        assert office.workers.states(text)["confirmation:1"] == ("in_doubt", "error")


def test_a_message_for_a_channel_that_is_not_set_up_waits(workers_db: DatabaseSettings) -> None:
    with an_office(workers_db) as office:
        text = office.book(channel="sms")
        sender = office.sender()
        del sender.channels["sms"]  # type: ignore[attr-defined]
        sender.send_batch()
        assert office.workers.states(text)["confirmation:1"] == ("pending", "channel_not_configured")


def test_every_preferred_channel_has_a_way_out() -> None:
    assert {kind.name for kind in CHANNELS} == {"email", "sms", "console"}
    assert UNREPEATABLE == ("sms",)
    development = open_channels(Settings.read({}))
    assert isinstance(development["email"], Console)
    assert isinstance(development["sms"], Console)
    assert set(open_channels(Settings.read({"SYNERGIST_ENVIRONMENT": "production"}))) == {"console"}


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


@contextmanager
def secure_mail_server(public: Path, private: Path, security: str) -> Iterator[MailServer]:
    """Wants a login, and TLS from the first byte (`tls`) or after asking (`starttls`)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    server = MailServer()

    def authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        right = (getattr(data, "login", b""), getattr(data, "password", b"")) == (b"demo", b"right")
        return AuthResult(success=right, handled=False)

    at_once: dict[str, Any] = {"ssl_context": context, "auth_require_tls": False}
    later: dict[str, Any] = {"tls_context": context, "require_starttls": True, "auth_required": True}
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        authenticator=authenticate,
        **(at_once if security == "tls" else later),
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encryption_and_login_as_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    public, private = certificate(tmp_path)
    with secure_mail_server(public, private, security) as server:
        stranger = email(server.port, security, "demo", "right").send(LETTER)
        assert stranger == RetryLater("SSLCertVerificationError", provider_away=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        refused = email(server.port, security, "demo", "wrong").send(LETTER)
        assert refused == RetryLater("SMTPAuthenticationError", provider_away=True)
        channel = email(server.port, security, "demo", "right")
        assert channel.send(LETTER) == Sent("")
        channel.end_batch()
    assert server.addresses() == [LETTER.to]


def test_no_lines_of_the_log_say_to_whom_or_what(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    visit = office.book(name="Secretive Person")
    office.sender(email=Console()).send_batch()
    said = "".join(capfd.readouterr())
    assert "message_to_console" in said
    assert "Secretive" not in said
    assert f"{visit}@" not in said
    assert json.dumps("http") not in said


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as made:
        yield made
