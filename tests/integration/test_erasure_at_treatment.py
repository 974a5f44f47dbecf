"""What treatment has of a client counts for what may go and when; and while it is away nothing is lost and nothing waits."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from structlog.testing import capture_logs

from services.scheduling.erasure import following
from services.scheduling.erasure.rules import years_after
from services.scheduling.erasure.treatment import AtTreatment
from services.scheduling.export.treatment import EXTENSION as TREATMENT
from shared.event_store import Metadata, Transaction
from shared.ids import new_id
from shared.settings import Settings
from tests.support.api import Chain, set_clock
from tests.support.care import opened, scored, started
from tests.support.treatment import Treatment, follow, treatment_away

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("reached")]
BERLIN = ZoneInfo("Europe/Berlin")
THERAPIST = Metadata(actor="a therapist", role="therapist", origin="api", correlation_id="a-test")
SERVICE = Metadata(actor="workers", role="service", origin="api", correlation_id="a-test")
ALL = ["clinical", "contact", "identity"]


@dataclass(frozen=True)
class Both:
    """A client whom both services know, at a clinic."""

    chain: Chain
    treatment: Treatment
    settings: Settings
    clinic: Any
    client: Any

    def record(self, *events: Any, stream: str, by: Metadata = THERAPIST) -> None:
        self.treatment.database.command(self.chain.id, by, lambda tx: tx.append(stream, len(tx.load(stream)), events))

    def chart(self, words: str | None = "afraid of stairs") -> None:
        """A session of today without a visit, with something said in it."""
        now = datetime.now(UTC)
        episode = opened(UUID(self.client["id"]), new_id(), UUID(self.clinic["id"]), now)
        session = started(episode, now)
        self.record(episode, stream=f"episode-{episode.episode_id}")
        self.record(session, scored(session, 1, 6, note=words), stream=f"session-{session.session_id}")

    def ask(self) -> Any:
        return self.chain.desk.post(f"/v1/clients/{self.client['id']}/erasure-requests")

    def confirm(self) -> Any:
        path = f"/v1/erasure-requests/{self.ask()['id']}/confirm"
        return self.chain.admin.post(path, {}, 200, If_Match="*")

    def read(self, request: Any) -> Any:
        return self.chain.desk.get(f"/v1/erasure-requests/{request['id']}")

    def treatment_follows(self) -> None:
        follow(self.treatment.app, self.settings.scheduling)

    def tick(self) -> None:
        self.chain.service.post("/internal/v1/erasures/due", {}, 200)

    def workers_follow(self, request: Any, *classes: str) -> None:
        item = {
            "chain_id": str(self.chain.id),
            "request_id": request["id"],
            "classes": list(classes),
            "stores": {"due_messages": 3},
            "followed_at": datetime.now(UTC).isoformat(),
        }
        self.chain.service.post("/internal/v1/erasures/followed", {"items": [item]}, 200)

    def receipt_may_go(self, request: Any) -> bool:
        """Whether the event has happened that the workers mail the receipt for."""
        stream = f"erasure-{request['id']}"
        parts = self.chain.app.extensions["synergist"]
        history = parts.database.command(self.chain.id, SERVICE, lambda tx: tx.load(stream))
        return "ErasureReceiptCompleted" in {type(entry.event).__name__ for entry in history}

    def printed(self, request: Any) -> str:
        return self.chain.desk.call("GET", f"/v1/erasure-requests/{request['id']}/receipt", 200).text


@pytest.fixture
def both(chain: Chain, treatment_app: Flask, pages_settings: Settings) -> Both:
    treatment = Treatment(treatment_app, chain.keys, chain.id)
    client = chain.person(name="Carla Canary", email=f"canary-{new_id()}@demo.example")
    found = Both(chain, treatment, pages_settings, chain.clinic(), client)
    found.treatment_follows()
    return found


def stores(shown: Any, service: str) -> dict[str, Any]:
    return {each["store"]: each["rows"] for each in shown if each["service"] == service}


def today() -> date:
    return datetime.now(UTC).astimezone(BERLIN).date()


def test_a_record_without_any_visit_is_kept_for_years_after_its_last_entry(both: Both) -> None:
    before = today()
    both.chart()
    kept = both.ask()["kept"]
    assert {each["data_class"] for each in kept} == {"identity", "clinical"}
    assert {each["clinic_id"] for each in kept} == {both.clinic["id"]}
    assert {each["last_entry_on"] for each in kept} <= {before.isoformat(), today().isoformat()}
    assert {each["until"] for each in kept} == {
        (years_after(date.fromisoformat(each["last_entry_on"]), 10) + timedelta(days=1)).isoformat() for each in kept
    }


def test_what_services_record_by_themselves_prolongs_nothing(both: Both) -> None:
    episode = opened(UUID(both.client["id"]), new_id(), UUID(both.clinic["id"]), datetime.now(UTC))
    both.record(episode, stream=f"episode-{episode.episode_id}", by=SERVICE)
    assert both.ask()["kept"] == []


def test_the_assessment_says_what_stands_where_and_with_which_class_it_goes(both: Both) -> None:
    both.chart()
    both.chart(words=None)
    found = both.ask()
    assert stores(found["stores"], "treatment") == {"treatment_record": 1}
    assert stores(found["stores"], "workers") == {"due_messages": None, "arrivals": None, "homework": None}
    assert stores(found["stores"], "scheduling") == {
        "clients": 1,
        "client_names": 1,
        "contact_points": 1,
        "permissions": 1,
    }
    (record,) = (each for each in found["stores"] if each["service"] == "treatment")
    assert (record["data_class"], found["goes_now"], found["undecided"]) == ("clinical", ["contact"], [])


def test_a_receipt_goes_when_all_who_follow_have_said_what_went(both: Both) -> None:
    request = both.confirm()
    assert (sorted(request["gone"]), request["awaits"], request["receipt"]) == (ALL, ["treatment", "workers"], "due")
    assert "is not counted here yet" in both.printed(request)
    both.tick()
    assert both.read(request)["awaits"] == ["treatment", "workers"], "treatment has not heard of it yet"
    both.treatment_follows()
    both.tick()
    assert (both.read(request)["awaits"], both.receipt_may_go(request)) == (["workers"], False)
    both.workers_follow(request, *ALL)
    both.workers_follow(request, *ALL)
    done = both.read(request)
    assert (done["awaits"], both.receipt_may_go(request)) == ([], True)
    assert stores(done["swept"], "workers") == {"due_messages": 3}
    assert "messages to you, and what was heard of them: 3" in both.printed(request)
    assert "is not counted here yet" not in both.printed(request)


def test_word_of_the_workers_has_treatment_asked_at_once(both: Both) -> None:
    request = both.confirm()
    both.treatment_follows()
    both.workers_follow(request, *ALL)
    assert both.receipt_may_go(request)


def test_what_went_at_treatment_is_counted_when_its_day_has_come(both: Both) -> None:
    both.chart()
    request = both.confirm()
    until = date.fromisoformat(request["kept"][0]["until"])
    both.treatment_follows()
    both.tick()
    assert stores(both.read(request)["swept"], "treatment") == {}
    set_clock(both.chain, datetime(until.year, until.month, until.day, 12, tzinfo=UTC))
    both.tick()
    both.treatment_follows()
    both.tick()
    set_clock(both.chain, datetime.now(UTC))
    done = both.read(request)
    assert stores(done["swept"], "treatment") == {"treatment_record": 1}
    assert (done["state"], sorted(done["gone"]), done["awaits"]) == ("done", ALL, ["workers"])


def confirmed_without_treatment(both: Both) -> Any:
    with treatment_away(both.chain.app, both.chain.keys):
        asked = both.ask()
        assert stores(asked["stores"], "treatment").keys() >= {"treatment_record", "client_links"}
        assert set(stores(asked["stores"], "treatment").values()) == {None}
        request = both.confirm()
        both.tick()
        found = both.read(request)
    assert (found["state"], found["gone"], found["undecided"]) == ("waiting", ["contact"], ["identity", "clinical"])
    return found


def test_while_treatment_is_away_the_way_to_a_client_goes_and_the_record_stays_until_it_has_answered(
    both: Both,
) -> None:
    request = confirmed_without_treatment(both)
    assert "we shall know within days" in both.printed(request)
    both.workers_follow(request, "contact")
    both.treatment_follows()
    both.tick()
    found = both.read(request)
    assert (found["state"], sorted(found["gone"]), found["undecided"]) == ("done", ALL, [])
    assert both.receipt_may_go(request) is False, "the other classes went just now"
    both.treatment_follows()
    both.workers_follow(request, "identity", "clinical")
    assert both.receipt_may_go(request)


def test_a_request_that_cannot_be_decided_keeps_no_later_one_waiting(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(both, client=both.chain.person(name="Dora Demo", email=f"demo-{new_id()}@demo.example"))
    both.treatment_follows()
    first, second = sorted((confirmed_without_treatment(each) for each in (both, other)), key=itemgetter("id"))
    whole = following.complete

    def complete(tx: Transaction, request_id: UUID, known: AtTreatment, now: datetime) -> None:
        if str(request_id) == first["id"]:
            raise ValueError
        whole(tx, request_id, known, now)

    monkeypatch.setattr(following, "complete", complete)
    with capture_logs() as logs:
        both.tick()
    assert [both.read(each)["state"] for each in (first, second)] == ["waiting", "done"]
    assert [str(line["request_id"]) for line in logs if line["event"] == "erasure_not_completed"] == [first["id"]]
    monkeypatch.undo()
    both.tick()
    assert both.read(first)["state"] == "done"


def test_what_was_undecided_is_kept_where_treatment_had_a_record_of_a_minor(both: Both) -> None:
    both.chain.admin.put(f"/v1/clinics/{both.clinic['id']}/retention", {"years": 1, "minors_until_age": 28})
    born = date(today().year - 10, 1, 31)
    both.chain.desk.patch(f"/v1/clients/{both.client['id']}", {"birth_date": born.isoformat()})
    both.chart()
    request = confirmed_without_treatment(both)
    both.treatment_follows()
    both.tick()
    found = both.read(request)
    assert (found["state"], found["gone"], found["undecided"]) == ("waiting", ["contact"], [])
    assert {each["until"] for each in found["kept"]} == {years_after(born, 28).isoformat()}
    set_clock(both.chain, datetime(born.year + 28, 1, 31, 12, tzinfo=UTC))
    both.tick()
    set_clock(both.chain, datetime.now(UTC))
    assert both.read(request)["state"] == "done"


def test_a_receipt_that_waited_for_treatment_alone_goes_when_it_has_said_what_is_kept(both: Both) -> None:
    both.chart()
    request = confirmed_without_treatment(both)
    both.treatment_follows()
    with treatment_away(both.chain.app, both.chain.keys):
        both.workers_follow(request, "contact")
    assert not both.receipt_may_go(request)
    both.tick()
    assert both.receipt_may_go(request)
    assert "10 years after the last entry" in both.printed(request)


def test_treatment_tells_our_own_services_alone_and_nothing_of_another_chain(both: Both) -> None:
    both.chart()
    both.confirm()
    asked = {"chain_id": str(new_id()), "client_ids": [both.client["id"]]}
    both.treatment.caller("chain_admin").problem("POST", "/internal/v1/erasures/holdings", 403, asked)
    connection = both.chain.app.extensions[TREATMENT]
    found = connection.post("/internal/v1/erasures/holdings", asked, "a-request", dict)
    assert found == {"stores": {}, "entries": []}
