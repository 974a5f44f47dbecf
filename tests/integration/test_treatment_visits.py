"""Treatment's visits follow the whole life of an appointment, of one's own chain only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.treatment.views import VIEWS
from shared.database import Database
from shared.events import scheduling as s
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged
from shared.ids import new_id
from shared.keys import About
from shared.settings import DatabaseSettings
from tests.support.consuming import Setting, a_setting
from tests.support.keys import sealer
from tests.support.log import START, a_chain, arrived, booked, cancelled, changed, confirmed, corrected, moved

CHAIN = a_chain(1)
VISIT = booked()


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


def visit_after(setting: Setting, *events: Any) -> dict[str, Any]:
    """The row after VISIT was booked and the given events happened to it."""
    setting.log.record(CHAIN, VISIT, *events)
    consumer = setting.consumer()
    consumer.round()
    assert setting.letters() == []
    (row,) = setting.visits()
    return row


def test_a_booked_visit_says_who_where_and_when(setting: Setting) -> None:
    row = visit_after(setting)
    same = ("appointment_id", "client_id", "therapist_id", "clinic_id", "room_id", "offering_id", "offering_version")
    for name in (*same, "starts_at", "ends_at", "time_zone"):
        assert row[name] == getattr(VISIT, name)
    assert (row["chain_id"], row["status"], row["version"], row["confirmed"]) == (CHAIN, "booked", 1, False)


def test_a_moved_visit_is_where_it_was_moved_to_and_no_longer_confirmed(setting: Setting) -> None:
    elsewhere = moved(VISIT, START + timedelta(days=1), clinic_id=CHAIN, therapist_id=CHAIN)
    row = visit_after(setting, confirmed(VISIT), elsewhere)
    assert (row["starts_at"], row["ends_at"]) == (elsewhere.starts_at, elsewhere.ends_at)
    assert (row["clinic_id"], row["therapist_id"]) == (CHAIN, CHAIN)
    assert (row["confirmed"], row["version"]) == (False, 3)


def test_a_corrected_visit_has_the_status_it_should_have_and_no_times_of_what_never_was(setting: Setting) -> None:
    row = visit_after(setting, arrived(VISIT), fulfilled(VISIT), corrected(VISIT, "fulfilled", "booked"))
    assert (row["status"], row["version"]) == ("booked", 4)
    assert (row["arrived_at"], row["actual_starts_at"], row["actual_ends_at"]) == (None, None, None)


def test_a_changed_visit_has_its_new_offering_and_length(setting: Setting) -> None:
    other = changed(VISIT, 90, offering_id=CHAIN, offering_version=3, room_id=CHAIN)
    row = visit_after(setting, confirmed(VISIT), other)
    assert (row["ends_at"], row["offering_id"], row["offering_version"]) == (other.ends_at, CHAIN, 3)
    assert (row["room_id"], row["confirmed"], row["version"]) == (CHAIN, True, 3)


def fulfilled(visit: s.AppointmentBooked) -> s.AppointmentFulfilled:
    return s.AppointmentFulfilled(
        appointment_id=visit.appointment_id,
        client_id=visit.client_id,
        happened_at=visit.ends_at,
        actual_starts_at=visit.starts_at + timedelta(minutes=4),
        actual_ends_at=visit.ends_at,
    )


def missed(visit: s.AppointmentBooked) -> s.AppointmentMissed:
    return s.AppointmentMissed(
        appointment_id=visit.appointment_id, client_id=visit.client_id, happened_at=visit.ends_at, reason=None
    )


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (confirmed(VISIT), "booked"),
        (cancelled(VISIT), "cancelled"),
        (arrived(VISIT), "arrived"),
        (fulfilled(VISIT), "fulfilled"),
        (missed(VISIT), "noshow"),
        (s.AppointmentLabelled(appointment_id=VISIT.appointment_id, external_ids={"x": "1"}), "booked"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_event_of_its_life_leaves_its_mark(setting: Setting, event: Any, status: str) -> None:
    row = visit_after(setting, event)
    assert (row["status"], row["version"]) == (status, 2)
    assert row["confirmed"] == isinstance(event, s.AppointmentConfirmed)


def test_what_was_noted_at_the_clinic_is_kept(setting: Setting) -> None:
    row = visit_after(setting, arrived(VISIT), fulfilled(VISIT))
    assert row["arrived_at"] == VISIT.starts_at
    assert row["actual_starts_at"] == VISIT.starts_at + timedelta(minutes=4)
    assert row["actual_ends_at"] == VISIT.ends_at


def test_a_waived_lateness_changes_nothing_but_the_version(setting: Setting) -> None:
    waived = s.AppointmentLatenessWaived(
        appointment_id=VISIT.appointment_id, client_id=VISIT.client_id, reason="first time"
    )
    row = visit_after(setting, cancelled(VISIT, late=True), waived)
    assert (row["status"], row["version"]) == ("cancelled", 3)


def test_a_change_of_a_visit_that_was_never_booked_is_set_aside(setting: Setting) -> None:
    setting.log.record(CHAIN, confirmed(VISIT))
    setting.consumer().round()
    assert setting.letters() == [(1, "parked")]


def test_events_about_other_things_change_no_visit(setting: Setting) -> None:
    chain = s.ChainCreated(chain_id=CHAIN, slug="demo", name="Demo")
    setting.log.record(CHAIN, chain, stream=f"chain-{CHAIN}")
    setting.consumer().round()
    assert setting.visits() == []
    assert setting.letters() == []
    assert setting.position(1) == 1


def test_a_chain_sees_only_its_own_visits(setting: Setting) -> None:
    visit_after(setting)
    database = Database(setting.engine, sealer=sealer(), views=VIEWS)
    for chain_id, expected in ((CHAIN, 1), (a_chain(1), 0)):
        with database.reading(chain_id) as connection:
            assert connection.execute(text("SELECT count(*) FROM visits")).scalar_one() == expected
    with setting.engine.begin() as connection:
        connection.execute(text("SELECT enter_views()"))
        assert connection.execute(text("SELECT count(*) FROM visits")).scalar_one() == 0


def test_a_visit_is_the_persons_that_its_client_stands_for(setting: Setting) -> None:
    """Also one that is told of after the merge under the old id, and only as long as the merge stands."""
    person, later = new_id(), new_id()
    alone = visit_after(setting)

    def tell(*events: Any, stream: str) -> list[dict[str, Any]]:
        setting.log.record(CHAIN, *events, stream=stream)
        setting.consumer().round()
        assert setting.letters() == []
        return sorted(setting.visits(), key=lambda row: row["appointment_id"] != VISIT.appointment_id)

    merged = f"merging-{VISIT.client_id}"
    (row,) = tell(ClientsMerged(client_id=VISIT.client_id, into_id=person), stream=merged)
    assert row == alone | {"client_id": person}
    tell(ClientsMerged(client_id=person, into_id=later), stream=f"merging-{person}")
    more = booked(client_id=VISIT.client_id)
    rows = tell(more, stream=f"appointment-{more.appointment_id}")
    assert [row["client_id"] for row in rows] == [later, later]
    rows = tell(ClientsUnmerged(client_id=person, from_id=later), stream=f"merging-{person}")
    assert [row["client_id"] for row in rows] == [person, person]
    rows = tell(ClientsUnmerged(client_id=VISIT.client_id, from_id=person), stream=merged)
    assert rows[0] == alone


def test_the_keys_of_an_erased_client_are_destroyed_here_too(setting: Setting) -> None:
    erased = ClientErased(
        request_id=new_id(),
        client_id=VISIT.client_id,
        client_ids=(VISIT.client_id,),
        classes=("clinical",),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=START,
    )
    database = Database(setting.engine, sealer=sealer(), views=VIEWS)
    about = About(VISIT.client_id, "clinical")
    with database.reading(CHAIN) as connection:
        assert sealer().keyring.keys_for(connection, CHAIN, [about])[about].secret is not None
    setting.log.record(CHAIN, VISIT)
    setting.log.record(CHAIN, erased, stream="erasure-1")
    setting.consumer().round()
    assert setting.letters() == []
    with database.reading(CHAIN) as connection:
        assert sealer().keyring.keys_for(connection, CHAIN, [about])[about].secret is None
