"""Letters to staff: planned for those who are to hear of something, sent once, and never about anybody."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest

from shared.events.scheduling_staff import (
    LoginAttached,
    RoleGiven,
    StaffAdded,
    StaffAddressRefused,
    StaffAddressRemoved,
    StaffAddressSet,
    StaffDeactivated,
    StaffRole,
    StaffRolesClaimed,
)
from shared.events.treatment_access import AccessGranted, GlassBroken, GlassReviewed
from shared.events.treatment_alerts import AlertAcknowledged, AlertEscalated, AlertRaised
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.messages import staff_notice
from tests.support.sending import NOON, Office, an_office
from workers.messages.tally import Messages, Tally

CLINIC, THERAPIST, CLIENT = new_id(), new_id(), new_id()


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as office:
        yield office


def add(office: Office, role: StaffRole, login: str | None = None, **fields: Any) -> UUID:
    """Somebody at the clinic, whose address is made from their id."""
    staff_id = new_id()
    given = {"therapist_id": None, "roles": (RoleGiven(role=role, clinics=(CLINIC,)),)} | fields
    office.workers.tell(StaffAdded(staff_id=staff_id, name="Demo", **given), NOON, stream=f"staff-{staff_id}")
    if login is not None:
        attached = LoginAttached(staff_id=staff_id, issuer="synergist", subject=login)
        office.workers.tell(attached, NOON, stream=f"staff-{staff_id}")
    office.scheduling.knows(staff_id, staff_notice(address=f"{staff_id}@demo.example"))
    return staff_id


def set_address(office: Office, staff_id: UUID, *, tells_former: bool = False) -> None:
    event = StaffAddressSet(
        staff_id=staff_id, address="x@demo.example", locale="de", tells_former=tells_former, by_owner=False, set_at=NOON
    )
    office.workers.tell(event, NOON, stream=f"staff-{staff_id}")


def break_glass(office: Office, subject: str) -> UUID:
    break_id = new_id()
    broken = GlassBroken(
        client_id=CLIENT,
        break_id=break_id,
        subject=subject,
        clinic_id=CLINIC,
        reason="a reason that nobody reads in a letter",
        broken_at=NOON,
        until=NOON + timedelta(minutes=30),
    )
    office.workers.tell(broken, NOON, stream=f"glass-{break_id}")
    return break_id


def raise_alert(office: Office, alert_id: UUID) -> None:
    raised = AlertRaised(
        alert_id=alert_id,
        client_id=CLIENT,
        episode_id=None,
        check_in_id=new_id(),
        rules=("red_flag",),
        level="emergency",
        red_flags=("bladder_bowel",),
        score=9,
        before=(4,),
        therapist_id=THERAPIST,
        clinic_id=CLINIC,
        escalate_at=NOON + timedelta(minutes=30),
        happened_at=NOON,
    )
    office.workers.tell(raised, NOON, stream=f"alert-{alert_id}")


def escalate(office: Office, alert_id: UUID) -> None:
    event = AlertEscalated(
        alert_id=alert_id,
        client_id=CLIENT,
        level="emergency",
        clinic_id=CLINIC,
        step=1,
        to="managers",
        happened_at=NOON,
    )
    office.workers.tell(event, NOON, stream=f"alert-{alert_id}")


def told(office: Office) -> list[UUID]:
    """Who got mail, in the order of their ids."""
    return sorted(UUID(address.partition("@")[0]) for address, _ in office.mail.taken)


def states(office: Office) -> set[tuple[str, str, str | None]]:
    return {(row["kind"], row["state"], row["reason"]) for row in office.workers.rows()}


def test_a_manager_by_the_provider_s_word_hears_of_it_and_stands_for_others_while_it_is_new(office: Office) -> None:
    def claims(staff_id: UUID, days: int) -> None:
        roles = (RoleGiven(role="manager", clinics=(CLINIC,)),)
        said = StaffRolesClaimed(staff_id=staff_id, roles=roles, claimed_at=NOON - timedelta(days=days))
        office.workers.tell(said, NOON, stream=f"staff-{staff_id}")

    admin, claimed = add(office, "chain_admin"), add(office, "manager", roles=None)
    add(office, "manager", roles=None)
    set_address(office, claimed)
    claims(claimed, days=29)
    break_glass(office, "somebody")
    office.send()
    assert told(office).count(claimed) == 2
    assert admin not in told(office)
    claims(claimed, days=31)
    break_glass(office, "somebody")
    office.send()
    assert told(office).count(claimed) == 3
    assert admin in told(office)


def test_managers_hear_of_a_broken_glass_once_and_who_broke_it_does_not(office: Office) -> None:
    others = [add(office, "manager"), add(office, "manager")]
    add(office, "manager", "me")
    add(office, "front_desk")
    break_glass(office, "synergist me")
    office.send()
    office.send()
    assert told(office) == sorted(others)
    assert states(office) == {("staff_glass", "sent", None)}


def test_a_letter_says_that_something_waits_and_names_nobody(office: Office) -> None:
    add(office, "manager")
    break_id = break_glass(office, "somebody")
    office.send()
    [(_, content)] = office.mail.taken
    sent = message_from_bytes(content, policy=policy.default)
    body = sent.get_body(("plain",))
    assert body is not None
    words = f"{sent['Subject']} {body.get_content()}"
    assert "https://care.demo.example/staff/alerts" in words
    assert "X-Synergist-Receipt" not in sent
    assert not [each for each in (CLIENT, break_id, CLINIC) if str(each) in content.decode()]
    assert "reason" not in words
    [row] = office.workers.rows()
    assert row["client_id"] is None


def test_a_glass_that_was_reviewed_in_time_is_told_of_no_more(office: Office) -> None:
    add(office, "manager")
    break_id = break_glass(office, "somebody")
    reviewed = GlassReviewed(client_id=CLIENT, break_id=break_id, outcome="justified", note=None, reviewed_at=NOON)
    office.workers.tell(reviewed, NOON, stream=f"glass-{break_id}")
    office.send()
    assert states(office) == {("staff_glass", "withdrawn", "settled")}
    assert office.mail.taken == []


def test_where_nobody_is_to_be_told_a_row_says_so(office: Office) -> None:
    add(office, "manager", "me")
    break_glass(office, "synergist me")
    office.send()
    assert states(office) == {("staff_glass", "stopped", "nobody")}


def test_a_visit_of_ones_own_making_is_told_of_once_a_day(office: Office) -> None:
    manager = add(office, "manager")
    for self_booked in (True, True, False):
        grant_id = new_id()
        granted = AccessGranted(
            client_id=CLIENT,
            grant_id=grant_id,
            basis="visit",
            appointment_id=new_id(),
            clinic_id=CLINIC,
            therapist_id=THERAPIST,
            subject="synergist me",
            self_booked=self_booked,
            granted_at=NOON,
            until=NOON + timedelta(hours=1),
        )
        office.workers.tell(granted, NOON, stream=f"access-{grant_id}")
    office.send()
    assert told(office) == [manager]
    assert states(office) == {("staff_review", "sent", None)}


def test_an_alert_goes_to_who_leads_and_to_managers_when_nobody_takes_it_up(office: Office) -> None:
    lead, manager = add(office, "therapist", therapist_id=THERAPIST), add(office, "manager")
    alert_id = new_id()
    raise_alert(office, alert_id)
    office.send()
    assert told(office) == [lead]
    escalate(office, alert_id)
    office.send()
    assert told(office) == sorted([lead, manager])
    assert states(office) == {("staff_alert", "sent", None), ("staff_escalated", "sent", None)}
    [_, (_, content)] = office.mail.taken
    assert not [word for word in (b"bladder", b"emergency", str(CLIENT).encode()) if word in content]


def test_an_alert_of_a_therapist_whom_nobody_knows_goes_to_the_managers_at_once(office: Office) -> None:
    manager = add(office, "manager")
    raise_alert(office, new_id())
    office.send()
    assert told(office) == [manager]


def test_an_alert_that_was_taken_up_is_told_of_no_more_until_it_is_raised_anew(office: Office) -> None:
    lead = add(office, "therapist", therapist_id=THERAPIST)
    alert_id = new_id()
    raise_alert(office, alert_id)
    taken = AlertAcknowledged(alert_id=alert_id, client_id=CLIENT, action="called", note=None, happened_at=NOON)
    office.workers.tell(taken, NOON, stream=f"alert-{alert_id}")
    office.send()
    assert office.mail.taken == []
    raise_alert(office, alert_id)
    office.send()
    assert told(office) == [lead]


def test_who_has_left_is_not_written_to(office: Office) -> None:
    manager = add(office, "manager")
    office.workers.tell(StaffDeactivated(staff_id=manager), NOON, stream=f"staff-{manager}")
    break_glass(office, "somebody")
    office.send()
    assert states(office) == {("staff_glass", "stopped", "nobody")}


def test_a_new_address_is_greeted_and_the_one_before_is_told(office: Office) -> None:
    staff_id = add(office, "front_desk")
    set_address(office, staff_id)
    set_address(office, staff_id, tells_former=True)
    removed = StaffAddressRemoved(staff_id=staff_id, tells_former=True, removed_at=NOON)
    office.workers.tell(removed, NOON, stream=f"staff-{staff_id}")
    assert sorted(row["kind"] for row in office.workers.rows()) == 2 * ["staff_address"] + 2 * ["staff_former"]


def test_a_manager_without_an_address_does_not_stand_before_an_administrator_with_one(office: Office) -> None:
    add(office, "manager")
    admin = add(office, "chain_admin", roles=(RoleGiven(role="chain_admin", clinics=None),))
    set_address(office, admin)
    break_glass(office, "somebody")
    refused = StaffAddressRefused(staff_id=admin, set_at=NOON, refused_at=NOON)
    office.workers.tell(refused, NOON, stream=f"staff-{admin}")
    break_glass(office, "somebody")
    rows = [row["staff_id"] for row in office.workers.rows() if row["kind"] == "staff_glass"]
    assert len(rows) == len(set(rows)) == 2
    assert admin in rows


def test_an_address_that_takes_nothing_is_told_to_scheduling(office: Office) -> None:
    manager = add(office, "manager")
    office.mail.rcpt_replies[f"{manager}@demo.example"] = "550 5.1.1 no such mailbox"
    break_glass(office, "somebody")
    office.scheduling.away = False
    office.send()
    [said] = office.scheduling.staff_refused
    assert said["staff_id"] == str(manager)
    assert {state for _, state, _ in states(office)} == {"stopped"}
    assert office.scheduling.refused == []


def test_who_has_no_address_gets_nothing_and_it_is_counted(office: Office) -> None:
    office.scheduling.knows(add(office, "manager"), "no_address")
    break_glass(office, "somebody")
    office.send()
    office.scheduling.knows(add(office, "manager"), "gone")
    break_glass(office, "somebody")
    office.send()
    assert states(office) == {("staff_glass", "stopped", "no_address"), ("staff_glass", "stopped", "gone")}
    found = Messages(Tally(office.clock), office.sender().engine, office.clock).backlog(NOON + timedelta(days=1))
    assert [(each.name, each.samples[0].value) for each in found][-1] == ("synergist_staff_letters_undelivered", 2)
