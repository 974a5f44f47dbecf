"""How often somebody may ask, that nobody else pays for it, and what happens while nobody can count."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from werkzeug.test import TestResponse

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.http.limits import KNOWN_WINDOW, MINUTE, Quota, RateLimits, visitor_address
from shared.http.operations import EXTENSION, Parts
from shared.settings import RateSettings, Settings
from tests.support.api import Chain, Keys
from tests.support.pages import open_link, set_scene
from tests.support.processes import wait_until
from tests.support.servers import PrivateRedis

RATES = RateSettings(
    user_per_second=1,
    chain_per_second=2,
    address_per_minute=6,
    link_per_minute=4,
    hook_per_minute=5,
    searches_per_day=3,
    reports_per_hour=3,
    chain_reports_per_hour=5,
)
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.2"}
Knock = Callable[..., TestResponse]


class Stopped:
    """A clock that stands until it is set, so that no window ends in the middle of a test."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Stopped:
    return Stopped()


@pytest.fixture
def app(pages_settings: Settings, private_redis: PrivateRedis, clock: Stopped) -> Iterator[Flask]:
    assert private_redis.server is not None
    made = create_app(pages_settings)
    limits = RateLimits.of(private_redis.server.database(0), RATES)
    limits.counters.clock = clock
    made.extensions[EXTENSION] = replace(made.extensions[EXTENSION], limits=limits)
    yield made
    made.extensions[EXTENSION].close()


@pytest.fixture
def chain(app: Flask, keys: Keys) -> Chain:
    parts: Parts = app.extensions[EXTENSION]
    return Chain(app, keys, create_chain(parts.database, f"limits-{id(app)}", "Demo"))


@pytest.fixture
def knock(app: Flask) -> Knock:
    """A request from an address."""

    def request(path: str = "/l/nothing", address: str = "192.0.2.1", method: str = "GET") -> TestResponse:
        return app.test_client().open(path, method=method, environ_base={"REMOTE_ADDR": address})

    return request


def allowed(ask: Callable[[], TestResponse]) -> tuple[int, TestResponse]:
    """How many requests were let in before one was not, and that one."""
    for count in range(100):
        answer = ask()
        if answer.status_code in {429, 503}:
            return count, answer
    raise AssertionError("never refused")


def seen(kind: str) -> float:
    return REGISTRY.get_sample_value("synergist_security_events_total", {"kind": kind}) or 0.0


def suspend(private_redis: PrivateRedis) -> None:
    assert private_redis.server is not None
    private_redis.server.process.suspend()


def test_one_address_may_open_so_many_pages_right_or_wrong(knock: Knock) -> None:
    before = seen("rate_limited")
    paths = iter(["/l/one", "/l/two/move", "/l/three/cancel"] * 40)
    count, refused = allowed(lambda: knock(next(paths)))
    assert count == RATES.address_per_minute
    assert refused.status_code == 429
    assert refused.mimetype == "text/html"
    assert 0 < int(refused.headers["Retry-After"]) <= MINUTE
    assert "Please wait a minute" in refused.text
    assert "Bitte warten Sie eine Minute" in refused.text
    assert knock("/l/one/confirm", method="POST").status_code == 429
    assert knock(address="192.0.2.2").status_code == 404
    assert knock("/health/live").status_code == 200
    assert knock("/v1/clinics").status_code == 401
    assert seen("rate_limited") == before + 1, "once for a window, however often somebody goes on"


def test_one_link_may_be_opened_so_often_from_wherever(knock: Knock) -> None:
    addresses = (f"192.0.2.{number}" for number in range(1, 200))
    count, refused = allowed(lambda: knock("/l/the-same", address=next(addresses)))
    assert (count, refused.status_code) == (RATES.link_per_minute, 429)
    assert knock("/l/another", address=next(addresses)).status_code == 404


def test_a_window_later_everybody_may_ask_again(knock: Knock, clock: Stopped) -> None:
    allowed(knock)
    clock.now += MINUTE
    assert knock().status_code == 404


