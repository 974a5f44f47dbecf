"""What is said of people stands readable in the tables of contacts alone: not in logs, views, answers, Redis, workers."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from services.scanning.command import scan
from services.scanning.forms import forms_of
from services.scheduling.migrations import create_views
from services.scheduling.views import VIEWS
from shared.database import make_engine
from shared.event_store import Recorded
from shared.ids import new_id
from shared.projection import Projection
from shared.rebuild import ReadModels, rebuild
from shared.relay import Relay
from shared.replay import LogAtHand, own_log
from shared.settings import DatabaseSettings, Settings
from tests.support.api import Ready, at
from tests.support.consuming import Setting, a_setting
from tests.support.keys import sealer
from tests.support.read_models import content
from workers.consume import CONSUMER, handle

READABLE = {
    "scheduling  views_a.clients.name",
    "scheduling  views_a.clients.called",
    "scheduling  views_a.clients.email",
    "scheduling  views_a.client_names.names",
    "scheduling  views_a.client_names.whole",
    "scheduling  views_a.contact_points.address",
    "scheduling  views_a.contact_points.address_key",
    "scheduling  views_a.contact_points.reversed_key",
    "scheduling  views_a.therapists.name",
}


class Canaries:
    """Words that nobody else says; each is planted in one place."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.planted: dict[str, str] = {}

    def __call__(self, where: str, form: str = "Canary-{}") -> str:
        word = form.format(f"q7zx{next(self.numbers)}j")
        self.planted[where] = word
        return word


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


@pytest.fixture
def everywhere(
    scheduling_settings: Settings, treatment_db: DatabaseSettings, workers_db: DatabaseSettings, broker_url: str
) -> Settings:
    given = scheduling_settings
    variables = {
        "SYNERGIST_FOLDER": str(given.folder / "nothing"),
        "SYNERGIST_SCHEDULING_MIGRATE_URL": given.scheduling.migrate,
        "SYNERGIST_SCHEDULING_READER_URL": given.scheduling.reader,
        "SYNERGIST_TREATMENT_MIGRATE_URL": treatment_db.migrate,
        "SYNERGIST_WORKERS_DATABASE_URL": workers_db.api,
        "SYNERGIST_WORKERS_MIGRATE_URL": workers_db.migrate,
        "SYNERGIST_REDIS_URL": given.redis.url,
        "SYNERGIST_BROKER_URL": broker_url,
    }
    return Settings.read(variables)


