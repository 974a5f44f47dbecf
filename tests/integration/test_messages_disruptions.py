"""What becomes of the messages of a visit that is disrupted, restored, kept, reassigned, or finds its clinic elsewhere."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.events import scheduling as s, scheduling_disruptions as d
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.log import moved
from tests.support.messages import at
from tests.support.workers import BOOKED_AT, STARTS_AT, Workers, a_workers

DAY = timedelta(days=1)
CAUSE = d.Cause("closure", new_id())


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


def disrupted(visit: s.AppointmentBooked) -> d.AppointmentDisrupted:
    return d.AppointmentDisrupted(appointment_id=visit.appointment_id, client_id=visit.client_id, causes=(CAUSE,))


def restored(visit: s.AppointmentBooked) -> d.AppointmentRestored:
    return d.AppointmentRestored(appointment_id=visit.appointment_id, client_id=visit.client_id)


def kept(visit: s.AppointmentBooked) -> d.AppointmentKept:
    return d.AppointmentKept(
        appointment_id=visit.appointment_id, client_id=visit.client_id, causes=(CAUSE,), reason="she comes in"
    )


def elsewhere(visit: s.AppointmentBooked) -> d.AppointmentPlaceChanged:
    return d.AppointmentPlaceChanged(
        appointment_id=visit.appointment_id,
        client_id=visit.client_id,
        clinic_id=visit.clinic_id,
        starts_local=visit.starts_local,
        time_zone=visit.time_zone,
    )


@pytest.mark.parametrize("settle", [restored, kept])
def test_reminders_pause_while_a_visit_is_disrupted(workers: Workers, settle: type) -> None:
    visit = workers.book()
    workers.tell(disrupted(visit), BOOKED_AT + DAY)
    assert workers.states()["reminder:1:120"] == ("withdrawn", "disrupted")
    assert set(workers.pending()) == {"confirmation:1"}
    workers.tell(settle(visit), BOOKED_AT + 2 * DAY)
    assert set(workers.pending()) == {"confirmation:1", "reminder:1:2880", "reminder:1:120"}


def test_a_reminder_whose_time_passed_meanwhile_is_not_made_up_for(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(disrupted(visit), BOOKED_AT + DAY)
    workers.tell(restored(visit), at("2026-11-23 12:00"))
    assert workers.states()["reminder:1:2880"] == ("withdrawn", "disrupted")
    assert "reminder:1:120" in workers.pending()


def test_a_move_ends_the_pause(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(disrupted(visit), BOOKED_AT + DAY)
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + 2 * DAY)
    assert set(workers.pending()) == {"confirmation:3", "reminder:3:2880", "reminder:3:120"}


def announcements(workers: Workers) -> list[str]:
    return [
        row["announcement"] for row in workers.rows() if row["state"] == "pending" and row["kind"] == "confirmation"
    ]


def test_another_therapist_at_the_same_time_is_told_as_that(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(moved(visit, visit.starts_at, therapist_id=new_id()), BOOKED_AT + DAY)
    assert announcements(workers) == ["reassigned"]
    workers.tell(moved(visit, visit.starts_at, clinic_id=new_id()), BOOKED_AT + 2 * DAY)
    assert announcements(workers) == ["moved"]


def test_another_address_is_told_once_and_leaves_the_reminders(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(elsewhere(visit), BOOKED_AT + DAY)
    assert announcements(workers) == ["relocated"]
    assert set(workers.pending()) == {"confirmation:2", "reminder:1:2880", "reminder:1:120"}


def test_another_address_of_a_disrupted_visit_is_told_when_it_is_kept(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(disrupted(visit), BOOKED_AT + DAY)
    workers.tell(elsewhere(visit), BOOKED_AT + DAY)
    assert workers.pending() == {}
    workers.tell(kept(visit), BOOKED_AT + 2 * DAY)
    assert announcements(workers) == ["relocated"]
