"""Reports as files: whoever may not read one gets no file, and what a file takes to be made holds up nobody else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
import typst

from services.treatment.caseload_reports import routes
from shared.database import Database, make_engine
from shared.events.scheduling import ClinicOpened
from shared.http.operations import EXTENSION, Parts
from shared.ids import new_id
from shared.reports import typesetting
from shared.reports.spreadsheet import spreadsheet
from shared.reports.typesetting import AT_ONCE, NotSet, typeset
from shared.settings import Settings
from tests.support.messages import at
from tests.support.published import REPORTS, publish
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

AS_OF = at("2026-11-05 00:00")
NOTHING = b"#set page(width: 10pt, height: 10pt)"


class Clinic:
    """A clinic with a therapist and a published report of each; its manager, and one of another clinic."""

    def __init__(self, treatment: Treatment) -> None:
        self.treatment = treatment
        self.id, other = treatment.clinic(), treatment.clinic()
        for clinic_id in (self.id, other):
            opened = ClinicOpened(clinic_id=clinic_id, name="Demo Clinic", phone="+15005550001")
            treatment.tell(opened, stream=f"clinic-{clinic_id}")
        self.manager = treatment.caller("manager", clinics=(self.id,), subject=f"manager-{new_id()}")
        self.stranger = treatment.caller("manager", clinics=(other,), subject=f"manager-{new_id()}")
        admin = treatment.caller("chain_admin")
        self.report = publish(treatment.chain, admin, "clinic", self.id, "2026-10", AS_OF)

    def path(self, form: str = "pdf") -> str:
        return f"{REPORTS}/{self.report.id}/{form}"


@pytest.fixture
def clinic(new_treatment: Callable[[], Treatment]) -> Clinic:
    return Clinic(new_treatment())


def test_no_connection_is_held_while_a_file_is_made(
    clinic: Clinic, treatment_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one connection, whoever asks for another while one is held waits in vain."""
    app = clinic.treatment.app
    parts: Parts = app.extensions[EXTENSION]
    engine, compile_ = make_engine(treatment_settings.treatment.api, size=1), typst.compile
    one = Database(engine, sealer=parts.database.sealer, views=parts.database.views)
    app.extensions[EXTENSION] = replace(parts, database=one)
    made = []

    def must_be_free(name: str) -> None:
        with one.reading(clinic.treatment.chain_id):
            made.append(name)

    def watched(**source: Any) -> Any:
        must_be_free("pdf")
        return compile_(**source)

    def watched_as_well(report: Any) -> bytes:
        must_be_free("csv")
        return spreadsheet(report)

    monkeypatch.setattr(typst, "compile", watched)
    monkeypatch.setattr(routes, "spreadsheet", watched_as_well)
    for form in ("pdf", "csv"):
        assert clinic.manager.call("GET", clinic.path(form), 200).data
    assert made == ["pdf", "csv"]
    engine.dispose()


def test_what_cannot_be_set_is_said_and_may_be_asked_for_again(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(**_: Any) -> bytes:
        raise typst.TypstError("it is broken", "")

    with monkeypatch.context() as broken:
        broken.setattr(typst, "compile", breaks)
        answer = clinic.manager.call("GET", clinic.path(), 503)
        assert answer.json is not None
        assert (answer.json["code"], answer.headers["Retry-After"]) == ("file_not_made", "10")
    assert clinic.manager.call("GET", clinic.path(), 200).data.startswith(b"%PDF")


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Typst does not come back until it is let go on."""
    go_on, places = Event(), typesetting.PLACES

    def waits(**_: Any) -> bytes:
        go_on.wait(60)
        return b"done"

    monkeypatch.setattr(typst, "compile", waits)
    yield go_on
    go_on.set()
    for _ in range(AT_ONCE):
        places.acquire(timeout=60)
    for _ in range(AT_ONCE):
        places.release()


def test_nobody_waits_for_typst_for_ever_and_few_are_set_at_once(stuck: Event) -> None:
    for _ in range(AT_ONCE):
        with pytest.raises(NotSet):
            typeset(0.01, input=NOTHING)
    with pytest.raises(NotSet):
        typeset(0.01, input=NOTHING)
    stuck.set()
    assert typeset(60, input=NOTHING) == b"done"


def test_who_has_no_time_left_is_not_even_begun_with(stuck: Event) -> None:
    for _ in range(2 * AT_ONCE):
        with pytest.raises(NotSet):
            typeset(-1, input=NOTHING)
    stuck.set()
    assert typeset(60, input=NOTHING) == b"done"
