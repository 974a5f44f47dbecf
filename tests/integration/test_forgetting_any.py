"""Whatever was recorded of several people, in whatever order: whom the chain forgets is gone, and nobody else changes.

That is invariant 9 of the clinical domain: no plain text in any store, the logs verify, counts stay, others are as
they were, also where an event is about two people.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from sqlalchemy import Engine, text

from services.treatment.consume import NAME as TREATMENT, handle as in_treatment
from shared.database import Database, make_engine
from shared.event_store import happened, recorded
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.projection import Handle, Projection
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings, Settings
from shared.verify import verify
from tests.contracts.examples import EXAMPLES
from tests.support.api import Chain, Ready, at, set_clock
from tests.support.care import opened, scored, started
from tests.support.log import WHO
from tests.support.read_models import active, content
from tests.support.treatment import Treatment
from workers.consume import CONSUMER as WORKERS, handle as in_workers

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("reached"), pytest.mark.timeout(300)]

LONG_AFTER = datetime(2099, 1, 1, tzinfo=UTC)
NUMBERS, DAYS = count(), count()
PEOPLE = 3
who = st.integers(0, PEOPLE - 1)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["visit", "point", "rename", "relate", "merge", "chart", "tell", "break_glass"]), who, who
    ),
    min_size=2,
    max_size=8,
)
COUNTS = {
    "scheduling": ("appointments", "clients", "client_aliases"),
    "treatment": ("visits", "sessions", "episodes", "record_streams", "glass_breaks", "clients"),
}


LATER = text("SELECT * FROM events WHERE chain_id = :id AND position > :after ORDER BY position")
LAST = text("SELECT coalesce(max(position), 0) FROM events WHERE chain_id = :id")


@dataclass(frozen=True)
class House:
    """Both services and the workers, each with what it keeps."""

    chain: Chain
    treatment: Treatment
    ready: Ready
    logs: dict[str, Engine]
    owners: dict[str, Engine]
    workers: Engine

    @property
    def databases(self) -> dict[str, Database]:
        return {"scheduling": self.chain.app.extensions[EXTENSION].database, "treatment": self.treatment.database}

    def carry(self) -> None:
        """Let everybody who follows a log read all of it."""
        follow(self.treatment.database.engine, TREATMENT, in_treatment, {"scheduling": self.logs["scheduling"]})
        follow(self.workers, WORKERS, in_workers, self.logs)

    def places(self, words: Iterable[str]) -> set[tuple[str, str]]:
        """Each of these words with each table of all services in which it stands."""
        wanted = {each: (each, each.encode().hex(), each[::-1]) for each in words}
        return {
            (word, f"{name} {table}")
            for name, owner in self.owners.items()
            for schema in ("public", "keys", active(owner))
            for table, rows in content(owner, schema).items()
            for word, forms in wanted.items()
            if any(form in row for row in rows for form in forms)
        }

    def told(self, words: Iterable[str], after: dict[str, int]) -> Counter[str]:
        """How often each of the words is in what the logs tell, after these positions, to whoever has all keys."""
        said = "".join(self.opened(after))
        return Counter({each: said.count(each) for each in words})

    def opened(self, after: dict[str, int]) -> Iterable[str]:
        for name, database in self.databases.items():
            with database.reading(self.chain.id) as connection:
                rows = connection.execute(LATER, {"id": self.chain.id, "after": after[name]})
                for entry in happened(connection, [recorded(row) for row in rows], database.sealer):
                    yield msgspec.json.encode(entry.event).decode()

    def positions(self) -> dict[str, int]:
        found = {}
        for name, database in self.databases.items():
            with database.reading(self.chain.id) as connection:
                found[name] = connection.execute(LAST, {"id": self.chain.id}).scalar_one()
        return found

    def counts(self) -> dict[str, int]:
        found = {}
        for name, tables in COUNTS.items():
            with self.databases[name].reading(self.chain.id) as connection:
                for table in tables:
                    rows = connection.execute(text(f"SELECT count(*) FROM {table}"))
                    found[f"{name} {table}"] = rows.scalar_one()
        return found


@dataclass
class Story:
    """People of a chain; of each everything that is written about them holds a word of their own."""

    house: House
    people: list[UUID]
    words: list[str]
    began: dict[str, int]

    def take(self, step: tuple[str, int, int]) -> None:
        name, one, other = step
        act: Callable[[int, int], None] = getattr(self, name)
        act(one, other)

    def path(self, one: int) -> str:
        return f"/v1/clients/{self.people[one]}"

    def visit(self, one: int, _: int) -> None:
        """Booked with a reason, and cancelled with another."""
        wish: dict[str, Any] = {"client_id": str(self.people[one]), "notify": False}
        visit = self.house.ready.book(at(2 + next(DAYS)), override_reason=self.words[one], **wish)
        self.house.chain.desk.change(visit, "cancel", initiator="client", reason=f"of {self.words[one]}")

    def point(self, one: int, _: int) -> None:
        """With a key, so that the answer is kept as well."""
        number = next(NUMBERS)
        point = {"kind": "email", "address": f"{self.words[one]}-{number}@demo.example"}
        self.house.chain.desk.post(f"{self.path(one)}/contact-points", point, Idempotency_Key=f"key-{number}")

    def rename(self, one: int, _: int) -> None:
        """Refused for somebody who was merged into another."""
        desk, path = self.house.chain.desk, self.path(one)
        known = desk.call("GET", path, 200).headers["ETag"]
        desk.call("PATCH", path, None, {"called": f"{self.words[one]} {next(NUMBERS)}"}, If_Match=known)

    def relate(self, one: int, other: int) -> None:
        """One acts for the other for a while: an event about two people, with words about both."""
        evidence = f"{self.words[one]} said so"
        wish = {"related_client_id": str(self.people[other]), "kind": "carer", "may": ["book"], "source": "client"}
        made = self.house.chain.desk.call("POST", f"{self.path(one)}/relations", None, wish | {"evidence": evidence})
        if made.json and made.status_code == 201:
            path = f"{self.path(one)}/relations/{made.json['id']}/end"
            self.house.chain.desk.call("POST", path, 200, {}, If_Match="*")

    def merge(self, one: int, other: int) -> None:
        """Refused where they are one person already."""
        self.house.chain.desk.call("POST", f"{self.path(other)}/merge", None, {"into": str(self.people[one])})

    def chart(self, one: int, _: int) -> None:
        now = datetime.now(UTC)
        episode = opened(
            self.people[one], new_id(), UUID(self.house.ready.clinic["id"]), now, complaint=self.words[one]
        )
        session = started(episode, now)
        self.record(f"episode-{episode.episode_id}", episode)
        self.record(f"session-{session.session_id}", session, scored(session, 1, 6, note=f"hurts {self.words[one]}"))

    def tell(self, one: int, _: int) -> None:
        injury = EXAMPLES["treatment.injury_recorded.v1"]
        mine = replace(injury, injury_id=new_id(), client_id=self.people[one], story=self.words[one])
        self.record(f"history-{self.people[one]}", mine)

    def break_glass(self, one: int, _: int) -> None:
        self.house.carry()
        wish = {"client_id": str(self.people[one]), "reason": f"Fainted, says {self.words[one]}."}
        self.house.treatment.caller("manager").post("/v1/break-glass", wish)

    def record(self, stream: str, *events: Any) -> None:
        database, chain_id = self.house.treatment.database, self.house.chain.id
        database.command(chain_id, WHO, lambda tx: tx.append(stream, len(tx.load(stream)), events))

    def ids_of(self, one: int) -> set[int]:
        """Who is the same person."""
        with self.house.databases["scheduling"].reading(self.house.chain.id) as connection:
            asked = text(
                "SELECT person_of(id) FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS p(id, n) ORDER BY n"
            )
            persons = connection.execute(asked, {"ids": self.people}).scalars().all()
        return {number for number, person in enumerate(persons) if person == persons[one]}

    def forgotten(self, whom: int) -> set[int]:
        """Forget a person; gives who that was. Nobody else changes, no count does, and nothing can be written anew."""
        house, gone = self.house, self.ids_of(whom)
        others = sorted(set(range(PEOPLE)) - gone)
        lost, kept = [self.words[each] for each in sorted(gone)], [self.words[each] for each in others]
        house.carry()
        before = self.seen(others), house.told(kept, self.began), house.counts()
        assert all(house.told(lost, self.began).values())
        self.forget(whom)
        assert (self.seen(others), house.told(kept, self.began), house.counts()) == before
        for each in gone:
            self.chart(each, each)
        assert not house.told(lost, self.began).total()
        return gone

    def forget(self, one: int) -> None:
        """By the chain's decision; what has to be kept goes when nobody needs it any more."""
        chain = self.house.chain
        request = chain.desk.post(f"{self.path(one)}/erasure-requests")
        assert request["holds"] == []
        chain.admin.post(f"/v1/erasure-requests/{request['id']}/confirm", {}, 200, If_Match="*")
        set_clock(chain, LONG_AFTER)
        chain.service.post("/internal/v1/erasures/due", {}, 200)
        set_clock(chain, datetime.now(UTC))
        self.house.carry()
        assert sorted(chain.desk.get(f"/v1/erasure-requests/{request['id']}")["gone"]) == [
            "clinical",
            "contact",
            "identity",
        ]

    def seen(self, people: Iterable[int]) -> list[Any]:
        """What a desk sees of these people."""
        return [self.house.chain.desk.get(self.path(each)) for each in people]


