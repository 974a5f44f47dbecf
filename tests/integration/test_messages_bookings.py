"""Visits made in one go are confirmed in one message, and each goes its own way afterwards."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.events import scheduling as s
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.log import booked, cancelled, moved, readdressed
from tests.support.workers import BOOKED_AT, STARTS_AT, Workers, a_workers, short

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


def book_three(workers: Workers, role: str = "client") -> list[s.AppointmentBooked]:
    """Three visits, an hour apart, of which the first one's confirmation tells; by staff, it waits two minutes."""
    first = booked(starts_at=STARTS_AT)
    following = [
        booked(starts_at=STARTS_AT + timedelta(hours=hour), confirmed_with=first.appointment_id) for hour in (1, 2)
    ]
    for visit in (first, *following):
        workers.tell(visit, BOOKED_AT, role=role)
    return [first, *following]


def confirmations(workers: Workers, about: UUID | None = None) -> dict[str, str]:
    return {key: state for key, (state, _) in workers.states(about).items() if key.startswith("confirmation")}


def test_three_visits_have_one_confirmation_and_reminders_of_their_own(workers: Workers) -> None:
    visits = book_three(workers)
    [row] = [row for row in workers.rows() if row["kind"] == "confirmation"]
    assert (row["about"], row["announcement"]) == (visits[0].appointment_id, "booked")
    assert (row["due_at"], row["not_after"]) == (BOOKED_AT, STARTS_AT + timedelta(hours=2))
    assert len([row for row in workers.rows() if row["kind"] == "reminder"]) == 6


def test_it_does_not_matter_which_of_them_is_heard_of_first(workers: Workers) -> None:
    first = booked(starts_at=STARTS_AT)
    workers.book(confirmed_with=first.appointment_id)
    assert confirmations(workers) == {}
    workers.tell(first, BOOKED_AT)
    assert confirmations(workers) == {"confirmation:1": "pending"}


def test_a_confirmation_still_tells_of_the_others_when_its_own_visit_is_cancelled(workers: Workers) -> None:
    visits = book_three(workers, "front_desk")
    workers.tell(cancelled(visits[0]), BOOKED_AT + MINUTE)
    assert confirmations(workers) == {"confirmation:1": "pending"}
    for visit in visits[1:]:
        workers.tell(cancelled(visit), BOOKED_AT + MINUTE)
    assert confirmations(workers) == {"confirmation:1": "withdrawn"}


def test_after_the_confirmation_each_visit_tells_of_its_own_changes(workers: Workers) -> None:
    visits = book_three(workers)
    workers.change("UPDATE due_messages SET state = 'sent', sent_at = now() WHERE kind = 'confirmation'")
    workers.tell(moved(visits[1], STARTS_AT + DAY), BOOKED_AT + DAY)
    workers.tell(cancelled(visits[2]), BOOKED_AT + DAY)
    workers.tell(cancelled(visits[0]), BOOKED_AT + DAY)
    sent = {visit.appointment_id: confirmations(workers, visit.appointment_id) for visit in visits}
    assert sent[visits[0].appointment_id] == {"confirmation:1": "sent", "confirmation:2": "pending"}
    assert sent[visits[1].appointment_id] == {"confirmation:2": "pending"}
    assert sent[visits[2].appointment_id] == {"confirmation:2": "pending"}


def test_the_confirmation_waits_for_the_last_word_about_each_visit(workers: Workers) -> None:
    visits = book_three(workers, "front_desk")
    workers.tell(moved(visits[1], STARTS_AT + DAY), BOOKED_AT + MINUTE, role="front_desk")
    assert confirmations(workers) == {"confirmation:1": "pending"}
    [row] = [row for row in workers.rows() if row["kind"] == "confirmation"]
    assert row["due_at"] == BOOKED_AT + 3 * MINUTE
    assert row["not_after"] == STARTS_AT + DAY


def announced(workers: Workers) -> list[tuple[UUID, str, str]]:
    rows = [row for row in workers.rows() if row["kind"] == "confirmation" and row["state"] != "withdrawn"]
    return sorted((row["about"], short(row["key"]), row["announcement"]) for row in rows)


def test_whoever_is_told_instead_gets_a_confirmation_and_the_same_reminders(workers: Workers) -> None:
    visit = workers.book()
    reminders = {key: due for key, due in workers.pending().items() if key.startswith("reminder")}
    workers.change("UPDATE due_messages SET state = 'sent', sent_at = now() WHERE kind = 'confirmation'")
    workers.tell(readdressed(visit, new_id()), BOOKED_AT + DAY, role="front_desk")
    assert announced(workers)[1:] == [(visit.appointment_id, "confirmation:2", "booked")]
    assert workers.pending() == reminders | {"confirmation:2": BOOKED_AT + DAY + 2 * MINUTE}


def test_whom_staff_tell_themselves_and_who_was_told_before_get_none(workers: Workers) -> None:
    visit, named = workers.book(), new_id()
    workers.change("UPDATE due_messages SET state = 'sent', sent_at = now() WHERE kind = 'confirmation'")
    workers.tell(readdressed(visit, named, notify=False), BOOKED_AT + DAY)
    assert len(announced(workers)) == 1
    workers.tell(readdressed(visit, None), BOOKED_AT + 2 * DAY, role="front_desk")
    workers.tell(readdressed(visit, named), BOOKED_AT + 2 * DAY + MINUTE, role="front_desk")
    assert len(announced(workers)) == 1


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("when", [MINUTE, DAY])
def test_a_visit_of_a_booking_that_is_readdressed_is_told_alone_and_no_other_twice(
    workers: Workers, which: int, when: timedelta
) -> None:
    visits = book_three(workers, "front_desk")
    is_sent = when > 2 * MINUTE
    if is_sent:
        workers.change("UPDATE due_messages SET state = 'sent', sent_at = now() WHERE kind = 'confirmation'")
    workers.tell(readdressed(visits[which], new_id()), BOOKED_AT + when, role="front_desk")
    ids = [visit.appointment_id for visit in visits]
    mine = (ids[which], "confirmation:2", "booked")
    together = (ids[0], "confirmation:1", "booked")
    alone = [(each, "confirmation:1", "booked") for each in ids[1:]]
    expected = [mine, together] if is_sent or which else [mine, *alone]
    assert announced(workers) == sorted(expected)
