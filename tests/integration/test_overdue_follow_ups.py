"""Whom to call is asked of treatment as of now, and is whom a report counts: made of other rows, by the same words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.event_store import Metadata
from shared.events import scheduling as s, scheduling_staff as staff, treatment_episodes as e
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged
from shared.ids import new_id
from shared.reports.document import Overdue, Scope
from shared.settings import DatabaseSettings
from tests.support import care
from tests.support.api import Api
from tests.support.log import arrived, booked, cancelled
from tests.support.messages import BERLIN, CHAIN, at
from tests.support.treatment import Therapist, Treatment
from tests.support.workers import Workers, a_workers
from workers.reports.caseload import caseload_report
from workers.reports.knowledge import as_of, read
from workers.reports.known.calendar import time_zone_of_chain
from workers.reports.making import ENTER
from workers.reports.window import Window, period_of

pytestmark = pytest.mark.one_database

OVERDUE = "/v1/overdue-follow-ups"
JUST_AFTER_MIDNIGHT, IN_THE_MORNING = at("2026-11-06 00:30"), at("2026-11-06 08:00")
SAID_AT = at("2026-10-06 10:00")
PLANNED_ON = date(2026, 10, 20)
LAST_DAY_TO_WAIT = date(2026, 10, 30)
METADATA = Metadata(actor="someone", role="therapist", origin="api", correlation_id="a-test")


@dataclass
class House:
    """Two clinics with a therapist each; treatment and the workers hear the same."""

    treatment: Treatment
    workers: Workers
    clinic_id: UUID = field(init=False)
    elsewhere: UUID = field(init=False)
    anna: Therapist = field(init=False)
    ben: Therapist = field(init=False)
    versions: dict[str, int] = field(default_factory=dict)

    def told(self, event: Any, stream: str, recorded_at: datetime = SAID_AT) -> None:
        """Something that scheduling has recorded."""
        self.treatment.tell(event, stream=stream)
        self.workers.tell(event, recorded_at, stream=stream)

    def charted(self, event: Any, recorded_at: datetime = SAID_AT) -> None:
        """Something about an episode that treatment records itself."""
        stream = f"episode-{event.episode_id}"
        before = self.versions.get(stream, 0)
        self.treatment.database.command(CHAIN, METADATA, lambda tx: tx.append(stream, before, [event]))
        self.versions[stream] = before + 1
        self.workers.tell(event, recorded_at, stream=stream)

    def open_clinic(self) -> UUID:
        clinic_id = new_id()
        address = s.Address(line="Demo Street 1", city="Berlin", region="", postal_code="10115", country="DE")
        for event in (
            s.ClinicOpened(clinic_id=clinic_id, name="Demo Clinic", phone="+15005550001"),
            s.ClinicTermsSet(
                clinic_id=clinic_id,
                valid_from=date(2026, 1, 1),
                time_zone=BERLIN,
                address=address,
                latitude_e6=52520000,
                longitude_e6=13405000,
                opening_hours=(),
            ),
        ):
            self.told(event, f"clinic-{clinic_id}")
        return clinic_id

    def hire(self, clinic_id: UUID) -> Therapist:
        person = self.treatment.therapist(clinic_id)
        shift = s.RotaEntry(
            clinic_id=clinic_id, weekday="mon", starts="09:00", ends="17:00", valid_from=date(2026, 1, 1)
        )
        stream = f"therapist-{person.therapist_id}"
        self.told(
            s.TherapistAdded(therapist_id=person.therapist_id, name="Demo", languages=(), qualifications=()), stream
        )
        self.told(s.TherapistRotaSet(therapist_id=person.therapist_id, entries=(shift,)), stream)
        return person

    def episode(self, planned_on: date | None = PLANNED_ON) -> e.EpisodeOpened:
        """Of a new client, who is to come again on a day."""
        client_id = self.treatment.client()
        opened = care.opened(client_id, self.anna.therapist_id, self.clinic_id, SAID_AT - timedelta(days=30))
        self.charted(opened)
        if planned_on is not None:
            self.charted(care.planned(opened, planned_on, SAID_AT))
        return opened

    def visit(self, episode: e.EpisodeOpened, starts_at: datetime, **changes: Any) -> s.AppointmentBooked:
        visit = booked(
            client_id=episode.client_id,
            therapist_id=self.anna.therapist_id,
            clinic_id=self.clinic_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            **changes,
        )
        self.told(visit, f"appointment-{visit.appointment_id}")
        return visit

    def after(self, visit: s.AppointmentBooked, event: Any) -> None:
        self.told(event, f"appointment-{visit.appointment_id}")

    def counted(self, scope: Scope, now: datetime) -> list[Overdue]:
        """Whom a report of now counts."""
        with self.workers.engine.begin() as connection:
            connection.execute(ENTER)
            period = period_of("2026-11", time_zone_of_chain(connection, CHAIN))
            known = read(connection, Window(CHAIN, period, as_of(connection, CHAIN, now)))
            report = caseload_report(known, scope)
        assert report.metric("overdue_follow_ups").value == len(report.series.overdue)
        return list(report.series.overdue)

    def listed(self, now: datetime, query: str = "", **grant: UUID) -> list[Overdue]:
        """Whom treatment names, to a manager of all clinics or of one."""
        self.treatment.set_clock(now)
        manager = self.treatment.caller("manager", clinics=tuple(grant.values()), subject=f"manager-{new_id()}")
        return [overdue(each) for each in manager.get(f"{OVERDUE}{query}")["items"]]


def overdue(item: dict[str, str]) -> Overdue:
    ids = {name: UUID(item[name]) for name in ("client_id", "episode_id")}
    return Overdue(**ids, planned_on=date.fromisoformat(item["planned_on"]))


@pytest.fixture
def house(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[House]:
    with a_workers(workers_db) as workers:
        made = House(replace(new_treatment(), chain_id=CHAIN), workers)
        made.clinic_id, made.elsewhere = made.open_clinic(), made.open_clinic()
        made.anna, made.ben = made.hire(made.clinic_id), made.hire(made.elsewhere)
        yield made


def erased(client_id: UUID) -> ClientErased:
    return ClientErased(
        request_id=new_id(),
        client_id=client_id,
        client_ids=(client_id,),
        classes=("identity", "contact"),
        kept=(),
        keys=2,
        swept=(),
        undecided=(),
        erased_at=SAID_AT,
    )


def those_who_are_overdue(house: House) -> set[UUID]:
    """Everybody whom somebody should call, each for a reason of their own that they might have been missed."""
    plain, waited = house.episode(), house.episode(LAST_DAY_TO_WAIT - timedelta(days=1))
    came_before, missed, called_off, back, moved_on = (house.episode() for _ in range(5))
    visit = house.visit(came_before, SAID_AT - timedelta(days=5))
    house.after(visit, arrived(visit))
    visit = house.visit(missed, at("2026-10-25 10:00"))
    ids = {"appointment_id": visit.appointment_id, "client_id": visit.client_id}
    house.after(visit, s.AppointmentMissed(**ids, reason=None, happened_at=visit.starts_at))
    visit = house.visit(called_off, at("2026-12-01 10:00"), notice_minutes=80_000)
    house.after(visit, cancelled(visit, notice_minutes=70_000))
    house.charted(care.discharged(back, SAID_AT + timedelta(hours=1)))
    ids = {"episode_id": back.episode_id, "client_id": back.client_id}
    house.charted(e.EpisodeReopened(**ids, reason=None, happened_at=SAID_AT + timedelta(hours=2)))
    house.charted(care.transferred(moved_on, house.ben.therapist_id, house.elsewhere, SAID_AT + timedelta(days=1)))
    return {each.episode_id for each in (plain, waited, came_before, missed, called_off, back, moved_on)}


def those_who_are_not(house: House) -> None:
    """Everybody else, each with one thing that keeps them off the list."""
    house.episode(None)
    house.episode(LAST_DAY_TO_WAIT)
    came, expected, merged, held, ended, taken_back, said_before, gone = (house.episode() for _ in range(8))
    visit = house.visit(came, at("2026-10-25 10:00"))
    house.after(visit, arrived(visit))
    house.visit(expected, at("2026-11-20 10:00"), notice_minutes=50_000)
    visit = house.visit(house.episode(None), at("2026-11-20 10:00"), notice_minutes=50_000)
    house.told(ClientsMerged(client_id=visit.client_id, into_id=merged.client_id), f"merging-{visit.client_id}")
    ids = {"episode_id": held.episode_id, "client_id": held.client_id}
    house.charted(e.EpisodeHeld(**ids, until=None, reason=None, happened_at=SAID_AT + timedelta(hours=1)))
    house.charted(care.discharged(ended, SAID_AT + timedelta(hours=1)))
    house.charted(care.planned(taken_back, None, SAID_AT + timedelta(hours=1)))
    house.charted(care.planned(said_before, date(2026, 12, 1), SAID_AT + timedelta(hours=2)))
    house.charted(care.planned(said_before, PLANNED_ON, SAID_AT + timedelta(hours=1)))
    house.told(erased(gone.client_id), f"erasure-{new_id()}")


def test_the_list_of_today_is_whom_a_report_counts(house: House) -> None:
    those_who_are_not(house)
    expected = those_who_are_overdue(house)
    for now in (JUST_AFTER_MIDNIGHT, IN_THE_MORNING):
        everybody = house.listed(now)
        assert {each.episode_id for each in everybody} == expected
        assert everybody == house.counted(Scope(kind="chain", id=CHAIN), now)
        for clinic_id in (house.clinic_id, house.elsewhere):
            there = house.counted(Scope(kind="clinic", id=clinic_id), now)
            assert 0 < len(there) < len(everybody)
            assert house.listed(now, f"?clinic_id={clinic_id}") == house.listed(now, clinic_id=clinic_id) == there
        for person in (house.anna, house.ben):
            theirs = house.counted(Scope(kind="therapist", id=person.therapist_id), now)
            assert house.listed(now, f"?therapist_id={person.therapist_id}") == theirs
            assert [overdue(each) for each in person.api.get(OVERDUE)["items"]] == theirs
    assert pages(house.anna.api) == [overdue(each) for each in house.anna.api.get(OVERDUE)["items"]]


def pages(api: Api) -> list[Overdue]:
    """The whole list, two at a time."""
    found, page = [], api.get(f"{OVERDUE}?limit=2")
    while page["next"]:
        found += page["items"]
        assert len(page["items"]) == 2
        page = api.get(f"{OVERDUE}?limit=2&cursor={page['next']}")
    return [overdue(each) for each in (*found, *page["items"])]


def test_a_desk_does_not_read_it(house: House) -> None:
    house.treatment.caller("front_desk").get(OVERDUE, 403)


def test_who_leads_sees_nobody_of_a_clinic_where_they_are_no_therapist_any_more(house: House) -> None:
    house.episode()
    house.treatment.set_clock(IN_THE_MORNING)
    assert len(house.anna.api.get(OVERDUE)["items"]) == 1
    for roles in (
        staff.RoleGiven(role="therapist", clinics=(house.elsewhere,)),
        staff.RoleGiven(role="manager", clinics=(house.elsewhere,)),
    ):
        given = staff.StaffRolesSet(staff_id=house.anna.staff_id, roles=(roles,))
        house.treatment.tell(given, stream=f"staff-{house.anna.staff_id}")
        assert house.anna.api.get(OVERDUE)["items"] == []
