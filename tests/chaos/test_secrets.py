"""What the whole system, as it runs, says and hands on about its callers: no secret and no word about a person."""

import json
import re
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
import redis

from services.scanning import keys as in_redis
from services.scanning.forms import forms_of
from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.embedded.mailbox import Mailbox
from shared.embedded.processes import free_port
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.settings import Settings
from shared.signatures import body_signature, form_signature
from tests.support.api import Chain, Keys, Ready, at
from tests.support.keys import MASTER_KEYS
from tests.support.processes import Launcher, Running, launch_api, wait_until
from tests.support.servers import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAME, EMAIL, REASON = "Wilhelmine Markierte", "marked-4711@demo.example", "because of marked-reason-4711"
MAIL_SECRET, CLIENT_SECRET = "marked-mail-secret-4711", "marked-client-secret-4711"
SIGNED_IN = "synergist-session"
FOLLOWERS = (("scheduling", "relay"), ("treatment", "consume"), ("workers", "project"))


@dataclass
class Driven:
    """A running system, what must be seen nowhere by what it is called, and the requests that its logs must tell of."""

    launch: Launcher
    settings: Settings
    ready: Ready
    treatment: str
    sender: Running
    http: httpx.Client
    marked: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings.address.scheduling_url

    def call(self, expect: int, method: str, url: str, *, told: bool = False, **given: Any) -> httpx.Response:
        """A request with an id of its own, by which the logs are to tell of it if `told`."""
        request_id = f"asked-{new_id()}"
        headers = given.pop("headers", {}) | {"X-Request-ID": request_id}
        answer = self.http.request(method, url, headers=headers, **given)
        assert answer.status_code == expect, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
        if told:
            self.told.append(request_id)
        return answer

    def bearer(self, what: str, token: str) -> dict[str, str]:
        self.marked[what] = token.rpartition(".")[2]
        return {"Authorization": f"Bearer {token}"}

    def logs(self) -> dict[str, bytes]:
        return {running.name: running.log.read_bytes() for running in self.launch.started}


@pytest.fixture
def driven(launch: Launcher, keys: Keys) -> Iterator[Driven]:
    port = free_port()
    settings = Settings.read(launch.environ)
    settings.folder.mkdir()
    launch.environ = {
        **launch.environ,
        **keys.variables(settings.folder),
        "SYNERGIST_ISSUER": f"http://127.0.0.1:{port}",
        "SYNERGIST_ISSUER_PORT": str(port),
        "SYNERGIST_CLIENT_SECRET": CLIENT_SECRET,
        "SYNERGIST_MAIL_HOOK_SECRET": MAIL_SECRET,
        "SYNERGIST_PUBLIC_URL": settings.address.scheduling_url,
        "SYNERGIST_TICK_SECONDS": "0.5",
    }
    launch("issuer", port=port)
    others = [launch(*each) for each in FOLLOWERS]
    sender, beat = launch("workers", "send"), launch("workers", "beat")
    settings = Settings.read(launch.environ)
    app = create_app(settings)
    with closing(app.extensions[EXTENSION]) as parts, httpx.Client(trust_env=False, timeout=60) as http:
        chain_id = create_chain(parts.database, "demo", "Demo Chain")
        ready = Chain(app, keys, chain_id, settings.auth.issuer).ready()
        ready.chain.admin.patch("/v1/chain", {"staff_confirmation_wait_seconds": 0})
        treatment = launch("treatment", "api", port=settings.address.treatment_port)
        launch_api(launch, "scheduling")
        for each in (treatment, sender, beat, *others):
            each.wait_ready()
        yield Driven(launch, settings, ready, treatment.url, sender, http, configured(settings))


def configured(settings: Settings) -> dict[str, str]:
    """The secrets that the processes are started with."""
    own = {kind: json.loads(getattr(settings.auth, kind))["d"] for kind in ("issuer_key", "service_key")}
    fixed = {"master key": MASTER_KEYS.partition(":")[2], "client secret": CLIENT_SECRET, "mail secret": MAIL_SECRET}
    return own | fixed | {"passwords": PASSWORD, "name": NAME.split()[1], "email": EMAIL, "reason": REASON}


def books(driven: Driven) -> Any:
    """A client is registered, found and booked for by the front desk, and cancelled for a reason."""
    desk = driven.bearer("token", driven.ready.chain.desk.token)
    person = {"name": NAME, "email": EMAIL, "time_zone": "Europe/Berlin", "locale": "en"}
    client = driven.call(201, "POST", f"{driven.url}/v1/clients", json=person, headers=desk).json()
    driven.call(200, "GET", f"{driven.url}/v1/clients", params={"q": NAME}, headers=desk)
    wish = driven.ready.wish(at(3), client_id=client["id"], override_reason=REASON)
    visit = driven.call(201, "POST", f"{driven.url}/v1/appointments", json=wish, headers=desk).json()
    driven.call(409, "POST", f"{driven.url}/v1/appointments", json=wish, headers=desk)
    other = wish | {"starts_at": at(4).isoformat()}
    second = driven.call(201, "POST", f"{driven.url}/v1/appointments", json=other, headers=desk).json()
    because = {"initiator": "client", "reason": REASON}
    path = f"{driven.url}/v1/appointments/{second['id']}/cancel"
    driven.call(200, "POST", path, json=because, headers=desk | {"If-Match": f'"{second["version"]}"'})
    return visit


