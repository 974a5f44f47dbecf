"""What a letter about a closed period brings: files where the chain allows it, and to each what they may have."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import typst

from services.treatment.app import create_app
from services.treatment.caseload_reports import enclosed, letters
from shared.events.scheduling_staff import StaffAdded, StaffDeactivated, StaffRole
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.reports.ids import period_id_of
from shared.settings import Settings
from tests.support.api import Keys
from tests.support.closed_period import NAMES, ClosedPeriod, about
from tests.support.messages import due, staff_notice
from tests.support.treatment import Treatment
from workers.messages.enclosing import completed
from workers.messages.model import NotKnown, ReportNotice, Reports, Unwanted

pytestmark = pytest.mark.one_database


@pytest.fixture
def october(new_treatment: Callable[[], Treatment]) -> Iterator[ClosedPeriod]:
    made = ClosedPeriod(new_treatment())
    yield made
    made.end()


def answered(october: ClosedPeriod, staff_id: UUID, *, files: bool = True, **notice: Any) -> Any:
    """What becomes of a letter to somebody, whom files may reach."""
    row = due(
        kind="staff_report",
        chain_id=october.treatment.chain_id,
        about=period_id_of(october.treatment.chain_id, "2026-10"),
        client_id=None,
        staff_id=staff_id,
    )
    to = staff_notice(link="https://care.demo.example/reports", files=files, **notice)
    return completed(row, to, october.reached)


def brought(october: ClosedPeriod, staff_id: UUID, **options: Any) -> Reports:
    found = answered(october, staff_id, **options)
    assert isinstance(found, ReportNotice)
    return found.reports


def scopes(reports: Reports) -> Sequence[str]:
    """Whose reports the files are, by their names."""
    return [each.file_name.split("-")[1] for each in reports.files if each.file_name.endswith(".pdf")]


def test_without_the_chain_s_word_a_letter_brings_the_way_to_the_page_and_nothing_else(october: ClosedPeriod) -> None:
    manager = october.hire(("manager", october.clinics))
    found = answered(october, manager, locale="de")
    assert found.reports == Reports(period="2026-10", title="Oktober 2026")
    assert found.link == "https://care.demo.example/reports?period=2026-10"


HERE, BOTH, EVERYWHERE = (0,), (0, 1), None


@pytest.mark.parametrize(
    ("roles", "treats", "expected"),
    [
        ([("manager", HERE)], False, ["clinic"]),
        ([("manager", BOTH)], False, ["clinic", "clinic"]),
        ([("manager", EVERYWHERE)], False, ["chain", "clinic", "clinic"]),
        ([("chain_admin", EVERYWHERE)], False, ["chain", "clinic", "clinic"]),
        ([("therapist", HERE)], True, ["therapist"]),
        ([("therapist", HERE), ("manager", BOTH)], True, ["therapist", "clinic", "clinic"]),
    ],
)
def test_each_gets_the_reports_of_what_they_manage_and_their_own(
    october: ClosedPeriod, roles: list[tuple[StaffRole, Sequence[int] | None]], treats: bool, expected: list[str]
) -> None:
    october.set_rules()
    given = [(role, where if where is None else [october.clinics[each] for each in where]) for role, where in roles]
    found = brought(october, october.hire(*given, therapist_id=october.anna if treats else None))
    assert scopes(found) == expected
    assert [each.file_name.rpartition(".")[2] for each in found.files] == ["pdf", "csv"] * len(expected)
    assert not found.more


def test_a_therapist_gets_the_whole_of_their_own_report_and_nobody_else_does(october: ClosedPeriod) -> None:
    october.set_rules()
    chain_id, anna = october.treatment.chain_id, october.anna
    own = about(chain_id, "therapist", anna)
    theirs = brought(october, october.hire(("therapist", october.clinics), therapist_id=anna))
    assert own.hash.encode() in theirs.files[1].content
    assert [each.title for each in theirs.figures] == [
        "Pain in each episode",
        "From baseline to latest score",
        "Compared with chance",
    ]
    for role in ("manager", "chain_admin"):
        others = brought(october, october.hire((role, EVERYWHERE)))
        assert [each.title for each in others.figures] == ["Utilisation by day"]
        assert not [each for each in others.files if own.hash.encode() in each.content or str(anna) in each.file_name]


def test_the_files_say_whose_they_are_and_are_the_same_each_time(october: ClosedPeriod) -> None:
    october.set_rules()
    manager = october.hire(("manager", october.clinics))
    once, again = brought(october, manager), brought(october, manager)
    assert once == again
    assert all(each.content.startswith(b"\x89PNG") for each in once.figures)
    for name, content in zip(NAMES, (each.content for each in once.files[::2]), strict=True):
        assert content.startswith(b"%PDF")
        assert f"Caseload of a clinic: {name}".encode() in content
    assert brought(october, manager, locale="de").files[0] != once.files[0]


def test_nothing_goes_to_an_address_that_others_have_set(october: ClosedPeriod) -> None:
    october.set_rules()
    found = brought(october, october.hire(("manager", EVERYWHERE)), files=False)
    assert (found.files, found.figures, found.more) == ((), (), False)


@pytest.mark.parametrize("treats", [True, False])
def test_whose_role_only_the_provider_knows_hears_of_it_and_gets_no_files(october: ClosedPeriod, treats: bool) -> None:
    october.set_rules()
    staff_id = new_id()
    therapist_id = october.anna if treats else None
    added = StaffAdded(staff_id=staff_id, name="Demo Colleague", therapist_id=therapist_id, roles=None)
    october.treatment.tell(added, stream=f"staff-{staff_id}")
    found = brought(october, staff_id)
    assert (found.title, found.files, found.figures, found.more) == ("October 2026", (), (), False)


@pytest.mark.parametrize(
    "role", ["front_desk", "therapist"], ids=["who has lost the role", "who has no report of this period"]
)
def test_a_letter_is_withdrawn_for(october: ClosedPeriod, role: StaffRole) -> None:
    somebody = october.hire((role, october.clinics), therapist_id=new_id())
    assert answered(october, somebody) == Unwanted("no_report")


def test_a_letter_is_withdrawn_for_who_has_left_and_of_what_is_not_closed(october: ClosedPeriod) -> None:
    manager = october.hire(("manager", EVERYWHERE))
    assert answered(october, new_id()) == Unwanted("gone")
    row = due(
        kind="staff_report", chain_id=october.treatment.chain_id, client_id=None, staff_id=manager, about=new_id()
    )
    assert completed(row, staff_notice(), october.reached) == Unwanted("gone")
    october.treatment.tell(StaffDeactivated(staff_id=manager), stream=f"staff-{manager}")
    assert answered(october, manager) == Unwanted("gone")


def test_what_does_not_fit_is_left_out_and_said(october: ClosedPeriod, monkeypatch: pytest.MonkeyPatch) -> None:
    october.set_rules()
    manager = october.hire(("manager", EVERYWHERE))
    full = brought(october, manager)
    sizes = [len(each.content) for each in full.files]
    monkeypatch.setattr(enclosed, "LARGEST", sum(sizes[:4]) + 1)
    found = brought(october, manager)
    assert (found.files, found.figures, found.more) == (full.files[:4], (), True)
    monkeypatch.setattr(enclosed, "LARGEST", 1)
    assert brought(october, manager).files == ()
    monkeypatch.undo()
    monkeypatch.setattr(letters, "MOST_REPORTS", 2)
    assert (scopes(brought(october, manager)), brought(october, manager).more) == (["chain", "clinic"], True)


def test_a_document_that_is_lost_is_left_out_and_the_news_goes_out(new_treatment: Callable[[], Treatment]) -> None:
    october = ClosedPeriod(new_treatment(), keeps=False)
    october.set_rules()
    found = brought(october, october.hire(("manager", EVERYWHERE)))
    assert (found.title, found.files, found.figures, found.more) == ("October 2026", (), (), True)
    october.end()


def test_without_treatment_s_answer_the_letter_waits(october: ClosedPeriod) -> None:
    october.reached.token = lambda: "no token"
    assert isinstance(answered(october, new_id()), NotKnown)


def test_while_nobody_says_what_the_clinics_are_called_a_letter_with_files_waits(october: ClosedPeriod) -> None:
    october.set_rules()
    manager = october.hire(("manager", october.clinics))
    october.away = True
    assert isinstance(answered(october, manager), NotKnown)
    assert isinstance(answered(october, manager, files=False), ReportNotice)
    october.away = False
    assert len(brought(october, manager).files) == 4


def test_whoever_manages_thousands_of_clinics_gets_a_letter_about_a_few_of_them(october: ClosedPeriod) -> None:
    october.set_rules()
    closed_since = [new_id() for _ in range(1_200)]
    found = brought(october, october.hire(("manager", [*closed_since, *october.clinics])))
    assert scopes(found) == ["clinic", "clinic"]
    assert october.named == [sorted(map(str, october.clinics))]


def test_what_typst_cannot_set_stays_behind_the_link(october: ClosedPeriod, monkeypatch: pytest.MonkeyPatch) -> None:
    october.set_rules()
    manager = october.hire(("manager", EVERYWHERE))
    full, compile_ = brought(october, manager), typst.compile
    papers = iter([False, True, False])

    def fails_at_times(**source: Any) -> Any:
        if source["format"] == "png" or not next(papers):
            raise typst.TypstError("it is broken", "")
        return compile_(**source)

    monkeypatch.setattr(typst, "compile", fails_at_times)
    found = brought(october, manager)
    assert (found.files, found.figures, found.more) == (full.files[2:4], (), True)
    assert full.figures


def test_the_letter_goes_when_typst_takes_too_long(october: ClosedPeriod, monkeypatch: pytest.MonkeyPatch) -> None:
    october.set_rules()
    manager = october.hire(("manager", EVERYWHERE))
    monkeypatch.setattr(enclosed, "PATIENCE", 0.0)
    found = brought(october, manager)
    assert (found.title, found.files, found.figures, found.more) == ("October 2026", (), (), True)


def test_no_connection_is_held_while_a_letter_s_files_are_made(
    treatment_settings: Settings, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one connection, whoever asks for another while one is held waits in vain."""
    app = create_app(replace(treatment_settings, web=replace(treatment_settings.web, threads=-1)))
    october, compile_ = ClosedPeriod(Treatment(app, keys)), typst.compile
    database, seen = october.treatment.database, []

    def watched(**source: Any) -> Any:
        with database.reading(october.treatment.chain_id):
            seen.append(source["format"])
        return compile_(**source)

    october.set_rules()
    manager = october.hire(("manager", EVERYWHERE))
    monkeypatch.setattr(typst, "compile", watched)
    assert len(brought(october, manager).files) == 6
    assert seen == ["pdf"] * 3 + ["png"]
    october.end()
    app.extensions[EXTENSION].close()
