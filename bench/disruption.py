"""How long the system takes to close a clinic with many booked visits, and to open it again."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import click
import httpx

from bench.chains import Chain
from shared.settings import Settings

AT_ONCE = 10


def measure(settings: Settings, rounds: int, *, visits: int = 1990) -> None:
    """Book the visits, then close the clinic and open it again, several times."""
    url = settings.address.scheduling_url
    chain = Chain(url)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {chain.token}"}, timeout=120) as http:
        bodies = chain.bookings()[:visits]
        for at in range(0, visits, AT_ONCE):
            done(http.post("/v1/bookings", json={"visits": bodies[at : at + AT_ONCE]}))
        path = f"/v1/clinics/{chain.clinic}/closures"
        span = {"starts_at": bodies[0]["starts_at"], "ends_at": "2037-01-01T00:00:00Z", "accept_conflicts": True}
        closing, opening = [], []
        for _ in range(rounds):
            took, closure = timed(lambda: done(http.post(path, json=span)))
            closing.append(took)
            assert len(closure["conflicts"]) == visits
            opening.append(timed(lambda made=closure["id"]: done(http.delete(f"{path}/{made}")))[0])  # type: ignore[misc]
    for what, seconds in (("disrupted", closing), ("restored", opening)):
        click.echo(
            f"{visits} visits {what}: median {median(seconds):.2f} s, from {min(seconds):.2f} to {max(seconds):.2f}"
        )


def done(response: httpx.Response) -> Any:
    response.raise_for_status()
    return response.json()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    before = perf_counter()
    outcome = work()
    return perf_counter() - before, outcome