def plant(place: Ready, say: Canaries) -> dict[str, Any]:
    """Say something of somebody wherever the API lets anybody say anything; gives what the API shows of it again."""
    desk, admin = place.chain.desk, place.chain.admin
    child = desk.post(
        "/v1/clients",
        {
            "name": say("name", "Ada {}"),
            "called": say("called", "{}"),
            "birth_date": "2019-04-01",
            "email": say("email", "{}@demo.example"),
            "time_zone": "Europe/Berlin",
            "locale": "en",
        },
        Idempotency_Key=say("idempotency key", "ada-{}@demo.example"),
    )
    of_child = f"/v1/clients/{child['id']}"
    relation = {"related_client_id": place.client["id"], "kind": "guardian", "may": ["book"], "source": "client"}
    relation = desk.post(f"{of_child}/relations", relation | {"evidence": say("relation evidence")})
    permission = {"channel": "email", "purpose": "care", "source": "paper", "evidence": say("permission evidence")}
    permissions = desk.post(f"{of_child}/permissions/give", permission, 200, If_Match="*")
    (point,) = desk.get(f"{of_child}/contact-points")["items"]
    block = {"cause": "complaint", "evidence": say("block evidence")}
    blocked = desk.post(f"{of_child}/contact-points/{point['id']}/block", block, 200, Idempotency_Key="blocked")
    visit = place.book(at(3), client_id=child["id"])
    move: dict[str, Any] = {"starts_at": at(4).isoformat(), "initiator": "client", "reason": say("reason to move")}
    moved = desk.change(visit, "reschedule", **move)
    item = {"because": "reminder:1", "cause": "undeliverable", "chain_id": str(place.chain.id)}
    item["appointment_id"] = visit["id"]
    place.chain.service.post("/internal/v1/contact-tasks", {"items": [item]}, 200)
    (task,) = desk.get("/v1/contact-tasks")["items"]
    attempt = {"outcome": "no_answer", "note": say("note of an attempt")}
    tried = desk.post(f"/v1/contact-tasks/{task['id']}/attempts", attempt)
    off = {"starts_at": at(20, 8).isoformat(), "ends_at": at(21, 8).isoformat()}
    shut = admin.post(f"/v1/clinics/{place.clinic['id']}/closures", off | {"reason": say("closure")})
    away = admin.post(f"/v1/therapists/{place.therapist['id']}/time-off", off | {"reason": say("time off")})
    out = admin.post(f"/v1/rooms/{place.room['id']}/outages", off | {"reason": say("outage")})
    return {
        "relation evidence": relation["evidence"],
        "permission evidence": next(each for each in permissions["items"] if each["purpose"] == "care")["evidence"],
        "block evidence": blocked["evidence"],
        "reason to move": desk.get(f"/v1/appointments/{moved['id']}/history")["items"][-1]["data"]["reason"],
        "note of an attempt": tried["last_note"],
        "closure": shut["reason"],
        "time off": away["reason"],
        "outage": out["reason"],
    }


def carry(setting: Setting, everywhere: Settings) -> None:
    """Let the log go to Redis, to treatment (which cannot handle one event) and to the workers."""
    with setting.log.reader.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert Relay("scheduling", connection, setting.client, retained=10_000).round() > 0
    seen: list[str] = []

    def fail_once(connection: Any, entry: Recorded) -> None:
        setting.handle(connection, entry)
        seen.append(entry.name)
        if entry.name.startswith("scheduling.client_registered"):
            raise LookupError(str(entry.data))

    for _ in range(3):
        setting.consumer(fail_once).round()
    assert seen
    assert setting.letters()
    engine = make_engine(everywhere.workers.api)
    projection = Projection(engine, CONSUMER, handle, wait=lambda _: None)
    with projection.transaction() as (connection, _):
        projection.handle(connection, setting.log.all_rows())
    engine.dispose()


def test_words_about_people_are_readable_in_the_tables_of_contacts_alone(
    place: Ready, setting: Setting, everywhere: Settings
) -> None:
    say = Canaries()
    shown = plant(place, say)
    assert shown == {where: word for where, word in say.planted.items() if where in shown}
    carry(setting, everywhere)
    found = defaultdict(set)
    for where, word in say.planted.items():
        for store, column, _ in scan(everywhere, forms_of(word)):
            found[where].add(f"{store}  {column}")
    assert set().union(*found.values()) <= READABLE
    assert set(found) == {"name", "called", "email"}
    replay_gives_the_same(setting)


def replay_gives_the_same(setting: Setting) -> None:
    replays = [own_log("scheduling", LogAtHand(setting.log.reader), VIEWS, sealer())]
    rebuild(ReadModels(owner=setting.log.owner, replays=replays, create=create_views, made_by="these views"))
    assert content(setting.log.owner, "views_a") == content(setting.log.owner, "views_b")


def test_a_scan_would_find_what_is_not_sealed(place: Ready, everywhere: Settings) -> None:
    """So that the test above can fail."""
    word = f"Canary-{new_id().hex}"
    place.chain.clinic(name=word)
    places = {f"{store}  {column}" for store, column, _ in scan(everywhere, forms_of(word))}
    assert {"scheduling  public.events.data", "scheduling  views_a.clinics.name"} <= places


@pytest.fixture
def place(chain: Any) -> Ready:
    ready: Ready = chain.ready()
    return ready
