"""What a chain names is called on the public internet by https alone, at the very address that was looked at."""

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
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.outward import NotPublic, Outward, PublicTransport, is_public
from shared.remote_json import MOST_BYTES, NoDocument

Answer = bytes


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_what_is_not_public_is_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_what_is_public_is_known(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://93.184.216.34/",
        "file:///etc/passwd",
    ],
)
def test_nothing_of_our_own_network_is_asked(url: str) -> None:
    with pytest.raises(NoDocument):
        Outward().read(url)


def test_in_development_this_machine_may_be_asked_and_no_other_of_the_network() -> None:
    outward = PublicTransport(this_machine=True)
    assert outward.may_be_called("http", ip_address("127.0.0.1"))
    assert not outward.may_be_called("http", ip_address("93.184.216.34"))
    assert not outward.may_be_called("https", ip_address("10.0.0.1"))
    outward.close()


def resolved(*addresses: str) -> Any:
    """A name server that says the same of every name."""
    return lambda _, port, *__, **___: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]


def test_a_name_with_one_address_of_ours_is_not_asked_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolved("93.184.216.34", "10.0.0.1"))
    with pytest.raises(NotPublic):
        PublicTransport(this_machine=False).addresses(httpx.URL("https://login.example/"))


def test_the_address_that_was_looked_at_is_called_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    monkeypatch.setattr(socket, "getaddrinfo", resolved("93.184.216.34"))
    transport = PublicTransport(this_machine=False)
    transport.inner.close()
    transport.inner = httpx.MockTransport(answer)  # type: ignore[assignment]
    with httpx.Client(transport=transport) as client:
        assert client.get("https://login.example:8443/keys").json() == {}
    (request,) = asked
    assert str(request.url) == "https://93.184.216.34:8443/keys"
    assert request.headers["Host"] == "login.example:8443"
    assert request.extensions["sni_hostname"] == "login.example"


def certificate_for(name: str, folder: Path) -> Path:
    """A key and a certificate that it has signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(("name", "is_believed"), [("login.example", True), ("other.example", False)])
def test_the_certificate_must_be_that_of_the_name(
    name: str, is_believed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate_for("login.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    monkeypatch.setattr(socket, "getaddrinfo", resolved("127.0.0.1"))
    transport = PublicTransport(this_machine=True)
    transport.inner.close()
    transport.inner = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=path))
    with answering(answer_with(b'{"a": 1}'), tls=context) as url, httpx.Client(transport=transport) as client:
        asked = url.replace("http://127.0.0.1", f"https://{name}")
        if is_believed:
            assert client.get(asked).json() == {"a": 1}
        else:
            with pytest.raises(httpx.ConnectError, match="certificate"):
                client.get(asked)


@contextmanager
def answering(*said: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on this machine that says the same to each caller."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            try:
                while True:
                    caller, _ = door.accept()
                    with tls.wrap_socket(caller, server_side=True) if tls else caller as caller:
                        caller.recv(4096)
                        for part in said:
                            caller.sendall(part)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/"


def answer_with(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def test_an_answer_is_read() -> None:
    with answering(answer_with(b'{"a": 1}')) as url:
        assert Outward(this_machine=True).read(url) == {"a": 1}


@pytest.mark.parametrize(
    "said",
    [
        answer_with(b"", "Location: http://127.0.0.1:1/", status="302 Found"),
        answer_with(b'"' + b"x" * MOST_BYTES + b'"'),
        answer_with(b"\x1f\x8b", "Content-Encoding: gzip"),
        answer_with(b"[]"),
        answer_with(b"no json"),
        b"no http",
        b"",
    ],
)
def test_what_is_no_answer_of_ours_is_refused(said: Answer) -> None:
    with answering(said) as url, pytest.raises(NoDocument):
        Outward(this_machine=True).read(url)
