"""Who was forgotten gets one receipt, and the address that it went to is gone with it, whatever becomes of the mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduling.erasure.decider import RECEIPT_GOOD_FOR
from shared.http.operations import EXTENSION
from shared.verify import verify
from tests.support.api import Chain, NewChain, at, set_clock

pytestmark = pytest.mark.one_database
ADDRESS = "canary@demo.example"


def confirmed(chain: Chain, **client: Any) -> Any:
    """A client who was never here is forgotten; the request afterwards."""
    return confirm(chain, chain.person(**{"name": "Carla Canary", "email": ADDRESS} | client))


def confirm(chain: Chain, person: Any) -> Any:
    request = chain.desk.post(f"/v1/clients/{person['id']}/erasure-requests")
    return chain.admin.post(f"/v1/erasure-requests/{request['id']}/confirm", {}, 200, If_Match="*")


def letter(chain: Chain, request: Any) -> Any:
    item = {"key": "erasure:1", "chain_id": str(chain.id), "kind": "erasure", "about": request["id"]}
    return chain.service.post("/internal/v1/letters", {"items": [item]}, 200)["items"][0]


def settle(chain: Chain, request: Any, outcome: str = "sent") -> Any:
    item = {"chain_id": str(chain.id), "request_id": request["id"], "outcome": outcome}
    chain.service.post("/internal/v1/erasures/receipts", {"items": [item]}, 200)
    return chain.desk.get(f"/v1/erasure-requests/{request['id']}")


def stored(chain: Chain, sql: str) -> list[Any]:
    with chain.app.extensions[EXTENSION].database.reading(chain.id) as connection:
        return list(connection.execute(text(sql)).scalars())


@pytest.mark.parametrize("outcome", ["sent", "failed"])
def test_the_address_is_kept_for_the_receipt_alone_and_goes_with_it(chain: Chain, outcome: str) -> None:
    request = confirmed(chain)
    assert request["receipt"] == "due"
    told = letter(chain, request)
    assert (told["address"], told["channel"]) == (ADDRESS, "email")
    assert sorted(told["erased"]["classes"]) == ["clinical", "contact", "identity"]
    assert "canary" not in str(stored(chain, "SELECT data::text FROM events")).lower()
    done = settle(chain, request, outcome)
    assert done["receipt"] == outcome
    assert letter(chain, request)["stop"] == "gone"
    assert settle(chain, request, "failed") == done, "said again, it changes nothing"
    keys = f"SELECT wrapped IS NULL FROM keys.data_keys WHERE subject = '{request['id']}'"
    assert stored(chain, keys) == [True]


def test_an_address_whose_mail_never_goes_is_gone_after_three_days(chain: Chain) -> None:
    request, now = confirmed(chain), datetime.now(UTC)
    set_clock(chain, now + RECEIPT_GOOD_FOR - timedelta(minutes=10))
    chain.service.post("/internal/v1/erasures/due", {}, 200)
    assert letter(chain, request)["address"] == ADDRESS
    set_clock(chain, now + RECEIPT_GOOD_FOR)
    assert letter(chain, request)["stop"] == "gone"
    chain.service.post("/internal/v1/erasures/due", {}, 200)
    assert chain.desk.get(f"/v1/erasure-requests/{request['id']}")["receipt"] == "expired"


@pytest.mark.parametrize(
    "client", [{"email": None}, {"birth_date": "2015-05-05"}], ids=["without an address", "a minor"]
)
def test_without_an_address_the_receipt_is_printed(chain: Chain, client: dict[str, Any]) -> None:
    request = confirmed(chain, **client)
    assert request["receipt"] == "none"
    assert letter(chain, request)["stop"] == "gone"
    printed = chain.desk.call("GET", f"/v1/erasure-requests/{request['id']}/receipt", 200)
    assert "Your data were erased" in printed.text


def test_no_receipt_goes_to_an_address_that_is_closed(chain: Chain) -> None:
    person = chain.person(email="closed@demo.example")
    point = person["contact_points"][0]["id"]
    chain.desk.post(f"/v1/clients/{person['id']}/contact-points/{point}/block", {"cause": "stop"}, 200)
    assert confirm(chain, person)["receipt"] == "none"


def test_the_receipt_says_what_stays_until_when_and_no_name(chain: Chain) -> None:
    ready = chain.ready()
    client = chain.person(name="Carla Canary", email=ADDRESS, locale="de-AT")
    visit = ready.book(at(1), client_id=client["id"])
    set_clock(chain, at(1, 12))
    chain.desk.change(chain.desk.change(visit, "arrive"), "fulfil")
    request = confirm(chain, client)
    printed = chain.desk.call("GET", f"/v1/erasure-requests/{request['id']}/receipt", 200)
    assert printed.headers["Content-Disposition"].startswith("attachment")
    for said in ("Ihre Daten wurden gelöscht", "Ihre Adressen", "10 Jahre nach dem letzten Eintrag", "@media print"):
        assert said in printed.text
    for word in ("Canary", "demo.example", "<script", "Behandlung", "clinical", "contact_points"):
        assert word not in printed.text
    assert request["id"] in printed.text


def test_before_anything_is_gone_there_is_no_receipt(chain: Chain, new_chain: NewChain) -> None:
    person = chain.person()
    request = chain.desk.post(f"/v1/clients/{person['id']}/erasure-requests")
    path = f"/v1/erasure-requests/{request['id']}/receipt"
    assert chain.desk.problem("GET", path, 409)["code"] == "nothing_gone"
    new_chain("foreign").desk.problem("GET", path, 404)


def test_the_log_is_whole_after_the_address_went(chain: Chain) -> None:
    settle(chain, confirmed(chain))
    reader = chain.app.extensions[EXTENSION].engines[1]
    assert verify(reader).faults == ()
