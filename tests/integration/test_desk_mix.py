"""Whatever happens at a desk, in whatever order: nobody is booked twice, no visit is lost, nobody is told who may not be.

The desk's calls go through the API, what it records goes to the workers' plan, and every message planned is asked about
as its sender would ask. What must hold is read from the log by hand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.event_store import happened, walk
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.partitions import partition_of
from shared.projection import Projection
from shared.settings import DatabaseSettings, Settings
from tests.support import checker
from tests.support.api import Chain, Keys, at
from tests.support.keys import sealer
from tests.support.providers import served
from workers.consume import CONSUMER, handle
from workers.messages import leases
from workers.messages.model import Answer, Due, Recipient
from workers.messages.recipients import Recipients

HOUR = timedelta(hours=1)
NEXT_YEAR = timedelta(days=366)
SOME_YEARS_AGO = timedelta(days=9 * 365)
SLUGS = count()


@dataclass
class Desk:
    """A chain of one clinic, its people, and the ids of what the day has brought so far."""

    chain: Chain
    chance: Random
    clinic: Any
    therapists: Sequence[Any]
    offering: Any
    clients: Sequence[Any]
    visits: list[str] = field(default_factory=list)
    absences: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a call that may be refused; None then. Never a fault of the server."""
        response = self.chain.admin.call(method, path, None, body, If_Match="*")
        assert response.status_code < 500, response.text
        return response.json if response.status_code in {200, 201} else None

    def some(self, things: Sequence[Any]) -> Any:
        return self.chance.choice(things)

    def an_hour(self) -> datetime:
        return at(self.chance.choice((2, 3)), self.chance.choice((9, 10, 11, 12)))

    def versioned(self, what: str, body: Any) -> Any:
        """Change a visit as it is now."""
        if not self.visits:
            return None
        visit = self.chain.admin.get(f"/v1/appointments/{self.some(self.visits)}")
        path = f"/v1/appointments/{visit['id']}/{what}"
        response = self.chain.admin.call("POST", path, None, body, If_Match=f'"{visit["version"]}"')
        assert response.status_code < 500, response.text
        return response.json

    def book(self) -> None:
        wish = {
            "client_id": self.some(self.clients)["id"],
            "offering_id": self.offering["id"],
            "clinic_id": self.clinic["id"],
            "therapist_id": self.some([None, *(each["id"] for each in self.therapists)]),
            "starts_at": self.an_hour().isoformat(),
        }
        if made := self.call("POST", "/v1/appointments", wish):
            self.visits.append(made["id"])

    def move(self) -> None:
        therapist = self.some(self.therapists)["id"]
        wish = {"starts_at": self.an_hour().isoformat(), "initiator": "clinic", "therapist_id": therapist}
        self.versioned("reschedule", wish)

    def cancel(self) -> None:
        self.versioned("cancel", {"initiator": self.some(["client", "clinic"])})

    def correct(self) -> None:
        self.versioned("correct", {"to": self.some(["booked", "cancelled"]), "reason": "Wrong tap"})

    def keep(self) -> None:
        self.versioned("keep", {"reason": "Agreed with the client"})

    def be_away(self) -> None:
        paths = [f"/v1/clinics/{self.clinic['id']}/closures"]
        paths += [f"/v1/therapists/{each['id']}/time-off" for each in self.therapists]
        path, start = self.some(paths), self.an_hour()
        span = {"starts_at": start.isoformat(), "ends_at": (start + 2 * HOUR).isoformat()}
        if made := self.call("POST", path, span | {"reason": "Snow", "accept_conflicts": self.chance.random() < 0.8}):
            self.absences.append(f"{path}/{made['id']}")

    def be_back(self) -> None:
        if self.absences:
            self.call("DELETE", self.absences.pop(self.chance.randrange(len(self.absences))))

    def reassign(self) -> None:
        found = self.chain.admin.get("/v1/appointments?disrupted=true")["items"]
        if found:
            keep = self.some(["time", "nothing"])
            wish = {"appointments": [visit["id"] for visit in found], "to": "any", "keep": keep}
            assert self.call("POST", "/v1/reassignments", wish) is not None

    def merge(self) -> None:
        one, other = self.chance.sample(self.clients, 2)
        self.call("POST", f"/v1/clients/{one['id']}/merge", {"into": other["id"]})

    def unmerge(self) -> None:
        self.call("POST", f"/v1/clients/{self.some(self.clients)['id']}/unmerge", {})

    def change_contact(self) -> None:
        client = self.some(self.clients)["id"]
        points = (self.call("GET", f"/v1/clients/{client}/contact-points") or {"items": []})["items"]
        if points and self.chance.random() < 0.6:
            point, what = self.some(points)["id"], self.some(["block", "unblock"])
            body = {"cause": self.some(["stop", "bounce", "wrong_person"])} if what == "block" else {"evidence": "Said"}
            self.call("POST", f"/v1/clients/{client}/contact-points/{point}/{what}", body)
        else:
            body = {"purpose": "appointment", "channel": self.some(["email", "sms", None])}
            self.call("POST", f"/v1/clients/{client}/permissions/{self.some(['give', 'withdraw'])}", body)


