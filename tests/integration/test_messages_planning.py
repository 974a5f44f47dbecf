"""Events become due messages, withdrawn ones and revived ones, in the workers' own database."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from shared.events import EVENTS, scheduling_erasure as erasure, scheduling_people as people
from shared.events.scheduling_links import FreshLinkAsked
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.log import arrived, booked, cancelled, changed, confirmed, corrected, moved
from tests.support.messages import at
from tests.support.workers import BOOKED_AT, STARTS_AT, Workers, a_workers, client, client_changed, policy
from workers.consume import HANDLERS, WITHOUT_MESSAGES
from workers.rebuild import plan_again

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


@pytest.mark.postgres15
def test_a_booking_plans_its_confirmation_and_reminders(workers: Workers) -> None:
    visit = workers.book()
    assert workers.pending() == {
        "confirmation:1": BOOKED_AT,
        "reminder:1:2880": at("2026-11-22 10:00"),
        "reminder:1:120": at("2026-11-24 08:00"),
    }
    assert {row["not_after"] for row in workers.rows()} == {visit.starts_at}


def test_being_told_again_adds_nothing(workers: Workers) -> None:
    visit = workers.book()
    before = workers.rows()
    workers.tell(confirmed(visit), BOOKED_AT + DAY)
    workers.tell(client_changed(visit.client_id), BOOKED_AT + DAY, stream="client-1")
    assert workers.rows() == before


def test_nothing_more_is_sent_about_an_erased_client_and_no_word_of_a_provider_is_kept(workers: Workers) -> None:
    visit, other = workers.book(), workers.book()
    workers.change(
        "UPDATE due_messages SET state = 'sent', sent_at = now(), provider_id = 'mail-17' WHERE kind <> 'reminder'"
    )
    erased = erasure.ClientErased(
        request_id=new_id(),
        client_id=visit.client_id,
        client_ids=(visit.client_id,),
        classes=("contact",),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=BOOKED_AT,
    )
    before = workers.rows(other.appointment_id)
    for _ in range(2):
        workers.tell(erased, BOOKED_AT + DAY, stream="erasure-1")
    assert workers.states(visit.appointment_id) == {
        "confirmation:1": ("sent", None),
        "reminder:1:2880": ("withdrawn", "erased"),
        "reminder:1:120": ("withdrawn", "erased"),
    }
    assert {row["provider_id"] for row in workers.rows(visit.appointment_id)} == {None}
    assert workers.rows(other.appointment_id) == before


def test_a_move_withdraws_what_was_planned_and_plans_anew(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + DAY)
    assert workers.states() == {
        "confirmation:1": ("withdrawn", "moved"),
        "confirmation:2": ("pending", None),
        "reminder:1:2880": ("withdrawn", "moved"),
        "reminder:1:120": ("withdrawn", "moved"),
        "reminder:2:2880": ("pending", None),
        "reminder:2:120": ("pending", None),
    }
    assert workers.pending()["reminder:2:120"] == at("2026-11-25 08:00")


def test_moving_away_and_back_plans_anew(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + DAY)
    workers.tell(moved(visit, STARTS_AT), BOOKED_AT + 2 * DAY)
    assert set(workers.pending()) == {"confirmation:3", "reminder:3:2880", "reminder:3:120"}
    assert workers.pending()["reminder:3:120"] == at("2026-11-24 08:00")


def test_a_fresh_link_is_a_message_of_its_own_that_no_plan_withdraws(workers: Workers) -> None:
    visit = workers.book()
    asked = FreshLinkAsked(
        request_id=new_id(), appointment_id=visit.appointment_id, client_id=visit.client_id, asked_at=BOOKED_AT
    )
    for _ in range(2):
        workers.tell(asked, BOOKED_AT + DAY)
    workers.tell(cancelled(visit), BOOKED_AT + DAY + MINUTE)
    [row] = [row for row in workers.rows() if row["kind"] == "link"]
    assert (row["key"], row["state"], row["due_at"]) == (f"link:{asked.request_id}", "pending", BOOKED_AT + DAY)
    assert row["not_after"] == BOOKED_AT + DAY + 60 * MINUTE


def test_a_cancellation_withdraws_all_but_its_own_announcement(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(cancelled(visit), BOOKED_AT + DAY)
    assert set(workers.pending()) == {"confirmation:2"}
    assert workers.states()["reminder:1:120"] == ("withdrawn", "cancelled")


def test_what_was_sent_stays_sent(workers: Workers) -> None:
    visit = workers.book()
    workers.change("UPDATE due_messages SET state = 'sent', sent_at = now() WHERE kind = 'confirmation'")
    workers.tell(cancelled(visit), BOOKED_AT + DAY)
    assert workers.states()["confirmation:1"] == ("sent", None)


def test_an_arrival_ends_what_was_still_to_come(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(arrived(visit), STARTS_AT - timedelta(hours=1))
    assert workers.pending() == {}
    assert workers.states()["reminder:1:120"] == ("withdrawn", "arrived")


def test_what_a_sender_holds_is_taken_back_and_what_is_going_out_is_marked(workers: Workers) -> None:
    visit = workers.book()
    workers.change("UPDATE due_messages SET state = 'leased', lease_token = gen_random_uuid() WHERE key LIKE '%2880'")
    workers.change("UPDATE due_messages SET state = 'sending', lease_token = gen_random_uuid() WHERE key LIKE '%120'")
    workers.tell(cancelled(visit), BOOKED_AT + DAY)
    rows = {row["key"].rpartition(":")[2]: row for row in workers.rows()}
    assert (rows["2880"]["state"], rows["2880"]["lease_token"]) == ("withdrawn", None)
    assert (rows["120"]["state"], rows["120"]["unwanted"]) == ("sending", "cancelled")
    assert rows["120"]["lease_token"] is not None


def test_another_zone_moves_reminders_out_of_its_night(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(client_changed(visit.client_id, "America/New_York"), BOOKED_AT + DAY, stream="client-1")
    assert workers.pending()["reminder:1:120"] == at("2026-11-23 20:45", "America/New_York")
    workers.tell(client_changed(visit.client_id), BOOKED_AT + 2 * DAY, stream="client-1")
    assert workers.pending()["reminder:1:120"] == at("2026-11-24 08:00")


def test_a_reminder_that_another_zone_makes_impossible_says_that_it_was_planned_again(workers: Workers) -> None:
    visit = workers.book(at("2026-11-24 02:50"))
    workers.tell(moved(visit, STARTS_AT), at("2026-11-24 03:00"))
    assert workers.pending()["reminder:2:120"] == at("2026-11-24 08:00")
    workers.tell(client_changed(visit.client_id, "America/New_York"), at("2026-11-24 03:10"), stream="client-1")
    assert workers.states()["reminder:2:120"] == ("withdrawn", "planned_again")
    assert workers.states()["reminder:1:120"] == ("withdrawn", "moved")


def test_a_client_known_before_the_booking_has_its_zone_heeded(workers: Workers) -> None:
    visit = booked(starts_at=STARTS_AT)
    workers.tell(client(visit.client_id, "Asia/Tokyo"), BOOKED_AT - DAY, stream="client-1")
    workers.tell(visit, BOOKED_AT)
    assert workers.pending()["reminder:1:120"] == at("2026-11-24 16:00", "Asia/Tokyo")
    assert workers.pending()["reminder:1:2880"] == at("2026-11-22 18:00", "Asia/Tokyo")


def test_a_message_that_was_stopped_stays_stopped(workers: Workers) -> None:
    visit = workers.book()
    workers.change("UPDATE due_messages SET state = 'stopped', reason = 'invalid_number' WHERE key LIKE '%2880'")
    workers.tell(client_changed(visit.client_id, "Asia/Tokyo"), BOOKED_AT + DAY, stream="client-1")
    assert workers.states()["reminder:1:2880"] == ("stopped", "invalid_number")


def test_new_quiet_hours_of_the_chain_move_the_reminders_of_every_upcoming_visit(workers: Workers) -> None:
    visits = [workers.book(starts_at=STARTS_AT + timedelta(minutes=minute)) for minute in range(7)]
    workers.tell(policy("07:00", "09:00"), BOOKED_AT + DAY, stream="chain-1")
    for visit in visits:
        assert workers.pending(visit.appointment_id)["reminder:1:120"] == at("2026-11-24 06:45")
    assert {(row["quiet_from"], row["quiet_to"]) for row in workers.rows() if row["kind"] == "reminder"} == {(420, 540)}


def test_new_quiet_hours_reach_more_visits_than_fit_into_one_batch(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.messages.facts.BATCH", 2)
    visits = [workers.book() for _ in range(5)]
    workers.tell(policy("07:00", "09:00"), BOOKED_AT + DAY, stream="chain-1")
    for visit in visits:
        assert workers.pending(visit.appointment_id)["reminder:1:120"] == at("2026-11-24 06:45")


def test_a_later_try_is_not_brought_forward_by_planning_again(workers: Workers) -> None:
    visit = workers.book()
    later = at("2026-11-24 08:30")
    workers.change("UPDATE due_messages SET next_at = :later WHERE key LIKE '%120'", later=later)
    workers.tell(client_changed(visit.client_id), BOOKED_AT + DAY, stream="client-1")
    workers.tell(policy("22:00", "06:00"), BOOKED_AT + DAY, stream="chain-1")
    [row] = [row for row in workers.rows() if row["key"].endswith(":120")]
    assert (row["next_at"], row["quiet_from"]) == (later, 22 * 60)


def test_a_confirmation_by_staff_waits_two_minutes_and_tells_only_the_final_state(workers: Workers) -> None:
    visit = booked(starts_at=STARTS_AT)
    workers.tell(visit, BOOKED_AT, role="front_desk")
    assert workers.pending()["confirmation:1"] == BOOKED_AT + 2 * MINUTE
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + MINUTE, role="front_desk")
    workers.tell(moved(visit, STARTS_AT + 2 * DAY), BOOKED_AT + 2 * MINUTE, role="manager")
    assert workers.said() == {"confirmation:3": ("booked", BOOKED_AT + 4 * MINUTE)}


def test_a_visit_booked_and_cancelled_by_staff_within_two_minutes_is_not_spoken_of(workers: Workers) -> None:
    visit = booked(starts_at=STARTS_AT)
    workers.tell(visit, BOOKED_AT, role="front_desk")
    workers.tell(cancelled(visit), BOOKED_AT + MINUTE, role="front_desk")
    assert workers.said() == {}


def test_moved_away_and_back_by_staff_within_two_minutes_needs_no_word(workers: Workers) -> None:
    visit = booked(starts_at=STARTS_AT)
    workers.tell(visit, BOOKED_AT, role="front_desk")
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + DAY, role="front_desk")
    workers.tell(moved(visit, STARTS_AT), BOOKED_AT + DAY + MINUTE, role="front_desk")
    assert workers.said() == {}


def test_after_the_wait_the_next_change_is_told_as_one(workers: Workers) -> None:
    visit = booked(starts_at=STARTS_AT)
    workers.tell(visit, BOOKED_AT, role="front_desk")
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + 3 * MINUTE, role="front_desk")
    assert workers.said() == {"confirmation:2": ("moved", BOOKED_AT + 5 * MINUTE)}
    workers.tell(cancelled(visit), BOOKED_AT + 4 * MINUTE)
    assert workers.said() == {"confirmation:3": ("cancelled", BOOKED_AT + 4 * MINUTE)}


def test_the_chain_says_how_long_staff_confirmations_wait(workers: Workers) -> None:
    workers.tell(policy(staff_confirmation_wait_seconds=10), BOOKED_AT - DAY, stream="chain-1")
    workers.tell(booked(starts_at=STARTS_AT), BOOKED_AT, role="front_desk")
    assert workers.pending()["confirmation:1"] == BOOKED_AT + timedelta(seconds=10)


def test_a_confirmation_that_would_wait_past_the_start_goes_at_once(workers: Workers) -> None:
    workers.tell(booked(starts_at=STARTS_AT), STARTS_AT - MINUTE, role="front_desk")
    assert workers.pending()["confirmation:1"] == STARTS_AT - MINUTE


def test_a_cancellation_that_was_told_and_corrected_is_told_as_a_booking_and_reminded_of(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(cancelled(visit), BOOKED_AT + DAY)
    workers.tell(corrected(visit, "cancelled", "booked"), BOOKED_AT + 2 * DAY)
    assert workers.said() == {"confirmation:3": ("booked", BOOKED_AT + 2 * DAY)}
    assert workers.pending() == {
        "confirmation:3": BOOKED_AT + 2 * DAY,
        "reminder:1:2880": at("2026-11-22 10:00"),
        "reminder:1:120": at("2026-11-24 08:00"),
    }


def test_a_wrong_tap_put_right_within_two_minutes_is_not_spoken_of(workers: Workers) -> None:
    visit = workers.book()
    workers.change("UPDATE due_messages SET state = 'sent', sent_at = now() WHERE key LIKE '%2880'")
    workers.tell(cancelled(visit), BOOKED_AT + DAY, role="front_desk")
    workers.tell(corrected(visit, "cancelled", "booked"), BOOKED_AT + DAY + MINUTE, role="front_desk")
    assert workers.said() == {}
    assert set(workers.pending()) == {"reminder:1:120"}


def test_a_client_who_was_told_of_a_cancellation_hears_of_the_visit_also_after_a_wrong_arrival(
    workers: Workers,
) -> None:
    visit = workers.book()
    workers.tell(cancelled(visit), BOOKED_AT)
    workers.tell(corrected(visit, "cancelled", "arrived"), STARTS_AT - 60 * MINUTE)
    assert workers.pending() == {}
    workers.tell(corrected(visit, "arrived", "booked"), STARTS_AT - 30 * MINUTE)
    assert workers.said() == {"confirmation:4": ("booked", STARTS_AT - 30 * MINUTE)}


def test_an_arrival_that_was_none_brings_the_reminders_back_without_a_word(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(arrived(visit), BOOKED_AT + DAY)
    workers.tell(corrected(visit, "arrived", "booked"), BOOKED_AT + DAY)
    assert set(workers.pending()) == {"reminder:1:2880", "reminder:1:120"}


def test_a_longer_visit_is_told_with_its_new_end_and_keeps_its_reminders(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(changed(visit, 90), BOOKED_AT + DAY)
    assert workers.said() == {"confirmation:2": ("changed", BOOKED_AT + DAY)}
    assert set(workers.pending()) == {"confirmation:2", "reminder:1:2880", "reminder:1:120"}


def test_an_offering_with_other_lead_times_is_reminded_of_by_these_from_now_on(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(changed(visit, 90, reminder_lead_minutes=(20_000, 60)), BOOKED_AT + DAY)
    assert set(workers.pending()) == {"confirmation:2", "reminder:2:60"}


def test_another_room_is_no_news(workers: Workers) -> None:
    visit = workers.book()
    workers.tell(changed(visit, 50, room_id=new_id()), BOOKED_AT + DAY)
    assert workers.said() == {}


def test_what_was_entered_afterwards_is_not_spoken_of(workers: Workers) -> None:
    workers.tell(booked(starts_at=STARTS_AT, happened=True, notify=False), STARTS_AT + DAY, role="front_desk")
    assert workers.rows() == []


def test_what_staff_tell_themselves_is_not_confirmed_but_still_reminded_of(workers: Workers) -> None:
    visit = workers.book(notify=False)
    assert set(workers.pending()) == {"reminder:1:2880", "reminder:1:120"}
    workers.tell(moved(visit, STARTS_AT + DAY), BOOKED_AT + DAY)
    assert workers.said() == {"confirmation:2": ("moved", BOOKED_AT + DAY)}
    workers.tell(cancelled(visit, notify=False), BOOKED_AT + DAY)
    assert workers.pending() == {}


@pytest.mark.parametrize(
    ("starts_at", "due_at"),
    [
        ("2026-03-29 09:30", "2026-03-28 20:45"),
        ("2026-03-29 10:30", "2026-03-29 08:30"),
        ("2026-10-25 09:30", "2026-10-24 20:45"),
        ("2026-10-25 10:30", "2026-10-25 08:30"),
    ],
)
def test_reminders_keep_to_the_wall_clock_on_the_days_when_clocks_change(
    workers: Workers, starts_at: str, due_at: str
) -> None:
    workers.book(starts_at=at(starts_at), recorded_at=at("2026-02-01 10:00"))
    assert workers.pending()["reminder:1:120"] == at(due_at)


def test_replaying_into_the_idle_facts_changes_no_message(workers: Workers) -> None:
    visit = booked(starts_at=STARTS_AT)
    lives = (
        (visit, BOOKED_AT),
        (moved(visit, STARTS_AT + DAY), BOOKED_AT + DAY),
        (moved(visit, STARTS_AT), BOOKED_AT + DAY + MINUTE),
        (cancelled(visit), BOOKED_AT + 2 * DAY),
    )
    for event, when in lives:
        workers.tell(event, when, role="front_desk")
    before = workers.rows()
    workers.versions.clear()
    for event, when in lives:
        workers.tell(event, when, schema="views_b", role="front_desk")
    assert workers.rows() == before
    with workers.engine.connect() as connection:
        live, replayed = (
            connection.execute(text(f"SELECT * FROM {schema}.visits")).all() for schema in ("views_a", "views_b")
        )
    assert live == replayed


def test_planning_again_after_a_rebuild_adds_what_is_missing_and_still_ahead(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.messages.facts.BATCH", 1)
    kept, lost = workers.book(), workers.book()
    workers.change(
        "UPDATE due_messages SET key = 'lost:' || key, about = :elsewhere, state = 'expired' WHERE about = :lost",
        elsewhere=new_id(),
        lost=lost.appointment_id,
    )
    workers.change("UPDATE views_a.visits SET lead_minutes = '{60, 120}'")
    plan_again(workers.engine, BOOKED_AT + DAY)
    assert workers.pending(lost.appointment_id) == {
        "reminder:1:120": at("2026-11-24 08:00"),
        "reminder:1:60": at("2026-11-24 09:00"),
    }
    assert workers.states(kept.appointment_id) == {
        "confirmation:1": ("pending", None),
        "reminder:1:2880": ("withdrawn", "planned_again"),
        "reminder:1:120": ("pending", None),
        "reminder:1:60": ("pending", None),
    }


def test_every_event_of_scheduling_changes_messages_or_is_said_not_to() -> None:
    known = {event for name, event in EVENTS.items() if name.startswith("scheduling.")}
    assert (set(HANDLERS) | WITHOUT_MESSAGES) >= known
    assert not set(HANDLERS) & WITHOUT_MESSAGES


def test_messages_follow_the_clock_of_the_person_whom_a_client_stands_for(workers: Workers) -> None:
    visit, person = workers.book(), new_id()
    workers.tell(client(visit.client_id), BOOKED_AT - DAY, stream="client-1")
    workers.tell(client(person, "America/New_York"), BOOKED_AT - DAY, stream="client-2")
    before = workers.rows()
    merged = people.ClientsMerged(client_id=visit.client_id, into_id=person)
    workers.tell(merged, BOOKED_AT + DAY, stream="merging-1")
    assert {row["client_id"] for row in workers.rows() if row["state"] == "pending"} == {person}
    assert {row["due_at"] for row in workers.rows()} != {row["due_at"] for row in before}
    workers.tell(client_changed(person), BOOKED_AT + 2 * DAY, stream="client-2")
    assert workers.rows() != before
    workers.tell(
        people.ClientsUnmerged(client_id=visit.client_id, from_id=person), BOOKED_AT + 3 * DAY, stream="merging-1"
    )
    assert workers.rows() == before
