"""After a confirmed erasure nothing of the client can be read anywhere, counts stay, and nothing brings anybody back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.scheduling.erasure.rules import years_after
from services.scheduling.rebuild import read_models
from shared.database import make_engine
from shared.rebuild import rebuild
from shared.replay import LogAtHand
from shared.settings import Settings
from shared.verify import verify
from tests.support.api import Chain, Ready, at, set_clock
from tests.support.read_models import active, content

WORDS = ("Canary", "canary@demo.example", "+4915100004711", "Tweety", "1981-02-03", "yellow feathers")


def canary(chain: Chain) -> Any:
    return chain.person(
        name="Carla Canary",
        called="Tweety",
        email=WORDS[1],
        phone=WORDS[2],
        birth_date=WORDS[4],
        external_ids={"old": "Canary-17"},
    )


def ask(chain: Chain, client: Any) -> Any:
    return chain.desk.post(f"/v1/clients/{client['id']}/erasure-requests")


def confirm(chain: Chain, request: Any, expect: int = 200) -> Any:
    path = f"/v1/erasure-requests/{request['id']}/confirm"
    return chain.admin.call("POST", path, expect, {}, If_Match=f'"{request["version"]}"').json


def attended(ready: Ready, **given: Any) -> Any:
    """A visit tomorrow to which the client came; it is the day after now."""
    visit = ready.book(at(1), **given)
    set_clock(ready.chain, at(1, 12))
    return ready.chain.desk.change(ready.chain.desk.change(visit, "arrive"), "fulfil")


def test_who_was_erased_is_gone_from_every_read_model_and_stays_so_in_a_rebuild(
    chain: Chain, scheduling_settings: Settings
) -> None:
    ready = chain.ready()
    client = canary(chain)
    visit = ready.book(at(3), client_id=client["id"], override_reason="yellow feathers", notify=False)
    chain.desk.change(visit, "cancel", initiator="client", reason="yellow feathers")
    gone = confirm(chain, ask(chain, client))
    assert (gone["state"], sorted(gone["gone"]), gone["kept"]) == ("done", ["clinical", "contact", "identity"], [])
    assert {each["store"] for each in gone["swept"]} >= {"clients", "client_names", "contact_points"}
    owner = make_engine(scheduling_settings.scheduling.migrate)
    before = content(owner, active(owner))
    assert not {word for rows in before.values() for row in rows for word in WORDS if word in row}
    reader = make_engine(scheduling_settings.scheduling.reader)
    rebuilt = read_models(scheduling_settings, {"scheduling": LogAtHand(reader)})
    rebuild(rebuilt)
    assert content(owner, active(owner)) == before
    assert verify(reader).faults == ()
    for engine in (owner, reader, rebuilt.owner):
        engine.dispose()


def test_what_was_sealed_for_an_erased_client_opens_for_nobody(chain: Chain) -> None:
    ready = chain.ready()
    visit = ready.book(at(3))
    cancelled = chain.desk.change(visit, "cancel", initiator="client", reason="yellow feathers")
    path = f"/v1/appointments/{cancelled['id']}/history"
    assert "yellow feathers" in chain.desk.call("GET", path, 200).text
    confirm(chain, ask(chain, ready.client))
    assert "yellow feathers" not in chain.desk.call("GET", path, 200).text
    assert chain.desk.get(f"/v1/appointments/{visit['id']}")["status"] == "cancelled"


def test_an_erased_client_answers_gone_and_takes_part_in_nothing(chain: Chain) -> None:
    ready = chain.ready()
    erased, other = canary(chain), chain.person(name="Demo Other")
    confirm(chain, ask(chain, erased))
    path = f"/v1/clients/{erased['id']}"
    assert chain.desk.problem("GET", path, 410)["code"] == "client_erased"
    chain.desk.problem("PATCH", path, 410, {"name": "Back"}, If_Match="*")
    chain.desk.problem("POST", "/v1/appointments", 410, ready.wish(at(3), client_id=erased["id"]))
    chain.desk.problem("POST", f"{path}/merge", 410, {"into": other["id"]})
    chain.desk.problem("POST", f"/v1/clients/{other['id']}/merge", 410, {"into": erased["id"]})
    chain.desk.problem("POST", f"{path}/contact-points", 410, {"kind": "email", "address": "back@demo.example"})
    chain.desk.problem("POST", f"{path}/erasure-requests", 410, {})
    relation = {"related_client_id": erased["id"], "kind": "carer", "may": ["book"], "source": "client"}
    chain.desk.problem("POST", f"/v1/clients/{other['id']}/relations", 410, relation)
    assert erased["id"] not in {each["id"] for each in chain.desk.get("/v1/clients")["items"]}
    assert chain.desk.get("/v1/clients?q=Canary")["items"] == []


def test_while_anything_holds_nothing_goes(chain: Chain) -> None:
    ready = chain.ready()
    visit = ready.book(at(3))
    request = ask(chain, ready.client)
    refused = confirm(chain, request, 409)
    assert (refused["code"], refused["holds"]) == ("erasure_on_hold", [{"kind": "visit", "id": visit["id"]}])
    assert chain.desk.get(f"/v1/clients/{ready.client['id']}")["name"] == "Demo Client"


def test_what_was_asked_for_yesterday_is_assessed_anew_before_it_goes(chain: Chain) -> None:
    ready = chain.ready()
    request = ask(chain, ready.client)
    assert request["kept"] == []
    attended(ready)
    found = confirm(chain, request)
    assert (found["state"], found["gone"]) == ("waiting", ["contact"])
    assert {each["data_class"] for each in found["kept"]} == {"identity", "clinical"}


def test_all_ids_of_a_person_go_together(chain: Chain, scheduling_settings: Settings) -> None:
    one, two = canary(chain), canary(chain)
    chain.desk.post(f"/v1/clients/{two['id']}/merge", {"into": one["id"]}, 200)
    confirm(chain, ask(chain, two))
    for each in (one, two):
        chain.desk.problem("GET", f"/v1/clients/{each['id']}", 410)
        chain.desk.problem("POST", f"/v1/clients/{each['id']}/unmerge", 410)
    owner = make_engine(scheduling_settings.scheduling.migrate)
    left = content(owner, active(owner))
    owner.dispose()
    assert not {word for rows in left.values() for row in rows for word in WORDS if word in row}


def test_the_links_of_an_erased_client_are_like_links_that_never_were(chain: Chain) -> None:
    ready = chain.ready()
    visit = ready.book(at(3))
    question = {
        "key": f"confirmation:{visit['id']}:1",
        "chain_id": str(chain.id),
        "client_id": visit["client_id"],
        "appointment_id": visit["id"],
        "kind": "confirmation",
    }
    answer = chain.service.post("/internal/v1/recipients", {"items": [question]}, 200)["items"][0]
    path = "/l/" + answer["link"].rpartition("/")[2]
    assert chain.app.test_client().get(path).status_code == 200
    chain.desk.change(visit, "cancel", initiator="client")
    swept = {each["store"]: each["rows"] for each in confirm(chain, ask(chain, ready.client))["swept"]}
    assert (swept["links"], swept["receipts"]) == (1, 1)
    assert chain.app.test_client().get(path).status_code == 404


def test_the_rest_goes_by_itself_on_its_day_and_only_once(chain: Chain) -> None:
    ready = chain.ready()
    attended(ready)
    found = confirm(chain, ask(chain, ready.client))
    until = years_after(at(1).date(), 10) + timedelta(days=1)
    assert {each["until"] for each in found["kept"]} == {until.isoformat()}

    def erased_on(day: date) -> int:
        set_clock(chain, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        count: int = chain.service.post("/internal/v1/erasures/due", {}, 200)["erased"]
        return count

    assert erased_on(until - timedelta(days=1)) == 0
    assert erased_on(until) == 1
    assert erased_on(until + timedelta(days=1)) == 0
    set_clock(chain, at(1, 12))
    done = chain.desk.get(f"/v1/erasure-requests/{found['id']}")
    assert (done["state"], sorted(done["gone"]), done["kept"]) == ("done", ["clinical", "contact", "identity"], [])


def test_a_key_that_was_destroyed_seals_nothing_for_the_client_any_more(
    chain: Chain, scheduling_settings: Settings
) -> None:
    client = canary(chain)
    confirm(chain, ask(chain, client))
    owner = make_engine(scheduling_settings.scheduling.migrate)
    with owner.connect() as connection:
        keys = text("SELECT class, wrapped FROM keys.data_keys WHERE subject = :subject")
        found = connection.execute(keys, {"subject": UUID(client["id"])}).all()
    owner.dispose()
    assert {tuple(row) for row in found} == {("identity", None), ("contact", None), ("clinical", None)}


def test_others_stay_as_they_are(chain: Chain) -> None:
    gone, other = canary(chain), chain.person(name="Carl Canary", email="other@demo.example")
    before = chain.desk.get(f"/v1/clients/{other['id']}")
    confirm(chain, ask(chain, gone))
    assert chain.desk.get(f"/v1/clients/{other['id']}") == before
