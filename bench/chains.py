"""Chains to measure with: one clinic that is always open, and bookings that nobody else asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.operating import found_chain, token_for
from shared.ids import new_id

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
THERAPISTS = 5
HALF_HOUR = timedelta(minutes=30)
ADDRESS = {"line": "Bench 1", "city": "Bench", "region": "", "postal_code": "1", "country": "DE"}


class Chain:
    """One chain with one clinic that is always open, five therapists, five rooms and five clients."""

    def __init__(self, url: str) -> None:
        slug = f"bench-{str(new_id())[-12:]}"
        found_chain(slug, "Bench")
        self.token = token_for(slug, "chain_admin", (), 8 * 3600)
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60)
        self.clinic = self.post("/v1/clinics", **clinic())
        for number in range(THERAPISTS):
            self.post(f"/v1/clinics/{self.clinic}/rooms", name=f"Room {number}", kind="treatment")
        self.offering = self.post(
            "/v1/offerings",
            name="Bench",
            duration_minutes=30,
            grid_minutes=30,
            room_kind="treatment",
            horizon_days=1000,
        )
        self.people = [(self.therapist(number), self.client(number)) for number in range(THERAPISTS)]
        self.http.close()

    def post(self, path: str, **body: Any) -> str:
        response = self.http.post(path, json=body)
        response.raise_for_status()
        return str(response.json()["id"])

    def therapist(self, number: int) -> str:
        therapist = self.post("/v1/therapists", name=f"Bench Therapist {number}")
        entries = [{"clinic_id": self.clinic, "valid_from": "2020-01-01"} | day for day in all_week()]
        self.http.put(f"/v1/therapists/{therapist}/rota", json=entries, headers={"If-Match": "*"}).raise_for_status()
        return therapist

    def client(self, number: int) -> str:
        return self.post("/v1/clients", name=f"Bench Client {number}", time_zone="UTC", preferred_channel="none")

    def bookings(self) -> list[dict[str, str]]:
        """Every half hour of each therapist from tomorrow on."""
        first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        place = {"clinic_id": self.clinic, "offering_id": self.offering}
        return [
            place
            | {"starts_at": (first + HALF_HOUR * slot).isoformat(), "therapist_id": therapist, "client_id": client}
            for slot in range(48 * 300)
            for therapist, client in self.people
        ]


def all_week() -> list[dict[str, str]]:
    return [{"weekday": day, "from": "00:00", "to": "24:00"} for day in WEEK]


def clinic() -> dict[str, Any]:
    place = {"latitude": 52.5, "longitude": 13.4, "time_zone": "UTC", "address": ADDRESS}
    return {"name": "Bench", "phone": "+49301234567", "opening_hours": all_week()} | place
