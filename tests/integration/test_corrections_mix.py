"""Random days at the desk, over HTTP: nothing is ever taken twice, no visit is without a status, replay equals live."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.scheduling.rebuild import read_models
from shared.database import Database, make_engine
from shared.rebuild import rebuild
from shared.replay import LogAtHand
from shared.settings import Settings
from tests.support import checker
from tests.support.api import Chain, at
from tests.support.keys import sealer

STATUSES = ("booked", "arrived", "fulfilled", "noshow", "cancelled")
TAPS = 90
REFUSED = {409, 412}


class Day:
    """A clinic with two therapists and one room too few, and a hand that taps at random."""

    def __init__(self, chain: Chain, seed: int) -> None:
        self.random, self.chain = Random(seed), chain
        self.clinic = chain.clinic(opening_hours=[])
        self.rooms = [chain.room(self.clinic), chain.room(self.clinic, name="Other")]
        self.therapists = [chain.therapist(self.clinic), chain.therapist(self.clinic)]
        self.offerings = [chain.offering(), chain.offering(name="Other", duration_minutes=90)]
        self.clients = [chain.person() for _ in range(3)]
        self.visits: list[str] = []
        self.answers: list[int] = []

    def start(self) -> datetime:
        """Some minute of a few hours, before and after now."""
        return at(self.random.choice([0, 3]), 0) + timedelta(minutes=20 * self.random.randint(0, 12))

    def book(self) -> None:
        wish = {
            "offering_id": self.random.choice(self.offerings)["id"],
            "clinic_id": self.clinic["id"],
            "client_id": self.random.choice(self.clients)["id"],
            "therapist_id": self.random.choice(self.therapists)["id"],
            "starts_at": self.start().isoformat(),
        }
        how: dict[str, Any] = self.random.choice([{"override_reason": "so be it"}, {"happened": True}])
        answer = self.chain.desk.call("POST", "/v1/appointments", None, wish | how)
        self.answers.append(answer.status_code)
        if answer.status_code == 201:
            self.visits.append(answer.json["id"])  # type: ignore[index]

    def tap(self) -> None:
        visit = self.chain.desk.get(f"/v1/appointments/{self.random.choice(self.visits)}")
        what, body = self.random.choice(
            [
                ("cancel", {}),
                ("arrive", {}),
                ("fulfil", {}),
                ("no-show", {}),
                ("reschedule", {"starts_at": self.start().isoformat(), "override_reason": "so be it"}),
                ("change", {"duration_minutes": self.random.choice([30, 60, 120]), "override_reason": "so be it"}),
                ("change", {"offering_id": self.random.choice(self.offerings)["id"], "override_reason": "so be it"}),
                ("change", {"room_id": self.random.choice(self.rooms)["id"], "override_reason": "so be it"}),
                *[("correct", {"to": status, "reason": "wrong tap"}) for status in STATUSES],
            ]
        )
        path = f"/v1/appointments/{visit['id']}/{what}"
        answer = self.chain.desk.call("POST", path, None, body, If_Match=f'"{visit["version"]}"')
        self.answers.append(answer.status_code)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_mix_of_taps_takes_anything_twice_or_strands_a_visit(
    chain: Chain, scheduling_settings: Settings, seed: int
) -> None:
    day = Day(chain, seed)
    for number in range(TAPS):
        if not day.visits or number % 3 == 0:
            day.book()
        else:
            day.tap()
    assert set(day.answers) <= {200, 201} | REFUSED
    assert day.answers.count(200) > TAPS // 6
    assert set(day.answers) & REFUSED
    live = sound_rows(scheduling_settings, chain.id)
    assert {row["status"] for row in live["appointments"]} <= set(STATUSES)
    replay(scheduling_settings)
    assert sound_rows(scheduling_settings, chain.id) == live


def replay(settings: Settings) -> None:
    """Make the read models anew from the log alone."""
    reader = make_engine(settings.scheduling.reader)
    models = read_models(settings, {"scheduling": LogAtHand(reader)})
    rebuild(models)
    reader.dispose()
    models.owner.dispose()


def sound_rows(settings: Settings, chain_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Visits and claims, once the independent checker has found no fault in them."""
    reader, database = (
        make_engine(settings.scheduling.reader),
        Database(make_engine(settings.scheduling.api), sealer=sealer()),
    )
    try:
        assert checker.faults(reader, database, chain_id) == []
        with database.reading(chain_id) as connection:
            return {
                table: [
                    dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings()
                ]
                for table, key in (("appointments", "id"), ("claims", "appointment_id, resource_id"))
            }
    finally:
        reader.dispose()
        database.engine.dispose()
