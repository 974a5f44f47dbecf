"""Where a story takes place: a chain founded for it alone, and the few words with which its scene is set.

The scene may be set at any hour: its clinics are open and its therapists at work day and night.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from demo import bodies
from demo.api import Api, content, set_confirmation_wait
from demo.chain import CONFIRMATION_WAIT_SECONDS, DAY_AND_NIGHT
from demo.mailbox import Mailbox
from demo.story import Story
from demo.system import NoToken, System, said

Json = dict[str, Any]
ZONE = "Europe/Berlin"
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The front desk and the manager of one chain, and the person to whom the story is told."""

    system: System
    story: Story
    slug: str
    front_desk: Api
    manager: Api

    def add(self, path: str, body: Json) -> Json:
        """What the manager adds. Raises Unexpected."""
        return added(self.manager, path, body)

    def clinic(self, name: str, **changes: Any) -> Json:
        """A clinic that never closes, with no room yet."""
        address = {"line": "1 Example Street", "city": "Berlin", "region": "", "postal_code": "10999", "country": "DE"}
        place = {"time_zone": ZONE, "address": address, "latitude": 52.5, "longitude": 13.4, "phone": "+493023125000"}
        hours = {"opening_hours": bodies.weekly([DAY_AND_NIGHT])}
        return self.add("/v1/clinics", {"name": name} | place | hours | changes)

    def room(self, clinic: Json, name: str) -> Json:
        return self.add(f"/v1/clinics/{clinic['id']}/rooms", {"name": name, "kind": "treatment"})

    def offering(self, name: str, **changes: Any) -> Json:
        """An hour, on the quarter, that may be booked at short notice."""
        usual = {"duration_minutes": 60, "grid_minutes": 15, "min_notice_minutes": 0, "horizon_days": 60}
        return self.add("/v1/offerings", {"name": name, "room_kind": "treatment"} | usual | changes)

    def therapist(self, name: str, *clinics: Json, **changes: Any) -> Json:
        """A therapist who takes turns at the clinics from day to day; always at work where there is one only."""
        therapist = self.add("/v1/therapists", {"name": name, "languages": ["en"], "qualifications": []} | changes)
        yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        rota = [
            entry | {"clinic_id": clinics[number % len(clinics)]["id"], "valid_from": yesterday}
            for number, entry in enumerate(bodies.weekly([DAY_AND_NIGHT]))
        ]
        content(self.manager.send("PUT", f"/v1/therapists/{therapist['id']}/rota", rota, version="*"), httpx.codes.OK)
        return therapist

    def client(self, name: str, **changes: Any) -> Json:
        """A client with an e-mail address of their own."""
        usual = {"email": f"desk-{secrets.token_hex(4)}@demo.example", "time_zone": ZONE, "locale": "en-GB"}
        return added(self.front_desk, "/v1/clients", {"name": name} | usual | changes)

    def book(self, client: Json, offering: Json, clinic: Json, starts_at: datetime, **changes: Any) -> Json:
        """Book without a word to the listener. Raises Unexpected."""
        wish = {"client_id": client["id"], "offering_id": offering["id"], "clinic_id": clinic["id"]}
        return added(self.front_desk, "/v1/appointments", wish | {"starts_at": starts_at.isoformat()} | changes)

    def visit(self, visit: Json) -> Json:
        """The visit as it is now."""
        shown: Json = self.front_desk.read(f"/v1/appointments/{visit['id']}")
        return shown

    def mailbox(self, client: Json) -> Mailbox:
        return Mailbox(self.system.mailbox_url, client["email"])


@contextmanager
def desk_of_a_new_chain(system: System, story: Story) -> Iterator[Desk]:
    """Raises NoToken when no chain can be founded."""
    slug = f"desk-{secrets.token_hex(4)}"
    founding = system.synergist("chain", "create", "--slug", slug, "--name", "Demo Desk")
    if founding.returncode != 0:
        raise NoToken(said(founding))
    with (
        Api.at(system.scheduling_url, system.token(slug, "front_desk")) as front_desk,
        Api.at(system.scheduling_url, system.token(slug, "manager")) as manager,
    ):
        set_confirmation_wait(manager, CONFIRMATION_WAIT_SECONDS)
        yield Desk(system=system, story=story, slug=slug, front_desk=front_desk, manager=manager)


def added(api: Api, path: str, body: Json) -> Json:
    made: Json = content(api.send("POST", path, body, key=secrets.token_hex(8)), httpx.codes.CREATED)
    return made


def quarter_after(moment: datetime) -> datetime:
    """The next full quarter of an hour, on which visits begin."""
    return moment + (datetime.min.replace(tzinfo=UTC) - moment) % QUARTER