ACTIONS: Sequence[Callable[[Desk], None]] = (
    *[Desk.book] * 4,
    *[Desk.move] * 2,
    Desk.cancel,
    Desk.correct,
    Desk.keep,
    *[Desk.be_away] * 2,
    Desk.be_back,
    Desk.reassign,
    Desk.merge,
    Desk.unmerge,
    Desk.change_contact,
)


def desk_of(chain: Chain, chance: Random) -> Desk:
    clinic = chain.clinic()
    for name in ("Room 1", "Room 2"):
        chain.room(clinic, name=name)
    couple = {"email": "couple@demo.example"}
    clients = [
        chain.person(**couple, phone="+4915200000001"),
        chain.person(**couple),
        chain.person(email="third@demo.example"),
        chain.person(email=None, birth_date=(datetime.now(UTC) - SOME_YEARS_AGO).date().isoformat()),
    ]
    guardian = {"related_client_id": clients[0]["id"], "kind": "guardian", "may": ["book", "receive_messages"]}
    chain.desk.post(f"/v1/clients/{clients[3]['id']}/relations", guardian | {"source": "related"})
    therapists = [chain.therapist(clinic) for _ in range(3)]
    return Desk(chain, chance, clinic, therapists, chain.offering(grid_minutes=60, min_notice_minutes=0), clients)


@dataclass
class Post:
    """What the workers make of the log: every message that is planned, with the answer to whom it goes."""

    reader: Any
    projection: Projection
    recipients: Recipients
    engine: Any

    def planned(self, chain_id: UUID) -> Iterator[tuple[Due, Answer | None]]:
        with self.reader.connect() as log:
            entries = [entry for entry in walk(log, partition_of(chain_id)) if entry.chain_id == chain_id]
        for entry in entries:
            with self.projection.transaction() as (connection, _):
                self.projection.handle(connection, [entry])
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            rows = leases.claim(connection, new_id(), datetime.now(UTC) + timedelta(hours=1), frozenset())
        answers = self.recipients.ask(rows) if rows else {}
        yield from ((row, answers.get(row.key)) for row in rows if row.chain_id == chain_id)


@pytest.fixture
def post(
    scheduling_settings: Settings, workers_db: DatabaseSettings, scheduling_app: Flask, keys: Keys
) -> Iterator[Post]:
    engine, reader = make_engine(workers_db.api), make_engine(scheduling_settings.scheduling.reader)
    projection = Projection(engine, CONSUMER, handle, wait=lambda _: None)
    with served(scheduling_app) as url:
        recipients = Recipients(url, lambda: mint_service_token(keys.service, subject="workers", to="scheduling"))
        yield Post(reader, projection, recipients, engine)
        recipients.close()
    reader.dispose()
    engine.dispose()


