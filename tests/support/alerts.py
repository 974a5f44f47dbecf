"""Alerts as they are raised, and clients whose answers raise them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from services.treatment.alerts.due import escalate_due
from services.treatment.alerts.raising import Answer, raise_for
from services.treatment.alerts.rules import Scored
from shared.event_store import Happened, Metadata, Transaction
from shared.events.scheduling import ClinicTermsSet
from shared.events.treatment_alerts import AlertRaised
from shared.ids import new_id
from tests.contracts.examples import EXAMPLES
from tests.support.api import Api
from tests.support.log import WHO
from tests.support.treatment import Therapist, Treatment

MONDAY = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""14:00 in Berlin."""

DAY = timedelta(days=1)
LAST = text("SELECT max(position) FROM events")
TOLD = text("SELECT count(*) FROM events WHERE name = 'treatment.alert_escalated.v1'")
OTHER = {"nrs_worst": 8, "nrs_average": 5}


@dataclass
class Asked:
    """A client with an episode and a baseline of 3, whom check-ins ask about pain."""

    treatment: Treatment
    therapist: Therapist
    clinic_id: UUID
    client_id: UUID = field(default_factory=new_id)
    episode_id: UUID = field(default_factory=new_id)
    offering_id: UUID = field(default_factory=new_id)
    visit_id: UUID = field(default_factory=new_id)
    earlier: list[Scored] = field(default_factory=list)

    def treated(self) -> None:
        """An episode begins with a visit, and with its baseline."""
        visit = self.treatment.visit(
            client_id=self.client_id,
            therapist_id=self.therapist.therapist_id,
            clinic_id=self.clinic_id,
            offering_id=self.offering_id,
            starts_at=MONDAY,
            ends_at=MONDAY + timedelta(minutes=50),
        )
        self.visit_id = visit.appointment_id
        body = {"client_id": str(self.client_id), "target": "gluteus_maximus", "side": "left", "opened_from": "visit"}
        episode = self.therapist.api.post("/v1/episodes", body | {"appointment_id": str(visit.appointment_id)})
        self.episode_id = UUID(episode["id"])
        self.therapist.api.put(f"/v1/episodes/{self.episode_id}/baseline", {"nrs_now": 3} | OTHER)

    def answer(
        self, score: int, *flags: str, check_in_id: UUID | None = None, sore: bool = False, at: datetime = MONDAY
    ) -> UUID:
        """An answer, or the correction of the one that is named; gives the check-in."""
        said = Answer(
            check_in_id=check_in_id or new_id(),
            client_id=self.client_id,
            episode_id=self.episode_id,
            session_id=None,
            said=Scored(score=score, after_session=sore),
            red_flags=flags,
        )
        self.command(lambda tx: raise_for(tx, said, self.earlier, at))
        return said.check_in_id

    def command(self, work: Callable[[Transaction], Any]) -> Any:
        return self.treatment.database.command(self.treatment.chain_id, WHO, work)

    def events(self, alert_id: Any) -> list[Happened]:
        found: list[Happened] = self.command(lambda tx: tx.load(f"alert-{alert_id}"))
        return found

    def open(self, who: Api | None = None) -> list[Any]:
        found: list[Any] = (who or self.therapist.api).get("/v1/alerts?open=true")["items"]
        return found

    def escalated(self, at: datetime) -> int:
        """How many alerts of this chain a tick escalates at a moment."""
        before = self.told()
        metadata = Metadata(actor="workers", role="service", origin="escalation", correlation_id="a-test")
        escalate_due(self.treatment.database, metadata, at)
        return self.told() - before

    def position(self) -> int:
        """Of what was recorded last."""
        with self.treatment.database.reading(self.treatment.chain_id) as connection:
            return int(connection.execute(LAST).scalar_one())

    def told(self) -> int:
        with self.treatment.database.reading(self.treatment.chain_id) as connection:
            return int(connection.execute(TOLD).scalar_one())


@pytest.fixture
def asked(treatment: Treatment) -> Asked:
    treatment.set_clock(MONDAY + DAY / 12)
    found = Asked(treatment, treatment.therapist(), treatment.clinic())
    hours = tuple({"weekday": day, "opens": "08:00", "closes": "18:00"} for day in ("mon", "tue", "wed", "thu", "fri"))
    treatment.tell(opening(found.clinic_id, hours), stream=f"clinic-{found.clinic_id}")
    treatment.client(found.client_id)
    found.treated()
    return found


def opening(clinic_id: UUID, hours: Any) -> ClinicTermsSet:
    example = EXAMPLES["scheduling.clinic_terms_set.v1"]
    own = {"clinic_id": str(clinic_id), "valid_from": "2021-01-01", "time_zone": "Europe/Berlin"}
    return msgspec.convert(msgspec.to_builtins(example) | own | {"opening_hours": hours}, ClinicTermsSet)


def an_alert(**fields: Any) -> AlertRaised:
    """A red flag of just now that waits half an hour."""
    now = datetime.now(UTC)
    ids = {name: new_id() for name in ("alert_id", "client_id", "check_in_id", "therapist_id", "clinic_id")}
    about: dict[str, Any] = {
        "episode_id": None,
        "rules": ("red_flag",),
        "level": "emergency",
        "red_flags": ("saddle_numbness",),
        "score": 6,
        "before": (3, 3),
        "escalate_at": now + timedelta(minutes=30),
        "happened_at": now,
    }
    return AlertRaised(**ids | about | fields)
