"""A therapist's day: their visits by each clinic's own clock, what is to be charted, and what waits for a signature."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as listening, text

from services.treatment.day import reading
from shared.access_log import accesses_of
from shared.events import scheduling as s
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged
from shared.events.scheduling_staff import StaffRevoked
from shared.ids import new_id
from tests.support.log import arrived, cancelled, moved
from tests.support.treatment import Therapist, Treatment

pytestmark = pytest.mark.one_database

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAY = "/v1/my-day"
TEST = {"target": "gluteus_maximus", "side": "right", "response": "fails"}
LEAVES = {"leaves": ["pain_before", "pain_after"]}
ZONES = ("Pacific/Kiritimati", "Asia/Kathmandu", "Europe/Berlin", "UTC", "America/Los_Angeles", "Etc/GMT+12")


@pytest.fixture
def mia(treatment: Treatment) -> Therapist:
    treatment.set_clock(NOON)
    return treatment.therapist()


def ids(found: Mapping[str, Any], name: str = "appointment_id") -> list[str]:
    return [item[name] for item in found["items"]]


def of(*visits: s.AppointmentBooked) -> list[str]:
    return [str(visit.appointment_id) for visit in visits]


def a_visit(treatment: Treatment, therapist: Therapist, starts_at: datetime = NOON, **fields: Any) -> Any:
    return treatment.visit(therapist_id=therapist.therapist_id, starts_at=starts_at, **fields)


def begin(treatment: Treatment, therapist: Therapist, visit: Any, **fields: Any) -> str:
    """A session of a visit, begun when the visit began."""
    names = ("client_id", "clinic_id", "appointment_id")
    body = {name: str(getattr(visit, name)) for name in names} | {"started_at": visit.starts_at.isoformat()}
    treatment.set_clock(visit.starts_at + timedelta(minutes=5))
    started: str = therapist.api.post("/v1/sessions", body | fields)["id"]
    treatment.set_clock(NOON)
    return started


def sign(therapist: Therapist, session_id: str) -> None:
    therapist.api.post(f"/v1/sessions/{session_id}/tests", TEST)
    therapist.api.post(f"/v1/sessions/{session_id}/sign", LEAVES, 200)


@pytest.mark.parametrize("today", [date(2026, 7, 1), date(2026, 3, 29), date(2026, 10, 25)], ids=str)
def test_a_day_is_the_clinic_s_own_wherever_it_is_and_whatever_the_hour(
    treatment: Treatment, mia: Therapist, today: date
) -> None:
    """Also on the days when clocks are put forward and back."""
    client_id = treatment.client()
    visits = [
        a_visit(treatment, mia, start.astimezone(UTC), client_id=client_id, time_zone=zone)
        for zone in ZONES
        for days in (-1, 0, 1)
        for at in (time(), time(23, 59))
        for start in [datetime.combine(today + timedelta(days=days), at, ZoneInfo(zone))]
    ]
    ordered = sorted(visits, key=lambda visit: (visit.starts_at, visit.appointment_id))

    def on(day: Mapping[str, date]) -> list[str]:
        zoned = [(visit, ZoneInfo(visit.time_zone)) for visit in ordered]
        return of(*(visit for visit, zone in zoned if visit.starts_at.astimezone(zone).date() == day[visit.time_zone]))

    for hour in range(0, 24, 2):
        now = datetime.combine(today, time(hour, 30), UTC)
        treatment.set_clock(now)
        expected = on({zone: now.astimezone(ZoneInfo(zone)).date() for zone in ZONES})
        assert ids(mia.api.get(DAY)["visits"]) == expected
        assert len(expected) == 2 * len(ZONES)
    for days in (-1, 0, 1):
        day = today + timedelta(days=days)
        found = mia.api.get(f"{DAY}?on={day}")["visits"]
        assert ids(found) == on(dict.fromkeys(ZONES, day))
        assert {item["day"] for item in found["items"]} == {str(day)}


def test_the_day_has_every_visit_that_is_still_one_s_own_with_its_session(treatment: Treatment, mia: Therapist) -> None:
    clinic_id = treatment.clinic()
    visits = [
        a_visit(treatment, mia, NOON + timedelta(minutes=minutes), clinic_id=clinic_id) for minutes in range(0, 50, 10)
    ]
    charted, missed, off, passed_on, later = visits
    treatment.visit(starts_at=NOON)
    session_id = begin(treatment, mia, charted)
    treatment.tell(
        arrived(charted),
        s.AppointmentMissed(
            appointment_id=missed.appointment_id, client_id=missed.client_id, happened_at=NOON, reason=None
        ),
        cancelled(off),
        moved(passed_on, passed_on.starts_at, therapist_id=new_id()),
        moved(later, NOON + timedelta(days=1)),
    )
    first, second = mia.api.get(DAY)["visits"]["items"]
    assert first["appointment_id"] == str(charted.appointment_id)
    assert (first["status"], first["session_id"], first["session_status"]) == ("arrived", session_id, "open")
    assert first["charted_by"] == str(mia.therapist_id)
    assert (second["appointment_id"], second["status"], second["session_id"]) == (*of(missed), "noshow", None)
    sign(mia, session_id)
    first, _ = mia.api.get(DAY)["visits"]["items"]
    assert (first["session_status"], first["covered"]) == ("signed", False)
    assert first["signed_at"] is not None
    mia.api.post(f"/v1/sessions/{session_id}/entered-in-error", {"entry_ids": [], "reason": "Not this client."})
    assert mia.api.get(DAY)["visits"]["items"][0]["session_id"] is None


def test_what_took_place_without_a_session_is_to_be_charted_for_sixty_days(
    treatment: Treatment, mia: Therapist
) -> None:
    clinic_id = treatment.clinic()
    starts = (timedelta(days=60), timedelta(days=60, seconds=1), timedelta(days=2), timedelta(hours=2), timedelta())
    old, too_old, done, here, booked = (a_visit(treatment, mia, NOON - ago, clinic_id=clinic_id) for ago in starts)
    treatment.tell(*(arrived(visit) for visit in (old, too_old, done, here)))
    session_id = begin(treatment, mia, done)
    assert ids(mia.api.get(DAY)["to_chart"]) == of(old, here)
    assert str(booked.appointment_id) not in mia.api.call("GET", f"{DAY}/to-chart", 200).text
    mia.api.post(f"/v1/sessions/{session_id}/entered-in-error", {"entry_ids": [], "reason": "Not this client."})
    assert ids(mia.api.get(f"{DAY}/to-chart")) == of(old, done, here)


def test_a_session_of_another_client_charts_no_visit(treatment: Treatment, mia: Therapist) -> None:
    """Begun before anybody had told whose visit it was."""
    clinic_id = treatment.clinic()
    known, appointment_id = a_visit(treatment, mia, clinic_id=clinic_id), new_id()
    begin(treatment, mia, known, appointment_id=str(appointment_id))
    other = a_visit(treatment, mia, clinic_id=clinic_id, appointment_id=appointment_id)
    treatment.tell(arrived(other))
    assert ids(mia.api.get(DAY)["to_chart"]) == of(other)
    assert [item["session_id"] for item in mia.api.get(DAY)["visits"]["items"]] == [None, None]


def test_a_session_is_overdue_seventy_two_hours_after_its_visit_ended(treatment: Treatment, mia: Therapist) -> None:
    visit = a_visit(treatment, mia, clinic_id=treatment.clinic())
    session_id = begin(treatment, mia, visit)
    treatment.tell(
        s.AppointmentFulfilled(
            appointment_id=visit.appointment_id,
            client_id=visit.client_id,
            happened_at=NOON,
            actual_starts_at=visit.starts_at,
            actual_ends_at=visit.starts_at + timedelta(minutes=70),
        )
    )
    due = visit.starts_at + timedelta(minutes=70, hours=72)
    for now, overdue in ((due - timedelta(seconds=1), False), (due, True)):
        treatment.set_clock(now)
        found = mia.api.get(DAY)
        (item,) = found["unsigned"]["items"]
        assert (item["id"], item["overdue"]) == (session_id, overdue)
        assert datetime.fromisoformat(item["ended_at"]) == visit.starts_at + timedelta(minutes=70)
        assert ids(found["overdue"], "id") == [session_id] * overdue
        for asked, there in (("true", overdue), ("false", not overdue)):
            assert len(mia.api.get(f"{DAY}/unsigned?overdue={asked}")["items"]) == there
    treatment.set_clock(NOON)
    sign(mia, session_id)
    treatment.set_clock(due)
    found = mia.api.get(DAY)
    assert found["unsigned"]["items"] == found["overdue"]["items"] == []


def test_somebody_else_s_sessions_are_not_on_one_s_list_and_without_a_visit_the_beginning_counts(
    treatment: Treatment, mia: Therapist
) -> None:
    visit = a_visit(treatment, mia, clinic_id=treatment.clinic())
    other = treatment.therapist()
    a_visit(treatment, other, client_id=visit.client_id)
    begin(treatment, other, visit, appointment_id=None)
    own = begin(treatment, mia, visit, appointment_id=None)
    (item,) = mia.api.get(DAY)["unsigned"]["items"]
    assert (item["id"], datetime.fromisoformat(item["ended_at"])) == (own, visit.starts_at)


def test_covered_visits_are_marked_while_the_cover_lasts(treatment: Treatment, mia: Therapist) -> None:
    clinic_id = treatment.clinic()
    own = a_visit(treatment, mia, NOON + timedelta(minutes=30), clinic_id=clinic_id)
    theirs = treatment.visit(clinic_id=clinic_id, starts_at=NOON)
    treatment.visit(starts_at=NOON)
    treatment.visit(clinic_id=clinic_id, starts_at=NOON + timedelta(days=1))
    assert ids(mia.api.get(DAY)["visits"]) == of(own)
    covers = [mia.api.post("/v1/covers", {"clinic_id": str(clinic_id)})["id"] for _ in range(2)]
    shown = mia.api.get(DAY)["visits"]
    assert ids(shown) == of(theirs, own)
    assert [item["covered"] for item in shown["items"]] == [True, False]
    tomorrow = (NOON + timedelta(days=1)).date()
    assert ids(mia.api.get(f"{DAY}?on={tomorrow}")["visits"]) == []
    assert ids(treatment.therapist().api.get(DAY)["visits"]) == []
    for cover_id in covers:
        mia.api.post(f"/v1/covers/{cover_id}/end", {}, 200)
    assert ids(mia.api.get(DAY)["visits"]) == of(own)


def test_a_cover_shows_nothing_when_its_day_is_over_or_it_was_revoked(treatment: Treatment, mia: Therapist) -> None:
    clinic_id, then = treatment.clinic(), NOON - timedelta(days=2)
    treatment.set_clock(then)
    theirs = treatment.visit(clinic_id=clinic_id, starts_at=then)
    mia.api.post("/v1/covers", {"clinic_id": str(clinic_id)})
    on_the_day = f"{DAY}?on={then.date()}"
    assert ids(mia.api.get(on_the_day)["visits"]) == of(theirs)
    treatment.set_clock(then + timedelta(hours=16))
    assert ids(mia.api.get(on_the_day)["visits"]) == []
    treatment.set_clock(then)
    assert ids(mia.api.get(on_the_day)["visits"]) == of(theirs)
    revoked = StaffRevoked(staff_id=mia.staff_id, valid_from=then + timedelta(microseconds=1))
    treatment.tell(revoked, stream=f"staff-{mia.staff_id}")
    assert ids(mia.api.get(on_the_day)["visits"]) == []


def test_lists_go_on_from_their_last_item(treatment: Treatment, mia: Therapist) -> None:
    """Also where several begin in the same moment."""
    clinic_id = treatment.clinic()
    visits = [a_visit(treatment, mia, NOON - timedelta(hours=each // 2), clinic_id=clinic_id) for each in range(5)]
    treatment.tell(*map(arrived, visits))

    def all_of(path: str, name: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = mia.api.get(f"{DAY}/{path}?limit=2{cursor}")
            found += ids(page, name)
            assert len(page["items"]) <= 2
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    ordered = of(*sorted(visits, key=lambda visit: (visit.starts_at, visit.appointment_id)))
    assert all_of("to-chart", "appointment_id") == ordered
    assert all_of("visits", "appointment_id") == ordered
    started = {begin(treatment, mia, visit): visit.starts_at for visit in visits}
    in_order = sorted(started, key=lambda session_id: (started[session_id], UUID(session_id)))
    assert all_of("unsigned", "id") == in_order
    assert all_of("to-chart", "appointment_id") == []


def test_a_day_is_a_therapist_s_own_at_the_clinics_where_they_work(treatment: Treatment) -> None:
    treatment.set_clock(NOON)
    here = treatment.clinic()
    ben = treatment.therapist(here)
    own = a_visit(treatment, ben, clinic_id=here)
    elsewhere = a_visit(treatment, ben)
    treatment.tell(arrived(own), arrived(elsewhere))
    found = ben.api.get(DAY)
    assert ids(found["visits"]) == ids(found["to_chart"]) == of(own)
    for role in ("manager", "chain_admin", "front_desk"):
        treatment.caller(role).get(DAY, 403)
    unlinked = treatment.caller("therapist", subject="nobody in particular")
    for path in ("", "/visits", "/to-chart", "/unsigned"):
        assert unlinked.problem("GET", DAY + path, 409)["code"] == "not_a_therapist"


def test_whom_the_day_shows_is_recorded_as_a_look_for_treating(treatment: Treatment, mia: Therapist) -> None:
    visit = a_visit(treatment, mia)
    mia.api.get(DAY)
    with treatment.database.reading(treatment.chain_id) as connection:
        (look,) = accesses_of(connection, [visit.client_id], most=10)
    assert (look.operation, look.data_class, look.purpose) == (f"GET {DAY}", "identity", "treatment")


def test_a_merged_client_is_shown_under_the_id_that_counts_and_an_erased_one_not_at_all(
    treatment: Treatment, mia: Therapist
) -> None:
    clinic_id = treatment.clinic()
    visit = a_visit(treatment, mia, clinic_id=clinic_id)
    treatment.tell(arrived(visit))
    begin(treatment, mia, visit)
    to_chart = a_visit(treatment, mia, client_id=visit.client_id, clinic_id=clinic_id)
    treatment.tell(arrived(to_chart))
    person = treatment.client()
    merged = ClientsMerged(client_id=visit.client_id, into_id=person)
    treatment.tell(merged, stream=f"merging-{visit.client_id}")
    found = mia.api.get(DAY)
    for name in ("visits", "to_chart", "unsigned"):
        assert set(ids(found[name], "client_id")) == {str(person)}
    everybody = (visit.client_id, person)
    erased = ClientErased(
        request_id=new_id(),
        client_id=person,
        client_ids=everybody,
        classes=("clinical",),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=NOON,
    )
    treatment.tell(erased, stream="erasure-1")
    found = mia.api.get(DAY)
    assert [found[name]["items"] for name in ("visits", "to_chart", "unsigned", "overdue")] == [[], [], [], []]


def test_a_day_costs_the_same_queries_however_much_it_holds(treatment: Treatment, mia: Therapist) -> None:
    clinic_id = treatment.clinic()

    def queries() -> int:
        asked: list[str] = []

        def ask(*given: Any) -> None:
            asked.append(given[2])

        engine = treatment.database.engine
        listening.listen(engine, "before_cursor_execute", ask)
        mia.api.get(DAY)
        listening.remove(engine, "before_cursor_execute", ask)
        return len(asked)

    def more(count: int) -> None:
        for each in range(count):
            visit = a_visit(treatment, mia, NOON - timedelta(minutes=each), clinic_id=clinic_id)
            treatment.tell(arrived(visit))
            if each % 2:
                begin(treatment, mia, visit)

    more(2)
    few = queries()
    more(8)
    assert queries() == few


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [
        ("OF_DAY", ("visits_therapist_id_starts_at", "visits_clinic_id_starts_at", "sessions_appointment_id")),
        ("TO_CHART", ("visits_therapist_id_starts_at",)),
        ("UNSIGNED", ("sessions_chain_id_therapist_id_started_at", "visits_pkey")),
    ],
)
def test_every_list_is_found_by_an_index(treatment: Treatment, statement: str, indexes: tuple[str, ...]) -> None:
    names = ("clinics", "after", "after_id", "overdue", "on")
    moments = dict.fromkeys(("now", "earliest", "latest", "since", "due"), NOON)
    values = dict.fromkeys(names) | moments | {"subject": "x", "therapist_id": new_id(), "staff_id": None, "most": 51}
    with treatment.database.reading(treatment.chain_id) as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(text(f"EXPLAIN {getattr(reading, statement).text}"), values).scalars().all()
    assert [index for index in indexes if not any(index in line for line in plan)] == []
    assert not [line for line in plan if "Seq Scan" in line]