@pytest.mark.slow
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(actions=st.lists(st.sampled_from(ACTIONS), min_size=15, max_size=40), seed=st.integers(0, 2**16))
def test_no_mix_of_what_happens_at_a_desk_books_twice_loses_a_visit_or_tells_a_wrong_person(
    new_chain: Any, post: Post, scheduling_settings: Settings, actions: list[Callable[[Desk], None]], seed: int
) -> None:
    desk = desk_of(new_chain(f"mix-{next(SLUGS)}"), Random(seed))
    for action in actions:
        action(desk)
    database = Database(make_engine(scheduling_settings.scheduling.api), sealer=sealer(), views=VIEWS)
    assert checker.faults(post.reader, database, desk.chain.id) == []
    shown = {visit: desk.chain.admin.get(f"/v1/appointments/{visit}") for visit in desk.visits}
    disrupted = {visit["id"] for visit in desk.chain.admin.get("/v1/appointments?disrupted=true")["items"]}
    assert disrupted <= {visit for visit, now in shown.items() if now["status"] == "booked"}
    people = people_of(post, desk, database)
    database.engine.dispose()
    for row, answer in post.planned(desk.chain.id):
        visit = shown[str(row.about)]
        if row.kind == "reminder":
            assert visit["status"] == "booked"
            assert visit["id"] not in disrupted
        if isinstance(answer, Recipient):
            assert people.may_hear(visit["client_id"], answer), (visit, answer, people)


@dataclass
class People:
    """Who is who, where they are reached and what they permit, folded from the log by hand."""

    child: str
    guardian: str
    into: dict[str, str] = field(default_factory=dict)
    points: dict[str, dict[str, Any]] = field(default_factory=dict)
    permits: dict[tuple[str, str], bool] = field(default_factory=lambda: defaultdict(bool))

    def end_of(self, client_id: str) -> str:
        return self.end_of(self.into[client_id]) if client_id in self.into else client_id

    def may_hear(self, client_id: str, answer: Recipient) -> bool:
        """Whether the address is an open one of whoever may be told of the client's visits, and permitted there.

        Whoever is one person with the child has the guardian, as nobody's birth date says otherwise.
        """
        told = self.end_of(client_id)
        if told == self.end_of(self.child):
            told = self.end_of(self.guardian)
        return told != self.end_of(self.child) and any(
            self.end_of(point["client"]) == told and self.permits[point["client"], answer.channel]
            for point in self.points.values()
            if point["open"] and point["address"] == answer.address
        )


def people_of(post: Post, desk: Desk, database: Database) -> People:
    people = People(child=desk.clients[3]["id"], guardian=desk.clients[0]["id"])
    with post.reader.connect() as log:
        entries = [entry for entry in walk(log, partition_of(desk.chain.id)) if entry.chain_id == desk.chain.id]
    with database.reading(desk.chain.id) as connection:
        events = [each.event for each in happened(connection, entries, database.sealer)]
    for entry, event in zip(entries, events, strict=True):
        what, data = entry.name.split(".")[1], entry.data
        if what == "contact_point_added":
            point = {"client": data["client_id"], "address": event.address, "open": True}
            people.points[data["contact_point_id"]] = point
        elif what in {"contact_point_blocked", "contact_point_unblocked"}:
            people.points[data["contact_point_id"]]["open"] = what == "contact_point_unblocked"
        elif what in {"permission_given", "permission_withdrawn"} and data["purpose"] == "appointment":
            people.permits[data["client_id"], data["channel"]] = what == "permission_given"
        elif what == "clients_merged":
            people.into[data["client_id"]] = data["into_id"]
        elif what == "clients_unmerged":
            del people.into[data["client_id"]]
    return people
