"""A client in treatment who is asked about pain: sessions signed on days that pass, check-ins opened and answered."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.ids import new_id
from shared.minting import mint_service_token
from tests.support.api import Api
from tests.support.treatment import Therapist, Treatment

BEGAN = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""A Monday, at 14:00 in Berlin."""

DAY = timedelta(days=1)
TEST = {"target": "gluteus_maximus", "side": "right", "response": "fails"}
LEAVES = {"leaves": ["pain_before", "pain_after"]}
INTERNAL = "/internal/v1"


@dataclass
class Care:
    """One client at one clinic in Berlin and the therapist who treats them; it is `days` after the beginning."""

    treatment: Treatment
    therapist: Therapist
    clinic_id: UUID
    client_id: UUID = field(default_factory=new_id)
    offering_id: UUID = field(default_factory=new_id)
    days: float = 0

    @property
    def api(self) -> Api:
        return self.therapist.api

    @property
    def now(self) -> datetime:
        return BEGAN + timedelta(days=self.days)

    def on(self, days: float) -> "Care":
        """Let it be so many days after the beginning, with a visit that has just ended and opens the record."""
        self.days = days
        self.treatment.set_clock(self.now)
        self.visit = self.treatment.visit(
            client_id=self.client_id,
            therapist_id=self.therapist.therapist_id,
            clinic_id=self.clinic_id,
            offering_id=self.offering_id,
            starts_at=self.now - timedelta(hours=1),
            ends_at=self.now,
        )
        return self

    def open_episode(self) -> str:
        body = {
            "client_id": str(self.client_id),
            "target": TEST["target"],
            "side": TEST["side"],
            "opened_from": "visit",
        }
        episode: str = self.api.post("/v1/episodes", body | {"appointment_id": str(self.visit.appointment_id)})["id"]
        return episode

    def start(self, episode_id: str | None = None) -> str:
        """A session of today's visit, with one test."""
        names = ("client_id", "clinic_id", "appointment_id")
        body: dict[str, Any] = {name: str(getattr(self.visit, name)) for name in names}
        body |= {"episode_id": episode_id, "started_at": self.visit.starts_at.isoformat()}
        session: str = self.api.post("/v1/sessions", body)["id"]
        self.api.post(f"/v1/sessions/{session}/tests", TEST)
        return session

    def sign(self, session: str) -> None:
        self.api.post(f"/v1/sessions/{session}/sign", LEAVES, 200)

    def treated(self, episode_id: str | None = None) -> str:
        """A session that is signed."""
        session = self.start(episode_id)
        self.sign(session)
        return session

    def check_ins(self, query: str = "") -> list[Any]:
        items: list[Any] = self.api.get(f"/v1/check-ins?client_id={self.client_id}{query}")["items"]
        return items

    def planned(self) -> list[tuple[str, str]]:
        """Steps and days of what is still to be asked."""
        return [(each["step"], each["due_on"]) for each in self.check_ins("&status=planned")]

    def statuses(self) -> list[tuple[str, str]]:
        return [(each["step"], each["status"]) for each in self.check_ins()]

    def ask(self, check_in_id: str) -> dict[str, Any]:
        """A link, or why there is none, as the workers get it."""
        [answer] = self.workers("links", purpose="check_in", about=check_in_id)["items"]
        return dict(answer)

    def told(self, check_in_id: str, **fields: Any) -> None:
        """What became of a message, as the workers tell it."""
        self.workers("check-ins/outcomes", check_in_id=check_in_id, at=self.now.isoformat(), **fields)

    def workers(self, path: str, **fields: Any) -> Any:
        token = mint_service_token(self.treatment.keys.service, subject="workers", to="treatment")
        item = {"chain_id": str(self.treatment.chain_id)} | fields
        response = self.treatment.app.test_client().post(
            f"{INTERNAL}/{path}", json={"items": [item]}, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.json


def a_care(treatment: Treatment) -> Care:
    clinic_id = treatment.clinic()
    care = Care(treatment, treatment.therapist(clinic_id), clinic_id)
    treatment.client(care.client_id)
    return care.on(0)