def test_a_person_may_ask_so_often_and_a_chain_as_well(chain: Chain) -> None:
    first, second, third = (chain.caller("front_desk", subject=each) for each in ("one", "two", "three"))
    answer = first.call("GET", "/v1/clinics", 200)
    assert answer.headers["RateLimit-Policy"] == '"user";q=10;w=10, "chain";q=20;w=10'
    assert answer.headers["RateLimit"] == '"user";r=9;t=10, "chain";r=19;t=10'
    for _ in range(KNOWN_WINDOW - 1):
        first.get("/v1/clinics")
    refused = first.call("GET", "/v1/clinics", 429)
    assert refused.headers["RateLimit"] == '"user";r=0;t=10, "chain";r=9;t=10'
    assert refused.headers["Retry-After"] == "10"
    assert refused.mimetype == "application/problem+json"
    assert refused.json is not None
    assert refused.json["code"] == "too_many_requests"
    for _ in range(9):
        second.get("/v1/clinics")
    third.call("GET", "/v1/clinics", 429)
    for _ in range(2 * KNOWN_WINDOW):
        assert "RateLimit" not in chain.service.call("GET", "/v1/events/heads", 200).headers


def test_a_provider_may_report_so_often(knock: Knock) -> None:
    count, refused = allowed(lambda: knock("/hooks/mail", method="POST"))
    assert (count, refused.status_code) == (RATES.hook_per_minute, 429)
    assert knock("/hooks/mail", address="192.0.2.2", method="POST").status_code == 403


def test_while_redis_is_away_staff_go_on_and_links_wait(
    chain: Chain, knock: Knock, private_redis: PrivateRedis, clock: Stopped
) -> None:
    parts = chain.app.extensions[EXTENSION]
    plenty = Quota("user", 1000, KNOWN_WINDOW)
    chain.app.extensions[EXTENSION] = replace(parts, limits=replace(parts.limits, user=plenty, chain=plenty))
    page = set_scene(chain).open()
    assert page.status == 200
    before = seen("rate_limits_away")
    private_redis.kill()
    assert "RateLimit" not in chain.desk.call("GET", "/v1/clinics", 200).headers
    waiting = open_link(chain, page.path)
    assert waiting.status == knock().status_code == 503
    assert waiting.response.headers["Retry-After"]
    assert "Please wait a moment and try again" in waiting.text
    assert "Bitte warten Sie einen Augenblick" in waiting.text
    assert knock("/hooks/mail", method="POST").status_code == 403, "the signature decides"
    assert seen("rate_limits_away") == before + 1
    private_redis.start()
    clock.now += MINUTE
    wait_until(lambda: knock(address="192.0.2.9").status_code == 404, 20, "counting again")


def test_nobody_waits_for_a_redis_that_hangs_but_the_first(chain: Chain, private_redis: PrivateRedis) -> None:
    before = seen("rate_limits_away")
    suspend(private_redis)
    try:
        for _ in range(5):
            chain.desk.get("/v1/clinics")
    finally:
        assert private_redis.server is not None
        private_redis.server.process.resume()
    assert seen("rate_limits_away") == before + 1


def test_counts_the_address_that_our_own_proxy_names(pages_settings: Settings) -> None:
    app = create_app(replace(pages_settings, web=replace(pages_settings.web, proxies=1)))
    app.after_request(lambda response: (response.headers.add("X-Seen", visitor_address()), response)[1])
    named = {"X-Forwarded-For": "198.51.100.66, 192.0.2.77"}
    assert app.test_client().get("/l/nothing", headers=named).headers["X-Seen"] == "192.0.2.77"
    app.extensions[EXTENSION].close()


def test_believes_no_proxy_unless_told_to(app: Flask) -> None:
    app.after_request(lambda response: (response.headers.add("X-Seen", visitor_address()), response)[1])
    answer = app.test_client().get("/l/nothing", headers={"X-Forwarded-For": "192.0.2.77"})
    assert answer.headers["X-Seen"] == "127.0.0.1"


def test_a_household_has_one_allowance_of_ipv6(app: Flask) -> None:
    def counted(address: str) -> str:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return visitor_address()

    assert counted("2001:db8:1:2::1") == counted("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert counted("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert counted("192.0.2.7") == "192.0.2.7"
