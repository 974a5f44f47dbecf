"""Whatever comes between visits and their day, in whatever order: each visit is in one state, and none is forgotten."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.settings import Settings
from tests.support import checker
from tests.support.api import Chain, Ready, at
from tests.support.keys import sealer

pytestmark = pytest.mark.timeout(300)

FIRST_DAY, FIRST_HOUR = 3, 9
SLUGS = count()

hours = st.integers(0, 5)
number = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("close"), hours, st.integers(1, 6)),
        st.tuples(st.just("send_away"), number, hours),
        st.tuples(st.just("take_out"), number, hours),
        st.tuples(st.just("lift"), number, hours),
        st.tuples(st.just("keep"), number, hours),
        st.tuples(st.just("move"), number, hours),
        st.tuples(st.just("cancel"), number, hours),
        st.tuples(st.just("correct"), number, hours),
        st.tuples(st.just("reassign"), number, hours),
    ),
    min_size=4,
    max_size=12,
)


@dataclass
class Day:
    """One day of a clinic through its API, beside the simplest picture of what must be true of it.

    `causes` are the spans in force by id, with the field of a visit that they are about and its value; `held` what must
    disrupt each visit, and `kept` in spite of which of them staff let it stand.
    """

    ready: Ready
    visits: list[Any]
    people: list[Any]
    rooms: list[Any]
    causes: dict[str, tuple[str, str, str, datetime, datetime]] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    kept: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, step: tuple[str, int, int]) -> None:
        name, first, second = step
        act: Callable[[int, int], None] = getattr(self, name)
        act(first, second)

    def close(self, hour: int, length: int) -> None:
        self.add(f"/v1/clinics/{self.ready.clinic['id']}/closures", "clinic_id", self.ready.clinic, hour, length)

    def send_away(self, which: int, hour: int) -> None:
        person = self.people[which % len(self.people)]
        self.add(f"/v1/therapists/{person['id']}/time-off", "therapist_id", person, hour, 2)

    def take_out(self, which: int, hour: int) -> None:
        room = self.rooms[which % len(self.rooms)]
        self.add(f"/v1/rooms/{room['id']}/outages", "room_id", room, hour, 2)

    def add(self, path: str, about: str, thing: Any, hour: int, length: int) -> None:
        begins = at(FIRST_DAY, FIRST_HOUR + hour)
        ends = begins + timedelta(hours=length)
        span = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat(), "accept_conflicts": True}
        made = self.ready.chain.admin.post(path, span)
        self.causes[made["id"]] = (path, about, thing["id"], begins, ends)
        for visit in map(self.seen, self.visits):
            if visit["status"] == "booked" and self.is_hit(visit, made["id"]):
                self.held[visit["id"]].add(made["id"])

    def is_hit(self, visit: Any, cause: str) -> bool:
        _, about, thing, begins, ends = self.causes[cause]
        starts_at, ends_at = (datetime.fromisoformat(visit[name]) for name in ("starts_at", "ends_at"))
        return bool(visit[about] == thing) and starts_at < ends and begins < ends_at

    def lift(self, which: int, _: int) -> None:
        if self.causes:
            cause = sorted(self.causes)[which % len(self.causes)]
            path = self.causes.pop(cause)[0]
            self.ready.chain.admin.call("DELETE", f"{path}/{cause}", 200)
            for held in self.held.values():
                held.discard(cause)

    def keep(self, which: int, _: int) -> None:
        visit = self.seen(self.visits[which])
        answer = self.change(visit, "keep", reason="it will do")
        assert ("code" not in answer) == bool(self.held[visit["id"]])
        self.kept[visit["id"]] |= self.held[visit["id"]]
        self.held[visit["id"]] = set()

    def move(self, which: int, hour: int) -> None:
        visit = self.seen(self.visits[which])
        answer = self.change(visit, "reschedule", starts_at=at(FIRST_DAY, FIRST_HOUR + hour).isoformat())
        if "code" not in answer and answer["version"] != visit["version"]:
            self.held[visit["id"]], self.kept[visit["id"]] = set(), set()

    def cancel(self, which: int, _: int) -> None:
        visit = self.seen(self.visits[which])
        if "code" not in self.change(visit, "cancel"):
            self.held[visit["id"]] = set()

    def correct(self, which: int, _: int) -> None:
        visit = self.seen(self.visits[which])
        answer = self.change(visit, "correct", to="booked", reason="tapped the wrong one")
        if "code" not in answer:
            hit = {cause for cause in self.causes if self.is_hit(answer, cause)}
            self.held[visit["id"]] = hit - self.kept[visit["id"]]

    def reassign(self, which: int, keeps: int) -> None:
        ids = [visit["id"] for visit in self.visits[which:]]
        body = {"appointments": ids, "to": "any", "keep": "time" if keeps % 2 else "nothing"}
        for item in self.ready.chain.desk.post("/v1/reassignments", body, 200)["items"]:
            if item["outcome"] == "reassigned":
                assert self.held[item["appointment_id"]]
                self.held[item["appointment_id"]], self.kept[item["appointment_id"]] = set(), set()

    def change(self, visit: Any, what: str, **body: Any) -> Any:
        path = f"/v1/appointments/{visit['id']}/{what}"
        return self.ready.chain.desk.call("POST", path, None, body, If_Match=f'"{visit["version"]}"').json

    def seen(self, visit: Any) -> Any:
        return self.ready.chain.desk.get(f"/v1/appointments/{visit['id']}")

    def must_be_as_pictured(self) -> None:
        listed = {each["id"] for each in self.ready.chain.desk.get("/v1/appointments?disrupted=true")["items"]}
        assert listed == {visit for visit, held in self.held.items() if held}
        for visit in map(self.seen, self.visits):
            assert {cause["id"] for cause in visit["disrupted_by"]} == self.held[visit["id"]]
            assert visit["status"] == "booked" or not visit["disrupted"]


def day_of(chain: Chain) -> Day:
    ready = chain.ready()
    people = [ready.therapist, chain.therapist(ready.clinic)]
    rooms = [ready.room, chain.room(ready.clinic)]
    visits = [
        ready.with_person().book(at(FIRST_DAY, FIRST_HOUR + hour), therapist_id=people[hour % 2]["id"])
        for hour in range(4)
    ]
    return Day(ready, visits, people, rooms, held={visit["id"]: set() for visit in visits})


# Each example founds a chain: to shrink one would take longer than a test may.
@settings(max_examples=6, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_visit_is_ever_forgotten(new_chain: Any, scheduling_settings: Settings, steps: Any) -> None:
    chain = new_chain(f"property-{next(SLUGS)}")
    day = day_of(chain)
    for step in steps:
        day.take(step)
        day.must_be_as_pictured()
    reader, engine = (
        make_engine(url) for url in (scheduling_settings.scheduling.reader, scheduling_settings.scheduling.api)
    )
    assert checker.faults(reader, Database(engine, sealer=sealer(), views=VIEWS), chain.id) == []
    reader.dispose()
    engine.dispose()
