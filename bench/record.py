"""What a long record costs to read: one client with many sessions, charted over HTTP, read whole and in parts in turns.

The record is made first, which takes some minutes.
"""

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import click
import httpx

from bench.chains import Chain
from services.operating import A_WEEK
from shared.ids import new_id
from shared.minting import mint
from shared.settings import Settings

STEPS: tuple[dict[str, Any], ...] = (
    {"type": "test", "target": "gluteus_maximus", "side": "right", "response": "fails", "note": "Gives way at once."},
    {"type": "release", "target": "soleus", "side": "right", "technique": "sustained-pressure", "seconds": 60},
    {"type": "activation", "target": "gluteus_maximus", "side": "right", "exercise": "bridge", "reps": 8},
    {"type": "retest", "target": "gluteus_maximus", "side": "right", "response": "holds"},
)


class Practice:
    """A therapist, a client who has a visit today, and the sessions of both."""

    def __init__(self, settings: Settings) -> None:
        self.scheduling = settings.address.scheduling_url
        self.chain = Chain(self.scheduling)
        self.therapist, self.client = self.chain.people[0]
        subject = f"bench-{new_id().hex}"
        admin = self.calls(self.scheduling, self.chain.token)
        staff = self.of(
            admin.post(
                "/v1/staff",
                json={
                    "name": "Bench Therapist",
                    "therapist_id": self.therapist,
                    "roles": [{"role": "therapist", "clinics": None}],
                },
            )
        )
        login = {"issuer": settings.auth.issuer, "subject": subject}
        self.of(admin.post(f"/v1/staff/{staff['id']}/logins", json=login))
        self.of(admin.post("/v1/appointments", json=self.visit()))
        token = mint(
            settings.auth.issuer_key,
            issuer=settings.auth.issuer,
            subject=subject,
            chain_id=self.of(admin.get("/v1/chain"))["id"],
            role="therapist",
            clinics=(),
            ttl_seconds=A_WEEK,
        )
        self.http = self.calls(settings.address.treatment_url, token)
        self.sessions: list[str] = []

    def calls(self, url: str, token: str) -> httpx.Client:
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def of(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise click.ClickException(f"{answer.status_code}: {answer.text[:300]}")
        return answer.json()

    def visit(self) -> dict[str, Any]:
        half_hour = timedelta(minutes=30)
        now = datetime.now(UTC)
        start = (
            datetime.min.replace(tzinfo=UTC) + ((now - datetime.min.replace(tzinfo=UTC)) // half_hour + 2) * half_hour
        )
        names = {"clinic_id": self.chain.clinic, "offering_id": self.chain.offering}
        return names | {"therapist_id": self.therapist, "client_id": self.client, "starts_at": start.isoformat()}

    def wait_until_open(self) -> None:
        """Until treatment has heard of the visit, which opens the record."""
        for _ in range(100):
            if self.http.get(f"/v1/clients/{self.client}/sessions").status_code == 200:
                return
            time.sleep(0.2)
        raise click.ClickException("Treatment has not heard of the visit.")

    def chart(self, entries: int, days_ago: int) -> None:
        begun = datetime.now(UTC) - timedelta(days=days_ago)
        session = str(new_id())
        names = {"id": session, "client_id": self.client, "clinic_id": self.chain.clinic}
        self.of(self.http.post("/v1/sessions", json=names | {"started_at": begun.isoformat()}))
        loops = [loop(begun + timedelta(minutes=4 * number)) for number in range(entries // len(STEPS))]
        body = {"entries": [entry for each in loops for entry in each]}
        self.of(self.http.post(f"/v1/sessions/{session}/entries", json=body))
        self.sessions.append(session)


def loop(begun: datetime) -> list[dict[str, Any]]:
    """Test, release, activation and retest, a minute each."""
    loop_id, test_id = str(new_id()), str(new_id())
    ids = (test_id, str(new_id()), str(new_id()), str(new_id()))
    made = [
        step | {"id": entry_id, "loop_id": loop_id, "happened_at": (begun + timedelta(minutes=number)).isoformat()}
        for number, (step, entry_id) in enumerate(zip(STEPS, ids, strict=True))
    ]
    made[-1]["of_test_id"] = test_id
    return made


def measure(settings: Settings, rounds: int, *, sessions: int = 200, entries: int = 24) -> None:
    """Make the record, read it, and print medians in milliseconds."""
    practice = Practice(settings)
    practice.wait_until_open()
    for number in range(sessions):
        practice.chart(entries, days_ago=7 * (sessions - number))
    client = f"/v1/clients/{practice.client}"
    reads = {
        "one session": f"/v1/sessions/{practice.sessions[-1]}",
        "list of sessions": f"{client}/sessions?limit=50",
        "timeline": f"{client}/timeline?limit=50",
        "plan of the next session": f"{client}/plan",
    }
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, path in reads.items():
            begun = time.perf_counter()
            practice.of(practice.http.get(path))
            if number:  # the first round warms up
                found[name].append((time.perf_counter() - begun) * 1000)
    for name, times in found.items():
        click.echo(f"{name}: {median(times):.0f} ms, from {min(times):.0f} to {max(times):.0f}")
