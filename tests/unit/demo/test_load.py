"""The loader adds what is missing, passes over times that have gone, and repeats only what may be repeated."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from demo.api import Api, Unexpected
from demo.load import Loader, founding_of

Answers = Callable[[httpx.Request], httpx.Response]


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code}, headers={"Content-Type": "application/problem+json"})


def api(answers: Answers) -> Api:
    return Api(httpx.Client(base_url="http://demo.example", transport=httpx.MockTransport(answers)))


def load_visits(answer: httpx.Response, *, may_be_late: bool) -> tuple[dict[str, str], list[str]]:
    """Load two visits, one of which is there already, where any new one is answered so; what there is, what is said."""

    def answers(request: httpx.Request) -> httpx.Response:
        known = {"items": [{"id": "1", "external_ids": {"demo": "known"}}, {"id": "2", "name": "else"}], "next": None}
        return httpx.Response(200, json=known) if request.method == "GET" else answer

    said: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        loader = Loader(api(answers), pool, said.append)
        ids = loader.add("visits", "/v1/appointments", {"known": {}, "new": {}}, may_be_late=may_be_late)
    return ids, said


def test_only_what_is_missing_is_added() -> None:
    ids, said = load_visits(httpx.Response(201, json={"id": "3"}), may_be_late=True)
    assert ids == {"known": "1", "new": "3"}
    assert said == ["  visits: 1 new, 1 there already"]


def test_a_time_that_has_gone_since_is_passed_over_and_counted() -> None:
    ids, said = load_visits(problem(409, "in_the_past"), may_be_late=True)
    assert ids == {"known": "1"}
    assert said == ["  visits: 1 there already, 1 not possible any more (in_the_past)"]


def test_any_other_refusal_ends_the_load() -> None:
    with pytest.raises(Unexpected, match="in_the_past"):
        load_visits(problem(409, "in_the_past"), may_be_late=False)
    with pytest.raises(Unexpected, match="422"):
        load_visits(problem(422, "invalid_fields"), may_be_late=True)


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.mark.parametrize("busy", [httpx.Response(503), problem(409, "still_running"), httpx.Response(429)])
def test_a_call_with_a_key_is_repeated_while_the_system_is_busy(
    asked: list[httpx.Request], busy: httpx.Response
) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return busy if len(asked) == 1 else httpx.Response(201, json={})

    assert api(answers).send("POST", "/v1/clients", {}, key="demo").status_code == 201
    assert [request.headers["Idempotency-Key"] for request in asked] == ["demo", "demo"]


def test_a_call_without_a_key_is_made_once(asked: list[httpx.Request]) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503)

    assert api(answers).send("POST", "/v1/clients", {}).status_code == 503
    assert len(asked) == 1


def test_a_lost_connection_is_tried_again(asked: list[httpx.Request]) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1:
            raise httpx.ConnectError("away")
        return httpx.Response(200, json={"id": "1"})

    assert api(answers).read("/v1/chain") == {"id": "1"}


def test_a_list_is_read_to_its_last_page() -> None:
    pages = {None: ("12", "a"), "a": ("3", "b"), "b": ("", None)}

    def answers(request: httpx.Request) -> httpx.Response:
        items, following = pages[request.url.params.get("cursor")]
        return httpx.Response(200, json={"items": [{"id": each} for each in items], "next": following})

    assert [item["id"] for item in api(answers).everything("/v1/clients")] == ["1", "2", "3"]


def test_the_founding_is_read_from_the_chains_id() -> None:
    milliseconds = int(datetime(2026, 11, 22, 15, 30, tzinfo=UTC).timestamp() * 1000)
    chain_id = UUID(int=milliseconds << 80 | 0x7ABC << 64 | 0x8DEF << 48)
    assert founding_of(chain_id) == datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