def asks_wrongly(driven: Driven) -> None:
    """Tokens that nobody signed, broken bodies, places that do not exist, and what the role does not allow."""
    foreign = Chain(driven.ready.chain.app, Keys(), driven.ready.chain.id, driven.settings.auth.issuer)
    bad, desk = driven.bearer("bad token", foreign.desk.token), driven.bearer("token", driven.ready.chain.desk.token)
    driven.call(401, "GET", f"{driven.url}/v1/clients", params={"q": EMAIL}, headers=bad, told=True)
    driven.call(401, "GET", f"{driven.treatment}/v1/catalogue/targets", headers=bad, told=True)
    driven.call(403, "POST", f"{driven.url}/v1/clinics", json={"name": NAME}, headers=desk, told=True)
    driven.call(400, "POST", f"{driven.url}/v1/clients", content=f'{{"name": "{NAME}', headers=desk | AS_JSON)
    driven.call(422, "POST", f"{driven.url}/v1/clients", json={"name": NAME, "email": EMAIL * 9}, headers=desk)
    driven.call(404, "GET", f"{driven.url}/v1/clients/{new_id()}", params={"name": NAME}, headers=desk)
    driven.call(404, "GET", f"{driven.url}/v1/{EMAIL}", headers=desk)


AS_JSON = {"Content-Type": "application/json"}


def opens_links(driven: Driven, mailbox: Mailbox) -> None:
    """The link that a message brought, and one that is wrong by its end."""
    mail = wait_until(lambda: mailbox.store.newest_first(EMAIL), 60, "a message in the client's mailbox")[0]
    body = message_from_bytes(b64decode(mail.content), policy=policy.default).get_body(("plain",))
    found = re.search(r"/l/[\w-]+\.([\w-]+)", body.get_content() if body else "")
    assert found is not None
    wrong = f"{found[0][:-8]}{'A' * 7}Q"
    driven.marked |= {"link": found[1], "wrong link": wrong.rpartition(".")[2]}
    driven.call(200, "GET", f"{driven.url}{found[0]}")
    driven.call(404, "GET", f"{driven.url}{wrong}", told=True)


def reports(driven: Driven) -> None:
    """Providers report about the client, with the right signature and with a wrong one."""
    path, form = f"{driven.url}/hooks/sms/status/{new_id()}", {"MessageStatus": "sent", "To": EMAIL}
    right = form_signature(PASSWORD, path, {name: [value] for name, value in form.items()})
    driven.call(204, "POST", path, data=form, headers={"X-Twilio-Signature": right})
    driven.call(403, "POST", path, data=form, headers={"X-Twilio-Signature": "wrong"}, told=True)
    body, stamp = json.dumps({"items": []}).encode(), str(int(time.time()))
    for secret, status in ((MAIL_SECRET, 204), ("another", 403)):
        signed = {"X-Synergist-Timestamp": stamp, "X-Synergist-Signature": body_signature(secret, stamp, body)}
        driven.call(status, "POST", f"{driven.url}/hooks/mail", content=body, headers=signed, told=status == 403)
    driven.marked["signature"] = right


def signs_in(driven: Driven) -> None:
    """A manager signs in by the browser and sees the day."""
    question = driven.call(303, "GET", f"{driven.url}/staff/sign-in/demo/go").headers["Location"]
    answer = driven.call(302, "POST", question, data={"person": "local:manager"})
    driven.call(303, "GET", answer.headers["Location"])
    driven.marked["session cookie"] = driven.http.cookies[SIGNED_IN]
    driven.call(200, "GET", f"{driven.url}/staff/day", follow_redirects=True)


def test_no_log_no_stream_and_no_broker_holds_a_secret_or_a_word_about_a_person(
    driven: Driven, mailbox: Mailbox, redis_url: str, broker_url: str
) -> None:
    books(driven)
    asks_wrongly(driven)
    opens_links(driven, mailbox)
    reports(driven)
    signs_in(driven)
    driven.sender.kill()
    with redis.Redis.from_url(redis_url) as streams, redis.Redis.from_url(broker_url) as broker:
        wait_until(lambda: broker.llen("workers:send"), what="ticks that nobody takes")
        assert list(streams.scan_iter("*scheduling*"))
        logs = driven.logs()
        said = b"".join(logs.values()).decode()
        assert [each for each in driven.told if each not in said] == []
        found = {
            (what, place)
            for what, text in driven.marked.items()
            for forms in [forms_of(text)]
            for place in (
                *(name for name, content in logs.items() if forms.count(content)),
                *(name for client in (streams, broker) for name, _ in in_redis.found_in(client, forms)),
            )
        }
    assert found == set()
