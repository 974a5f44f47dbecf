"""Treatment's read models are made anew from two logs, its own and scheduling's, and come out the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from services.treatment.own_views import OWN_VIEWS
from services.treatment.rebuild import read_models
from services.treatment.sessions.decider import SESSION
from services.treatment.sessions.decisions.signing import Lock
from services.treatment.sessions.decisions.starting import Start
from shared.event_store import Transaction
from shared.events.treatment_access import AccessGranted, CoverEnded, CoverStarted, GlassBroken, GlassReviewed
from shared.ids import new_id
from shared.rebuild import rebuild
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings, Settings
from tests.support.consuming import Setting, a_setting
from tests.support.keys import MASTER_KEYS
from tests.support.log import WHO, Log, a_chain, a_log, booked, confirmed
from tests.support.read_models import active, content
from tests.unit.sessions.builders import NOW as THEN, SESSION_ID, STARTED, THERAPIST, a_test, charting, signing

CHAIN = a_chain(3)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


@pytest.fixture
def own(treatment_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(treatment_db, OWN_VIEWS) as log:
        yield log


def a_cover(cover_id: UUID) -> CoverStarted:
    return CoverStarted(
        cover_id=cover_id,
        clinic_id=new_id(),
        subject="anna",
        time_zone="Europe/Berlin",
        day_starts_at=NOW - timedelta(hours=10),
        day_ends_at=NOW + timedelta(hours=14),
        started_at=NOW,
        until=NOW + timedelta(hours=8),
    )


def a_break(break_id: UUID, client_id: UUID) -> GlassBroken:
    return GlassBroken(
        client_id=client_id,
        break_id=break_id,
        subject="anna",
        clinic_id=None,
        reason="Fainted in the waiting room.",
        broken_at=NOW,
        until=NOW + timedelta(minutes=30),
    )


def a_session() -> list[Any]:
    """A session that was signed, charted again, signed and locked."""
    commands = (
        Start(STARTED, THEN),
        charting(a_test()),
        signing(),
        charting(a_test()),
        signing(),
        Lock(THERAPIST, THEN),
    )
    events: list[Any] = []
    for command in commands:
        events += SESSION.decide(command, reduce(SESSION.evolve, events, SESSION.initial))
    return events


def test_a_rebuild_from_both_logs_gives_the_same(setting: Setting, own: Log, treatment_db: DatabaseSettings) -> None:
    visit, cover_id, break_id, grant_id = booked(), new_id(), new_id(), new_id()
    granted = AccessGranted(
        client_id=visit.client_id,
        grant_id=grant_id,
        basis="visit",
        appointment_id=visit.appointment_id,
        clinic_id=visit.clinic_id,
        therapist_id=visit.therapist_id,
        subject="anna",
        self_booked=True,
        granted_at=NOW,
        until=NOW + timedelta(days=3),
    )
    reviewed = GlassReviewed(
        client_id=visit.client_id, break_id=break_id, outcome="justified", note="Right.", reviewed_at=NOW
    )
    setting.log.record(CHAIN, visit)
    setting.consumer().round()
    own.record(CHAIN, a_cover(cover_id), CoverEnded(cover_id=cover_id, ended_at=NOW), stream=f"cover-{cover_id}")
    own.record(CHAIN, granted, replace(reviewed, break_id=grant_id), stream=f"access-{grant_id}")
    own.record(CHAIN, *a_session(), stream=f"session-{SESSION_ID}")
    own.record(CHAIN, a_break(break_id, visit.client_id), reviewed, stream=f"glass-{break_id}")
    setting.log.record(CHAIN, confirmed(visit))
    setting.consumer().round()
    before = content(setting.owner, active(setting.owner))
    tables = ("visits", "covers", "visit_grants", "glass_breaks", "sessions", "record_streams")
    assert {name: len(before[name]) for name in tables} == dict.fromkeys(tables, 1) | {"glass_breaks": 2}
    assert "locked" in before["sessions"][0]

    settings = Settings.read({"SYNERGIST_MASTER_KEYS": MASTER_KEYS, "SYNERGIST_SERVICE_KEY": "of no use"})
    settings = replace(settings, treatment=treatment_db)
    models = read_models(settings, {"treatment": LogAtHand(own.reader), "scheduling": setting.feed})
    rebuilt = rebuild(models)
    models.owner.dispose()
    assert rebuilt.events == 14
    assert content(setting.owner, active(setting.owner)) == before


def test_what_is_personal_in_an_event_of_treatment_is_sealed_and_read_again(own: Log) -> None:
    break_id, client_id = new_id(), new_id()
    own.record(CHAIN, a_break(break_id, client_id), stream=f"glass-{break_id}")
    (row,) = own.all_rows()
    assert "waiting room" not in str(row.data)

    def reason(transaction: Transaction) -> Any:
        return transaction.load(f"glass-{break_id}")[0].event.reason

    assert own.database.command(CHAIN, WHO, reason) == "Fainted in the waiting room."
