"""Messages that reach nobody, and urgent changes that nobody confirms, are handed to people once each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.embedded.processes import free_port
from shared.settings import DatabaseSettings
from tests.support.log import cancelled, moved
from tests.support.messages import at
from tests.support.providers import Scheduling, a_scheduling
from tests.support.workers import STARTS_AT, Workers, a_workers
from workers.messages.handing import hand_over
from workers.messages.recipients import Recipients

EVENING = at("2026-11-23 22:30")
"""Within twelve hours of the visit, and at night."""

LATER = EVENING + timedelta(minutes=35)


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


@pytest.fixture
def scheduling() -> Iterator[Scheduling]:
    with a_scheduling() as made:
        yield made


@pytest.fixture
def recipients(scheduling: Scheduling) -> Iterator[Recipients]:
    asked = Recipients(scheduling.url, lambda: "token")
    yield asked
    asked.close()


def urgent(workers: Workers) -> UUID:
    """A visit that the clinic moves by an hour on the evening before."""
    visit = workers.book()
    workers.tell(moved(visit, STARTS_AT + timedelta(hours=1), initiator="clinic"), EVENING)
    return visit.appointment_id


def stop(workers: Workers, state: str = "stopped", reason: str = "no_contact") -> None:
    """What becomes of every message when its client cannot be reached."""
    workers.change(
        "UPDATE due_messages SET state = :state, reason = :reason, lease_token = NULL", state=state, reason=reason
    )


def causes(scheduling: Scheduling) -> list[str]:
    return [item["cause"] for item in scheduling.wanted_tasks]


def hand(workers: Workers, recipients: Recipients, now: datetime = LATER) -> int:
    return hand_over(workers.engine, recipients, now)


def test_an_urgent_change_goes_out_on_both_channels_at_night(workers: Workers) -> None:
    rows = {
        row["via"]: row for row in workers.rows(urgent(workers)) if row["kind"] == "confirmation" if row["version"] == 2
    }
    assert set(rows) == {"email", "sms"}
    assert {row["state"] for row in rows.values()} == {"pending"}
    assert all(row["quiet_from"] is None and row["due_at"] - EVENING < timedelta(minutes=5) for row in rows.values())


def test_an_urgent_change_by_staff_goes_out_at_once_and_a_second_one_too(workers: Workers) -> None:
    visit = workers.book()
    for minutes, later in ((0, 1), (1, 0)):
        starts_at = STARTS_AT + timedelta(hours=later)
        workers.tell(moved(visit, starts_at, initiator="clinic"), EVENING + timedelta(minutes=minutes), role="manager")
    due = {(row["version"], row["due_at"]) for row in workers.rows() if row["via"] != "any"}
    assert due == {(2, EVENING), (3, EVENING + timedelta(minutes=1))}


def test_an_urgent_change_that_nobody_confirms_becomes_a_task_once(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    visit = urgent(workers)
    assert hand(workers, recipients, EVENING + timedelta(minutes=29)) == 0
    assert hand(workers, recipients) == 1
    assert hand(workers, recipients, LATER + timedelta(minutes=5)) == 0
    assert causes(scheduling) == ["unconfirmed"]
    assert workers.states(visit)["unconfirmed:2"] == ("sent", "contact_task")


def test_an_urgent_change_that_was_confirmed_is_left_alone(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    visit = urgent(workers)
    scheduling.settled = {visit}
    assert hand(workers, recipients) == 1
    assert workers.states(visit)["unconfirmed:2"] == ("withdrawn", "settled")


def test_what_scheduling_could_not_be_told_is_told_after_the_lease(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    urgent(workers)
    scheduling.away = True
    assert hand(workers, recipients) == 0
    scheduling.away = False
    assert hand(workers, recipients, LATER + timedelta(seconds=30)) == 0
    assert hand(workers, recipients, LATER + timedelta(seconds=61)) == 1
    assert causes(scheduling) == ["unconfirmed"]


def test_a_second_change_takes_the_look_for_the_first_away(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    visit = workers.book()
    workers.tell(moved(visit, STARTS_AT + timedelta(hours=1), initiator="clinic"), EVENING)
    workers.tell(cancelled(visit, initiator="client"), EVENING + timedelta(minutes=10))
    assert workers.states(visit.appointment_id)["unconfirmed:2"][0] == "withdrawn"
    assert hand(workers, recipients) == 0


@pytest.mark.parametrize(
    ("state", "reason", "cause"),
    [
        ("stopped", "no_contact", "no_contact"),
        ("stopped", "blocked", "no_contact"),
        ("stopped", "address_refused_550", "undeliverable"),
        ("stopped", "gave_up: http_500", "undeliverable"),
        ("in_doubt", "sender_died", "in_doubt"),
    ],
)
def test_what_reached_nobody_becomes_a_task(
    workers: Workers, scheduling: Scheduling, recipients: Recipients, state: str, reason: str, cause: str
) -> None:
    workers.book()
    stop(workers, state, reason)
    workers.change("UPDATE due_messages SET next_at = :now", now=EVENING)
    assert hand(workers, recipients, EVENING) > 0
    assert set(causes(scheduling)) == {cause}
    assert hand(workers, recipients, EVENING + timedelta(hours=1)) == 0


def test_nobody_is_called_who_wants_no_messages_or_whose_visit_has_begun(
    workers: Workers, scheduling: Scheduling, recipients: Recipients
) -> None:
    workers.book()
    stop(workers, reason="no_consent")
    workers.change("UPDATE due_messages SET next_at = :now", now=EVENING)
    assert hand(workers, recipients, EVENING) == 0
    stop(workers, reason="no_contact")
    assert hand(workers, recipients, STARTS_AT + timedelta(minutes=1)) == 0
    assert scheduling.wanted_tasks == []


def test_nothing_is_lost_while_scheduling_is_away(workers: Workers) -> None:
    urgent(workers)
    nobody = Recipients(f"http://127.0.0.1:{free_port()}", lambda: "token")
    assert hand(workers, nobody) == 0
    nobody.close()
