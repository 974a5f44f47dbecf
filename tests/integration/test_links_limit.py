"""How often somebody may knock at links, and that nobody else pays for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from services.scheduling.app import create_app
from services.scheduling.web.limits import visitor_address
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.processes import wait_until
from tests.support.servers import PrivateRedis

ALLOWED = 60
Knock = Callable[..., TestResponse]


@pytest.fixture
def app(pages_settings: Settings, private_redis: PrivateRedis) -> Iterator[Flask]:
    redis = replace(pages_settings.redis, url=private_redis.server.database(0) if private_redis.server else "")
    made = create_app(replace(pages_settings, redis=redis))
    yield made
    made.extensions[EXTENSION].close()


@pytest.fixture
def knock(app: Flask) -> Knock:
    """A request from an address."""

    def request(path: str = "/l/nothing", address: str = "192.0.2.1", method: str = "GET") -> TestResponse:
        return app.test_client().open(path, method=method, environ_base={"REMOTE_ADDR": address})

    return request


def test_counts_the_address_that_our_own_proxy_names(pages_settings: Settings) -> None:
    web = replace(pages_settings.web, proxies=1)
    app = create_app(replace(pages_settings, web=web))
    app.after_request(lambda response: (response.headers.add("X-Seen", visitor_address()), response)[1])
    client = app.test_client()
    named = {"X-Forwarded-For": "198.51.100.66, 192.0.2.77"}
    assert client.get("/l/nothing", headers=named).headers["X-Seen"] == "192.0.2.77"
    app.extensions[EXTENSION].close()


def test_believes_no_proxy_unless_told_to(app: Flask) -> None:
    app.after_request(lambda response: (response.headers.add("X-Seen", visitor_address()), response)[1])
    answer = app.test_client().get("/l/nothing", headers={"X-Forwarded-For": "192.0.2.77"})
    assert answer.headers["X-Seen"] == "127.0.0.1"


def until_refused(knock: Knock, *paths: str, method: str = "GET") -> tuple[int, TestResponse]:
    """How many requests were answered before one was refused; a minute that ends in between allows as many again."""
    for count in range(2 * ALLOWED + 1):
        answer = knock(paths[count % len(paths)], method=method)
        if answer.status_code == 429:
            return count, answer
        assert answer.status_code == 404
    raise AssertionError("never refused")


def test_too_many_from_one_address_are_asked_to_wait(knock: Knock) -> None:
    count, refused = until_refused(knock, "/l/nothing", "/l/nothing/move", "/l/nothing/cancel")
    assert ALLOWED <= count <= 2 * ALLOWED
    assert refused.mimetype == "text/html"
    assert refused.headers["Retry-After"]
    assert "Please wait a minute" in refused.text
    assert "Bitte warten Sie eine Minute" in refused.text
    until_refused(knock, "/l/nothing/confirm", method="POST")
    assert knock(address="192.0.2.2").status_code == 404
    assert knock("/health/live").status_code == 200
    assert knock("/v1/clinics").status_code == 401


def test_a_household_has_one_allowance_of_ipv6(app: Flask) -> None:
    def counted(address: str) -> str:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return visitor_address()

    assert counted("2001:db8:1:2::1") == counted("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert counted("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert counted("192.0.2.7") == "192.0.2.7"


def test_pages_answer_and_the_allowance_holds_while_redis_is_away(knock: Knock, private_redis: PrivateRedis) -> None:
    assert knock().status_code == 404
    private_redis.kill()
    count, _ = until_refused(knock, "/l/nothing")
    assert ALLOWED <= count <= 2 * ALLOWED
    assert knock("/v1/clinics").status_code == 401
    with Redis.from_url(private_redis.start()) as redis:
        wait_until(lambda: [knock(address="192.0.2.9"), *redis.keys("*192.0.2.9*")][1:], 20, "counting in Redis again")


def test_pages_answer_while_redis_hangs(knock: Knock, private_redis: PrivateRedis) -> None:
    assert private_redis.server is not None
    private_redis.server.process.suspend()
    try:
        assert {knock().status_code for _ in range(5)} == {404}
    finally:
        private_redis.server.process.resume()
