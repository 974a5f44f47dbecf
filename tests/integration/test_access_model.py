"""Whatever happens to visits, covers, glasses and the clock: a record is open if and only if a basis holds, and who
opened it by a visit that they gave themselves waits for a review.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings, strategies as st

from shared.ids import new_id
from tests.integration.test_access_bases import REASON, visits_of
from tests.support.log import arrived, cancelled, moved
from tests.support.treatment import Therapist, Treatment

LONG = timedelta(hours=72)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([10, 29, 30, 300, 1500, 4500])),
        st.tuples(
            st.just("move"),
            st.tuples(st.sampled_from([0, 1]), st.sampled_from([-60, -5, 0, 20, 30, 60]), st.booleans()),
        ),
        st.tuples(st.just("cancel"), st.none()),
        st.tuples(st.just("arrive"), st.none()),
        st.tuples(st.just("cover"), st.sampled_from([0, 1])),
        st.tuples(st.just("end"), st.none()),
        st.tuples(st.just("break"), st.none()),
    ),
    min_size=3,
    max_size=10,
)


@dataclass
class Model:
    """What is true, in the plainest words."""

    now: datetime
    owner: int
    clinic: int
    starts_at: datetime
    given_by_anna: bool
    stands: bool = True
    covers: list[tuple[int, date, datetime]] = field(default_factory=list)
    broken: datetime | None = None
    waits: bool = False

    @property
    def treats(self) -> bool:
        begins, ends = self.starts_at - timedelta(hours=24), self.starts_at + timedelta(minutes=50) + LONG
        return self.stands and self.owner == 0 and begins <= self.now < ends

    @property
    def is_open(self) -> bool:
        covers = any(
            clinic == self.clinic and day == self.starts_at.date() and self.now < until
            for clinic, day, until in self.covers
        )
        broken = self.broken is not None and self.now < self.broken + timedelta(minutes=30)
        return self.treats or (self.stands and covers and not self.given_by_anna) or broken

    def look(self) -> None:
        """Anna looks at the record."""
        self.waits |= self.treats and self.given_by_anna


@dataclass
class Scene:
    """The same in the running service."""

    treatment: Treatment
    people: tuple[Therapist, Therapist]
    clinics: tuple[UUID, UUID]
    visit: Any
    covers: list[str] = field(default_factory=list)


def take(step: str, value: Any, scene: Scene, model: Model) -> None:
    """One step in both worlds."""
    anna = scene.people[0].api
    match step:
        case "wait":
            model.now += timedelta(minutes=value)
            scene.treatment.set_clock(model.now)
        case "move" if model.stands:
            before = model.owner
            model.owner, hours, by_anna = value
            model.given_by_anna = model.given_by_anna if model.owner == before else by_anna
            model.starts_at = model.now + timedelta(hours=hours)
            owner = scene.people[model.owner].therapist_id
            scene.treatment.tell(
                moved(scene.visit, model.starts_at, therapist_id=owner, clinic_id=scene.clinics[model.clinic]),
                actor=str(scene.people[0].staff_id) if by_anna else "desk",
            )
        case "cancel" if model.stands:
            model.stands = False
            scene.treatment.tell(cancelled(scene.visit))
        case "arrive" if model.stands:
            scene.treatment.tell(arrived(scene.visit))
        case "cover":
            cover = anna.post("/v1/covers", {"clinic_id": str(scene.clinics[value])})
            scene.covers.append(cover["id"])
            model.covers.append((value, model.now.date(), datetime.fromisoformat(cover["until"])))
        case "end" if model.covers and model.now < model.covers[-1][2]:
            anna.post(f"/v1/covers/{scene.covers[-1]}/end", {}, 200)
            model.covers[-1] = (*model.covers[-1][:2], model.now)
        case "break":
            anna.post("/v1/break-glass", {"client_id": str(scene.visit.client_id), "reason": REASON})
            model.broken = model.now
        case _:
            pass


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("move", (1, 0, False)), ("cover", 0), ("end", None)], hours=2, owner=1, by_anna=False)
@example(steps=[("break", None), ("wait", 30)], hours=40, owner=1, by_anna=False)
@example(steps=[("move", (1, 2, False)), ("move", (0, 2, True))], hours=2, owner=0, by_anna=False)
@example(steps=[("cover", 0)], hours=0, owner=1, by_anna=True)
@given(steps=STEPS, hours=st.sampled_from([-80, -20, 2, 20, 40]), owner=st.sampled_from([0, 1]), by_anna=st.booleans())
def test_a_record_is_open_if_and_only_if_a_basis_holds(
    new_treatment: Callable[[], Treatment], steps: list[tuple[str, Any]], hours: int, owner: int, by_anna: bool
) -> None:
    treatment = new_treatment()
    now = datetime.now(UTC) - timedelta(days=60)
    starts_at = now + timedelta(hours=hours)
    people = treatment.therapist(), treatment.therapist()
    clinics = treatment.clinic("UTC"), treatment.clinic("UTC")
    where = {"clinic_id": clinics[0], "therapist_id": people[owner].therapist_id}
    by = str(people[0].staff_id) if by_anna else "desk"
    visit = treatment.visit(by=by, appointment_id=new_id(), starts_at=starts_at, **where)
    scene, model = Scene(treatment, people, clinics, visit), Model(now, owner, 0, starts_at, by_anna)
    treatment.set_clock(now)
    manager = treatment.caller("manager")
    for step, value in [("wait", 0), *steps]:
        take(step, value, scene, model)
        people[0].api.get(visits_of(visit.client_id), 200 if model.is_open else 403)
        model.look()
        waiting = manager.get("/v1/break-glass?reviewed=false&basis=visit")["items"]
        assert len(waiting) == model.waits
