"""Reports are kept by no cache and shown to no stranger, however they are asked for; making a file holds up nobody."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any
from urllib.parse import urlencode

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

    def paths(self) -> list[str]:
        """Everything that is read of a report."""
        whole = f"{REPORTS}/{self.report.id}"
        return [whole, *map(self.path, ("pdf", "csv", "restatement", f"comparison?with={self.report.id}"))]


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


def test_nothing_of_a_report_is_kept_on_the_way_or_run_by_a_browser(clinic: Clinic) -> None:
    for path in clinic.paths():
        headers = clinic.manager.call("GET", path, 200).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    for form in ("pdf", "csv"):
        name = f"caseload-clinic-2026-10-{clinic.report.others.hash[:12]}.{form}"
        said = clinic.manager.call("GET", clinic.path(form), 200).headers["Content-Disposition"]
        assert said == f'attachment; filename="{name}"'


def test_who_asks_for_the_head_alone_is_told_what_they_would_be_told_anyway(clinic: Clinic) -> None:
    desk = clinic.treatment.caller("front_desk", clinics=(clinic.id,), subject="desk")
    for path in clinic.paths():
        for api, status in ((clinic.manager, 200), (clinic.stranger, 404), (desk, 403)):
            answer = api.call("HEAD", path, status)
            assert (answer.data, answer.headers["Cache-Control"]) == (b"", "no-store")
    clinic.manager.call("HEAD", clinic.path("restatements"), 405)


def test_in_another_chain_there_is_no_such_report(clinic: Clinic, new_treatment: Callable[[], Treatment]) -> None:
    other = new_treatment()
    admin = other.caller("chain_admin")
    mine = Clinic(other).report.id
    for path in clinic.paths():
        admin.call("GET", path, 404)
    admin.call("GET", f"{REPORTS}/{mine}/comparison?with={clinic.report.id}", 404)
    admin.call("POST", clinic.path("restatements"), 404)
    for kind, scope_id in (("clinic", clinic.id), ("chain", clinic.treatment.chain_id), ("therapist", clinic.id)):
        body = {"scope": kind, "scope_id": str(scope_id), "period": "2026-10"}
        admin.call("POST", REPORTS, 404, body)
    assert [each["id"] for each in admin.get(f"{REPORTS}?limit=100")["items"]] == [mine]


def test_lists_tell_a_manager_of_no_other_clinic_whatever_is_asked(clinic: Clinic) -> None:
    for query in ("", f"?scope_id={clinic.id}", "?scope=clinic&period=2026-10", "?limit=100&closed=false"):
        assert clinic.stranger.get(REPORTS + query)["items"] == []
    assert clinic.manager.get(f"{REPORTS}?scope_id={clinic.id}")["items"] != []


ODD = ["2026-00", "2025-W53", "2026-W54", "0001-01", "9999-12", "2026-10-01", "2026-10 ", "' OR 1=1", "9" * 9_000, "\0"]


@pytest.mark.parametrize("period", ODD, ids=range(len(ODD)))
def test_a_period_that_is_none_is_refused_wherever_it_is_named(clinic: Clinic, period: str) -> None:
    refused = clinic.manager.call("GET", f"{REPORTS}?{urlencode({'period': period})}", 422)
    body = {"scope": "clinic", "scope_id": str(clinic.id), "period": period}
    for answer in (refused, clinic.manager.call("POST", REPORTS, 422, body)):
        assert answer.json is not None
        assert list(answer.json["fields"]) == ["period"]
        assert len(answer.data) < 1_000


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=1e9", f"limit={'9' * 400}", "cursor=%00", f"cursor={'A' * 9_000}", "scope=person"),
        *("scope_id=1", "closed=perhaps", "unknown=1", "period=2026-10&period=2026-09&limit=-1"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(clinic: Clinic, query: str) -> None:
    assert clinic.manager.call("GET", f"{REPORTS}?{query}", None).status_code in {400, 422}


@pytest.mark.parametrize("query", ["language=xx", f"language={'d' * 9_000}", "language=..%2Fde", "page=1"])
def test_a_file_in_no_language_of_ours_is_not_made(clinic: Clinic, query: str) -> None:
    clinic.manager.call("GET", f"{clinic.path()}?{query}", 422)


@pytest.mark.parametrize("moment", ["1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2026-11-06T07:00:01Z", "now", ""])
def test_nobody_asks_what_will_be_known_or_was_before_calendars(clinic: Clinic, moment: str) -> None:
    clinic.treatment.set_clock(at("2026-11-06 08:00"))
    body = {"scope": "clinic", "scope_id": str(clinic.id), "period": "2026-10", "as_of": moment}
    refused = clinic.manager.problem("POST", REPORTS, 422, body)
    assert list(refused["fields"]) == ["as_of"]
