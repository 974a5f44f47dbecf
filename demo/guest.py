"""The tour's client and what every step of the tour needs; each tour brings a client of its own, who is awake now."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from demo.api import Api, content
from demo.bodies import SYSTEM
from demo.chain import CLINICS, SOON
from demo.mailbox import Mailbox
from demo.story import DoesNotHold, Story
from demo.system import System
from demo.times import zone_awake

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """What every step needs: the system, the chain's clinics by id, what is booked, and for whom."""

    system: System
    api: Api
    story: Story
    mailbox: Mailbox
    clinics: Mapping[str, Json]
    offering: Json
    client: Json

    def clinic_id(self, key: str) -> str:
        return next(clinic_id for clinic_id, clinic in self.clinics.items() if clinic["external_ids"][SYSTEM] == key)

    def zone_of(self, clinic_id: str) -> ZoneInfo:
        return ZoneInfo(self.clinics[clinic_id]["time_zone"])


def begin(system: System, api: Api, story: Story) -> Tour:
    """Find the demo chain, and register a client who is awake now. Raises DoesNotHold when the chain is not there."""
    keys = {clinic.key for clinic in CLINICS}
    clinics = {each["id"]: each for each in api.everything("/v1/clinics") if each["external_ids"].get(SYSTEM) in keys}
    offering = next((each for each in api.everything("/v1/offerings") if each["name"] == SOON), None)
    if len(clinics) < len(keys) or offering is None:
        raise DoesNotHold("the demo chain is loaded (`python -m demo.load` loads it)")
    story.step("A client comes to the chain")
    name = f"tour-{secrets.token_hex(4)}"
    body = {
        "name": "Demo Guest",
        "email": f"{name}@demo.example",
        "time_zone": zone_awake(datetime.now(UTC)),
        "locale": "en-GB",
    }
    response = api.send("POST", "/v1/clients", body, key=name)
    client = content(response, httpx.codes.CREATED)
    story.exchange(response, ("id", "name", "email", "time_zone", "preferred_channel"))
    story.holds("a client with an e-mail address hears by e-mail", client["preferred_channel"] == "email")
    mailbox = Mailbox(system.mailbox_url, body["email"])
    return Tour(system=system, api=api, story=story, mailbox=mailbox, clinics=clinics, offering=offering, client=client)


def history(tour: Tour, visit: Json) -> list[Json]:
    items: list[Json] = tour.api.read(f"/v1/appointments/{visit['id']}/history")["items"]
    return items


def starts_at(visit: Json) -> datetime:
    return datetime.fromisoformat(visit["starts_at"])
