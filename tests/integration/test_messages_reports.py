"""Letters about closed periods: one to each who has reports, in the morning, with files where the chain allows it."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from shared.events.scheduling_staff import RoleGiven, StaffAdded, StaffDeactivated, StaffRole
from shared.ids import new_id
from shared.reports.ids import period_id_of
from shared.settings import DatabaseSettings
from tests.support.asking import REPORTS
from tests.support.closed_period import CLOSED_AT, ClosedPeriod, closing
from tests.support.messages import CHAIN, at, staff_notice
from tests.support.sending import Office, an_office
from tests.support.treatment import Treatment
from tests.support.workers import STARTS_AT, policy as chain_policy
from workers.messages.tally import Messages, Tally

PERIOD = period_id_of(CHAIN, "2026-10")
STREAM = f"report_period-{PERIOD}"
MORNING = at("2026-11-05 08:00")


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as office:
        office.clock.now = MORNING
        yield office


def add(office: Office, *roles: StaffRole, therapist_id: UUID | None = None, **notice: Any) -> UUID:
    """Somebody in these roles at a clinic, whose address is made from their id."""
    staff_id = new_id()
    given = tuple(RoleGiven(role=role, clinics=(new_id(),)) for role in roles)
    added = StaffAdded(staff_id=staff_id, name="Demo", therapist_id=therapist_id, roles=given)
    office.workers.tell(added, CLOSED_AT, stream=f"staff-{staff_id}")
    knows(office, staff_id, **notice)
    return staff_id


def knows(office: Office, staff_id: UUID, **notice: Any) -> None:
    to = {"address": f"{staff_id}@demo.example", "link": "https://care.demo.example/reports"}
    office.scheduling.knows(staff_id, staff_notice(**{"time_zone": "Europe/Berlin"} | to | notice))


def close(office: Office, **where: Any) -> None:
    office.workers.tell(closing(), CLOSED_AT + timedelta(minutes=20), stream=STREAM, role="service", **where)


def told(office: Office) -> list[UUID]:
    return sorted(UUID(address.partition("@")[0]) for address, _ in office.mail.taken)


def sent(office: Office) -> EmailMessage:
    [(_, content)] = office.mail.taken
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def states(office: Office) -> set[tuple[str, str | None]]:
    return {(row["state"], row["reason"]) for row in office.workers.rows(PERIOD)}


def test_each_who_manages_or_treats_gets_one_letter_however_often_it_is_said(office: Office) -> None:
    manager, admin = add(office, "manager"), add(office, "chain_admin")
    therapist = add(office, "therapist", therapist_id=new_id())
    both = add(office, "therapist", "manager", therapist_id=new_id())
    add(office, "front_desk")
    add(office, "therapist")
    close(office)
    close(office)
    close(office, schema="views_b")
    office.send()
    office.send()
    close(office)
    office.send()
    assert told(office) == sorted([manager, admin, therapist, both])
    assert states(office) == {("sent", None)}


def test_the_letter_says_which_period_and_names_neither_person_clinic_nor_number(office: Office) -> None:
    add(office, "manager", locale="de")
    close(office)
    office.send()
    mail = sent(office)
    words, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert words is not None
    assert page is not None
    assert mail["Subject"] == "Demo Chain: Ihre Berichte liegen bereit"
    assert mail["X-Synergist-Receipt"] is None
    link = "https://care.demo.example/reports?period=2026-10"
    for said in (words.get_content(), page.get_content()):
        assert "Die Berichte über October 2026 sind abgeschlossen." in said
        assert link in said
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    [asked] = office.treatment.asked_of_reports
    assert (asked["period_id"], asked["files"], asked["chain_name"]) == (str(PERIOD), False, "Demo Chain")


@pytest.mark.parametrize(
    ("zone", "hours", "morning"),
    [
        ("Europe/Berlin", None, "2026-11-05 08:00"),
        ("Europe/Berlin", ("22:00", "09:30"), "2026-11-05 09:30"),
        ("Europe/Berlin", ("22:00", "06:00"), "2026-11-05 08:00"),
        ("Europe/Berlin", ("08:00", "08:00"), "2026-11-05 08:00"),
        ("Europe/London", None, "2026-11-05 09:00"),
    ],
)
def test_what_closes_at_midnight_is_mailed_in_the_morning_of_its_reader(
    office: Office, zone: str, hours: tuple[str, str] | None, morning: str
) -> None:
    if hours:
        office.workers.tell(chain_policy(*hours), CLOSED_AT, stream=f"chain-{CHAIN}")
    add(office, "manager", time_zone=zone)
    add(office, "manager", time_zone="Pacific/Auckland")
    close(office)
    office.clock.now = at("2026-11-05 00:20")
    office.send()
    assert states(office) == {("pending", None), ("sent", None)}
    [row] = [row for row in office.workers.rows(PERIOD) if row["state"] == "pending"]
    assert (row["state"], row["next_at"]) == ("pending", at(morning))
    office.clock.now = at(morning) - timedelta(seconds=1)
    assert office.send() == 0
    office.clock.now = at(morning)
    office.send()
    assert states(office) == {("sent", None)}


@pytest.mark.parametrize("how", ["left", "role", "no_report"])
def test_who_has_left_or_lost_the_role_by_then_or_has_no_report_gets_nothing(office: Office, how: str) -> None:
    somebody = add(office, "therapist", therapist_id=new_id())
    close(office)
    expected: tuple[str, str] = ("stopped", "gone")
    if how == "left":
        office.workers.tell(StaffDeactivated(staff_id=somebody), MORNING, stream=f"staff-{somebody}")
    if how == "no_report":
        office.treatment.reports = {"stop": "no_report"}
        expected = ("withdrawn", "no_report")
    else:
        office.scheduling.knows(somebody, "gone")
    office.send()
    assert states(office) == {expected}
    assert office.mail.taken == []
    assert len(office.treatment.asked_of_reports) == (how == "no_report")


def test_where_nobody_is_to_be_told_a_row_says_so(office: Office) -> None:
    add(office, "front_desk")
    close(office)
    assert states(office) == {("stopped", "nobody")}
    found = Messages(Tally(office.clock), office.sender().engine, office.clock).backlog(MORNING)
    assert [(each.name, each.samples[0].value) for each in found][-1] == ("synergist_staff_letters_undelivered", 0)


def test_without_treatment_the_letter_waits_while_others_go_out(office: Office) -> None:
    add(office, "manager")
    close(office)
    visit = book(office)
    office.treatment.away = True
    office.send()
    assert states(office) == {("pending", None)}
    assert office.confirmation(visit)["state"] == "sent"
    office.treatment.away = False
    office.clock.pass_by(seconds=15)
    office.send()
    assert states(office) == {("sent", None)}


def test_whoever_takes_too_long_over_the_files_leaves_the_letter_to_another(office: Office) -> None:
    manager = add(office, "manager")
    close(office)

    def overtake() -> None:
        office.treatment.before_reports = lambda: None
        office.clock.pass_by(seconds=61)
        office.send()

    office.treatment.before_reports = overtake
    office.send()
    assert (told(office), states(office)) == ([manager], {("sent", None)})
    assert len(office.treatment.asked_of_reports) == 2


def test_what_takes_long_to_write_goes_last_of_a_batch(office: Office) -> None:
    manager = add(office, "manager")
    close(office)
    visit = book(office)
    office.send()
    assert office.mail.addresses() == [f"{visit}@demo.example", f"{manager}@demo.example"]


def book(office: Office) -> UUID:
    """A visit whose confirmation is due this morning."""
    visit = office.workers.book(MORNING, starts_at=STARTS_AT)
    office.scheduling.knows(visit.appointment_id)
    return visit.appointment_id


def test_what_was_closed_long_ago_is_no_news(office: Office) -> None:
    add(office, "manager")
    office.clock.now = CLOSED_AT + timedelta(days=5)
    close(office)
    office.send()
    assert states(office) == {("expired", "too_late")}


def test_a_file_with_a_name_that_is_none_goes_nowhere(office: Office) -> None:
    add(office, "manager", files=True)
    evil = {"file_name": 'a.pdf"\r\nBcc: x@demo.example', "title": "PDF", "content": b64encode(b"%PDF").decode()}
    office.treatment.reports = {"reports": REPORTS | {"files": [evil]}}
    close(office)
    office.send()
    assert (states(office), office.mail.taken) == ({("pending", None)}, [])


def test_files_and_figures_come_from_treatment_through_a_real_mail_server(
    office: Office, new_treatment: Callable[[], Treatment]
) -> None:
    october = ClosedPeriod(replace(new_treatment(), chain_id=CHAIN))
    october.set_rules()
    manager = october.hire(("manager", [october.clinics[0]]))
    given = (RoleGiven(role="manager", clinics=(october.clinics[0],)),)
    office.workers.tell(
        StaffAdded(staff_id=manager, name="Demo", therapist_id=None, roles=given), CLOSED_AT, stream=f"staff-{manager}"
    )
    knows(office, manager, files=True)
    close(office)
    sender = replace(office.sender(), treatment=october.reached)
    sender.send_batch()
    october.end()
    mail = sent(office)
    shape = [part.get_content_type() for part in mail.walk()]
    assert shape == [
        "multipart/mixed",
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
        *("application/pdf", "text/csv"),
    ]
    page, words = mail.get_body(("html",)), mail.get_body(("plain",))
    assert page is not None
    assert words is not None
    files = {part.get_filename(): part for part in mail.iter_attachments()}
    for name, part in files.items():
        assert name is not None
        assert name in words.get_content()
        assert name in page.get_content()
        assert part.get_content_disposition() == "attachment"
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in page.get_content()
    assert "Utilisation by day" in words.get_content()
    assert "Demo Clinic North" not in words.get_content() + page.get_content()
    rows = office.workers.rows(PERIOD)
    assert [row["state"] for row in rows] == ["sent"]
