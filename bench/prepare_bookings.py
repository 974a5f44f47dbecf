"""Makes chains in a running system and writes one bookable request a line, for `wrk` to send.

Each line is a token, a tab and the JSON of a booking that nobody else asks for: every one of them should be a 201.

    python -m bench.prepare_bookings --chains 16 --requests 40000 --to FOLDER/bookings.tsv
"""

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import click
import httpx

from services.local_environment import read
from services.operating import found_chain, token_for
from shared.ids import new_id
from shared.settings import Settings

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


@click.command()
@click.option("--chains", default=16, show_default=True)
@click.option("--requests", default=40_000, show_default=True)
@click.option("--to", required=True, type=click.Path(dir_okay=False, path_type=Path))
def main(chains: int, requests: int, to: Path) -> None:
    """Make the chains and write the requests."""
    folder = Path(os.environ.get("SYNERGIST_FOLDER", ".synergist"))
    os.environ.update({name: value for name, value in read(folder).items() if name not in os.environ})
    url = Settings.read(os.environ).address.scheduling_url
    made = [Chain(url) for _ in range(chains)]
    lines = [f"{chain.token}\t{json.dumps(body)}" for chain in made for body in sample(chain, requests // chains)]
    Random(0).shuffle(lines)
    to.write_text("\n".join(lines), encoding="utf-8")
    click.echo(f"{len(lines)} requests of {chains} chains in {to}")


def sample(chain: Chain, count: int) -> list[dict[str, str]]:
    bookings = chain.bookings()
    Random(1).shuffle(bookings)
    return list(islice(bookings, count))


if __name__ == "__main__":
    main()
