"""The feed gives our own services any stretch of a log over HTTP, unchanged, and nobody else anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from services.treatment.app import create_app
from shared.feed import Feed, FeedUnavailable
from shared.heads import EMPTY, Head
from shared.ids import new_id
from shared.minting import mint, mint_service_token
from shared.settings import DatabaseSettings, Settings
from tests.support.api import Keys
from tests.support.log import Log, a_chain, a_log, booked, confirmed

P = 6


@pytest.fixture
def log(treatment_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(treatment_db) as log:
        visit = booked(override_reason="Ärger mit dem Rücken ❤")
        log.record(a_chain(P), visit, confirmed(visit))
        log.record(a_chain(P), booked(), booked(), booked())
        yield log


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def app(treatment_db: DatabaseSettings, redis_url: str, keys: Keys, tmp_path: Path) -> Iterator[Flask]:
    databases = {
        "SYNERGIST_TREATMENT_DATABASE_URL": treatment_db.api,
        "SYNERGIST_TREATMENT_READER_URL": treatment_db.reader,
        "SYNERGIST_REDIS_URL": redis_url,
    }
    app = create_app(Settings.read(databases | keys.variables(tmp_path)))
    yield app
    app.extensions["synergist"].close()


@pytest.fixture
def http(app: Flask) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.WSGITransport(app)) as http:
        yield http


@pytest.fixture
def feed(http: httpx.Client, keys: Keys) -> Feed:
    return Feed("http://treatment", lambda: mint_service_token(keys.service, subject="workers", to="treatment"), http)


def test_what_comes_out_of_the_feed_is_what_is_in_the_log(log: Log, feed: Feed) -> None:
    assert feed.read(P, 0, 100) == log.rows(P)
    assert feed.read(P, 2, 2) == log.rows(P)[2:4]
    assert feed.read(P, 5, 10) == []
    assert feed.read(P + 1, 0, 10) == []


def test_the_heads_are_those_of_the_log(log: Log, feed: Feed) -> None:
    heads = feed.heads()
    assert heads.pop(P) == Head(5, log.rows(P)[-1].hash)
    assert set(heads.values()) == {EMPTY}
    assert len(heads) == 15


def get(http: httpx.Client, keys: Keys, query: str) -> httpx.Response:
    token = mint_service_token(keys.service, subject="workers", to="treatment")
    return http.get(f"http://treatment/v1/events{query}", headers={"Authorization": f"Bearer {token}"})


def test_next_leads_through_the_whole_partition(log: Log, http: httpx.Client, keys: Keys) -> None:
    positions: list[int] = []
    after: int | None = 0
    while after is not None:
        page: Any = get(http, keys, f"?partition={P}&after={after}&limit=2").json()
        positions += [item["position"] for item in page["items"]]
        after = page["next"]
    assert positions == [1, 2, 3, 4, 5]


def test_an_event_has_the_form_of_a_cloud_event(log: Log, http: httpx.Client, keys: Keys) -> None:
    (event,) = get(http, keys, f"?partition={P}&after=1&limit=1").json()["items"]
    assert event["specversion"] == "1.0"
    assert event["source"] == "/treatment"
    assert event["type"] == "scheduling.appointment_confirmed.v1"
    assert event["datacontenttype"] == "application/json"
    assert event["time"].endswith("Z")
    assert (event["partition"], event["position"], event["streamversion"]) == (P, 2, 2)
    assert set(event["data"]) == {"appointment_id", "client_id"}


@pytest.mark.parametrize(
    "query",
    ["", "?partition=16", "?partition=-1", "?partition=x", "?partition=1&after=-1", "?partition=1&limit=0",
     "?partition=1&limit=1001", "?partition=1&after=9223372036854775808", "?partition=1&unknown=1"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_told_so(http: httpx.Client, keys: Keys, query: str) -> None:
    answer = get(http, keys, query)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/events?partition=1", "/v1/events/heads"])
def test_nobody_but_our_services_may_read_it(http: httpx.Client, keys: Keys, path: str) -> None:
    admin = mint(keys.issuer, issuer="synergist", subject="someone", chain_id=new_id(), role="chain_admin")
    forged = mint_service_token(keys.issuer, subject="someone", to="treatment")
    assert http.get(f"http://treatment{path}").status_code == 401
    assert http.get(f"http://treatment{path}", headers={"Authorization": f"Bearer {admin}"}).status_code == 403
    assert http.get(f"http://treatment{path}", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_a_feed_that_refuses_or_is_not_there_is_away(http: httpx.Client, keys: Keys) -> None:
    with pytest.raises(FeedUnavailable, match="HTTPStatusError"):
        Feed("http://treatment", lambda: "no token", http).heads()
    with httpx.Client() as real, pytest.raises(FeedUnavailable, match="ConnectError"):
        Feed("http://127.0.0.1:1", lambda: "", real).read(P, 0, 1)


def test_the_service_says_how_it_fares_and_what_it_offers(http: httpx.Client) -> None:
    assert http.get("http://treatment/health/live").status_code == 200
    assert http.get("http://treatment/health/ready").status_code == 200
    assert "synergist_http_requests_total" in http.get("http://treatment/metrics").text
    document = http.get("http://treatment/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/v1/events", "/v1/events/heads", "/v1/sessions", "/internal/v1/anchors"} <= set(document["paths"])
