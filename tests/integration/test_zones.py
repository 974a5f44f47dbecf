"""`synergist zones check` where a government has changed the clocks: the promise on the wall counts, not the instant."""

import os
import shutil
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.settings import Settings
from tests.support import checker
from tests.support.api import BERLIN, WEEK, Chain, Keys, Ready, at, rota_entry
from tests.support.keys import sealer
from tests.support.processes import Launcher

ACCEPTED = {"accept_conflicts": True}


@dataclass
class Change:
    """A chain in Berlin, and a world in which Berlin has taken over London's clocks."""

    launch: Launcher
    ready: Ready
    database: Database
    settings: Settings

    def check(self, *options: str) -> tuple[int, list[str]]:
        ended = self.launch.run("zones", "check", *options)
        assert ended.stderr == ""
        return ended.returncode, ended.stdout.splitlines()

    def seen(self, visit: Any) -> Any:
        return self.ready.chain.desk.get(f"/v1/appointments/{visit['id']}")

    def hour(self, visit: Any) -> int:
        """The hour in UTC, counted from that of the booking."""
        now, booked = datetime.fromisoformat(self.seen(visit)["starts_at"]), datetime.fromisoformat(visit["starts_at"])
        return int((now - booked).total_seconds() // 3600)

    def must_be_sound(self) -> None:
        reader = make_engine(self.settings.scheduling.reader)
        assert checker.faults(reader, self.database, self.ready.chain.id) == []
        reader.dispose()


@pytest.fixture
def change(launch: Launcher, tmp_path: Path) -> Iterator[Change]:
    settings = Settings.read(launch.environ)
    app = create_app(settings)
    database = Database(make_engine(settings.scheduling.api), sealer=sealer(), views=VIEWS)
    keys = Keys(settings.auth.issuer_key, settings.auth.service_key)
    chain = Chain(app, keys, create_chain(database, "demo", "Demo chain"))
    (tmp_path / "rules" / "Europe").mkdir(parents=True)
    known = next(Path(folder) for folder in zoneinfo.TZPATH if (Path(folder) / "Europe/London").exists())
    shutil.copy(known / "Europe/London", tmp_path / "rules" / "Europe" / "Berlin")
    ready = chain.ready()
    chain.room(ready.clinic)
    launch.environ = {**launch.environ, "PYTHONTZPATH": os.pathsep.join([str(tmp_path / "rules"), str(known)])}
    yield Change(launch, ready, database, settings)
    app.extensions["synergist"].close()
    database.engine.dispose()


def test_visits_that_stand_one_after_another_all_move_and_only_once(change: Change) -> None:
    visits = [change.ready.with_person().book(at(3, hour)) for hour in (9, 10, 11)]
    code, lines = change.check()
    assert (code, len(lines), lines[-1]) == (1, 4, "3 visits do not keep what was promised.")
    assert [change.hour(visit) for visit in visits] == [0, 0, 0]
    assert change.check("--move")[0] == 0
    assert [change.hour(visit) for visit in visits] == [1, 1, 1]
    assert [change.seen(visit)["starts_local"] for visit in visits] == [visit["starts_local"] for visit in visits]
    assert change.check("--move") == (0, ["Every visit keeps what was promised."])
    assert [change.seen(visit)["version"] for visit in visits] == [2, 2, 2]
    change.must_be_sound()


def test_what_clashes_and_what_is_disrupted_stays_and_is_named(change: Change) -> None:
    ready, chain = change.ready, change.ready.chain
    london = chain.clinic(name="London", time_zone="Europe/London")
    chain.room(london)
    abroad = chain.therapist(london)
    clash = ready.book(at(3, 10))
    standing = ready.book(at(3, 11), clinic_id=london["id"], therapist_id=abroad["id"])
    disrupted = ready.with_person().book(at(4, 10))
    span = {"starts_at": at(4, 9).isoformat(), "ends_at": at(4, 11).isoformat()}
    chain.desk.post(f"/v1/clinics/{ready.clinic['id']}/closures", span | ACCEPTED)
    code, lines = change.check("--move")
    assert code == 1
    assert [line.rpartition(": ")[2] for line in lines[:-1]] == [
        "NOT moved, it is disrupted and has to be settled first",
        "NOT moved, its therapist, room or client is taken then",
    ]
    assert [change.hour(visit) for visit in (clash, standing, disrupted)] == [0, 0, 0]
    change.must_be_sound()


@pytest.mark.parametrize(
    ("buffer", "north", "minute"), [(30, 0.0, 0), (0, 0.18, 30)], ids=["buffer", "way of 40 minutes"]
)
def test_no_visit_is_moved_so_close_to_another_that_it_does_not_fit(
    change: Change, buffer: int, north: float, minute: int
) -> None:
    ready, chain = change.ready, change.ready.chain
    latitude = BERLIN["latitude"] + north
    london = chain.clinic(name="London", time_zone="Europe/London", latitude=latitude)
    chain.room(london)
    hours = ((ready.clinic, "08:00", "10:30"), (london, "10:00", "19:00"))
    rota = [rota_entry(clinic, day, *times) for clinic, *times in hours for day in WEEK]
    chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota", rota)
    offering = chain.offering(name="Other", buffer_after_minutes=buffer)
    visit = ready.book(at(3, 9), offering_id=offering["id"])
    standing = ready.with_person().book(at(3, 11, minute), clinic_id=london["id"], offering_id=offering["id"])
    code, lines = change.check("--move")
    assert code == 1
    assert lines[0].endswith("NOT moved, buffers or the way to another clinic leave no room for it then")
    assert [change.hour(each) for each in (visit, standing)] == [0, 0]
    change.must_be_sound()


def test_a_visit_that_is_moved_into_a_closure_is_disrupted(change: Change) -> None:
    visit = change.ready.book(at(3, 10))
    span = {"starts_at": at(3, 11).isoformat(), "ends_at": at(3, 12).isoformat()}
    change.ready.chain.desk.post(f"/v1/clinics/{change.ready.clinic['id']}/closures", span)
    assert change.check("--move")[0] == 0
    assert [cause["kind"] for cause in change.seen(visit)["disrupted_by"]] == ["closure"]


def test_every_promise_fits_where_no_rule_has_changed(change: Change) -> None:
    change.ready.book(at(3, 10))
    change.launch.environ = {name: value for name, value in change.launch.environ.items() if name != "PYTHONTZPATH"}
    assert change.check() == (0, ["Every visit keeps what was promised."])