def follow(engine: Engine, name: str, handle: Handle, logs: dict[str, Engine]) -> None:
    projection = Projection(engine, name, handle, wait=lambda _: None, parks=False)
    for source, reader in logs.items():
        for partition, checkpoint in projection.load(source).items():
            if rows := LogAtHand(reader).read(partition, checkpoint.position, 10_000):
                projection.apply(source, checkpoint, rows)


@pytest.fixture
def house(
    chain: Chain,
    treatment_app: Flask,
    pages_settings: Settings,
    treatment_settings: Settings,
    workers_db: DatabaseSettings,
) -> Iterator[House]:
    kept = {"scheduling": pages_settings.scheduling, "treatment": treatment_settings.treatment, "workers": workers_db}
    owners = {name: make_engine(each.migrate, size=1) for name, each in kept.items()}
    logs = {name: make_engine(kept[name].reader, size=1) for name in ("scheduling", "treatment")}
    workers = make_engine(workers_db.api, size=1)
    yield House(chain, Treatment(treatment_app, chain.keys, chain.id), chain.ready(), logs, owners, workers)
    for engine in (*owners.values(), *logs.values(), workers):
        engine.dispose()


def a_story(house: House) -> Story:
    words, began = [f"canary{next(NUMBERS):04}{letter}" for letter in "xyz"], house.positions()
    people = [house.chain.person(name=f"Demo {word}", email=f"{word}@demo.example") for word in words]
    return Story(house, [UUID(each["id"]) for each in people], words, began)


def test_whom_a_chain_forgets_is_gone_from_every_store_and_nobody_else_changes(house: House) -> None:
    lost: dict[str, str] = {}
    kept: set[str] = set()

    # To shrink an example would take longer than a test may.
    @settings(max_examples=24, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(STEPS, who)
    def forgets(steps: list[tuple[str, int, int]], whom: int) -> None:
        story = a_story(house)
        for step in steps:
            story.take(step)
        gone = story.forgotten(whom)
        lost.update({story.words[each]: str(steps) for each in gone})
        kept.update(set(story.words) - lost.keys())

    forgets()
    found = house.places([*lost, *kept])
    assert {(word, place, lost[word]) for word, place in found if word in lost} == set()
    assert kept == {word for word, _ in found}, "what is there of others can be found in this way"
    for log in house.logs.values():
        assert verify(log).faults == ()
