"""What makes read models is found by following imports, so nobody has to keep a list of it."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.scheduling import rebuild as scheduling
from services.treatment import rebuild as treatment
from shared import events
from shared.fingerprint import fingerprint, sources
from workers import rebuild as workers

FILES = {
    "views": "from made_here.tables import put\nimport made_here.events.visits\nimport json\n",
    "tables": "from made_here import names\n",
    "names": "TABLE = 'visits'\n",
    "unused": "from made_here import names\n",
    "events/__init__": "",
    "events/visits": "from elsewhere import thing\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "made_here"
    (folder / "events").mkdir(parents=True)
    for name, content in {"__init__": "", **FILES}.items():
        (folder / f"{name}.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_here"]:
        del sys.modules[name]


def test_follows_imports_within_the_packages_however_far(package: Path) -> None:
    found = {name.removeprefix("made_here.") for name in sources(["made_here.views"], ["made_here"])}
    assert found == {"made_here", "views", "tables", "names", "events.visits"}


@pytest.mark.parametrize("name", ["views", "tables", "names", "events/visits", "views.sql"])
def test_a_change_anywhere_in_it_gives_another_fingerprint(package: Path, name: str) -> None:
    sql = package / "views.sql"
    sql.write_text("CREATE TABLE visits ();")

    def print_now() -> str:
        return fingerprint(["made_here.views"], ["made_here"], sql)

    before = print_now()
    assert print_now() == before
    changed = sql if name == "views.sql" else package / f"{name}.py"
    changed.write_text(changed.read_text() + "\n# another line\n")
    assert print_now() != before


def test_a_change_of_what_it_does_not_use_gives_the_same(package: Path) -> None:
    before = fingerprint(["made_here.views"], ["made_here"])
    (package / "unused.py").write_text("")
    assert fingerprint(["made_here.views"], ["made_here"]) == before


def test_every_family_of_events_is_among_what_makes_scheduling_s_read_models() -> None:
    found = {
        path.name for path in sources(["services.scheduling.views"], ["services.scheduling", "shared.events"]).values()
    }
    families = {path.name for path in Path(events.__file__).parent.glob("scheduling*.py")}
    assert families <= found


def test_every_family_of_events_is_among_what_makes_treatment_s_read_models() -> None:
    made_of = sources(["services.treatment.own_views"], ["services.treatment", "shared.events"])
    families = {path.name for path in Path(events.__file__).parent.glob("treatment*.py")}
    assert families <= {path.name for path in made_of.values()}


def test_the_parts_have_fingerprints_of_their_own() -> None:
    assert len({part.made_by() for part in (scheduling, treatment, workers)}) == 3
