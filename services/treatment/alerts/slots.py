"""The earliest free time for a client, asked of scheduling when an alert is shown, which does not depend on it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import msgspec
import structlog
from flask import current_app, g
from sqlalchemy import Row

from shared.minting import mint_service_token
from shared.settings import Settings

EXTENSION = "synergist-scheduling"
TIMEOUT = httpx.Timeout(2, connect=0.5)
"""The alert itself waits so long at most."""

AROUND = timedelta(days=14)

log = structlog.get_logger()


class Slot(msgspec.Struct, frozen=True):
    """A free time, as scheduling tells it."""

    starts_at: datetime
    ends_at: datetime
    therapist_id: UUID
    clinic_id: UUID


class Found(msgspec.Struct, frozen=True):
    slot: Slot | None


class Scheduling:
    """The connection to scheduling; `token` gives a service token that is valid now."""

    def __init__(self, base_url: str, token: Callable[[], str], http: httpx.Client | None = None) -> None:
        self.base_url = base_url
        self.token = token
        self.http = http or httpx.Client(timeout=TIMEOUT, trust_env=False)

    @classmethod
    def of(cls, settings: Settings) -> "Scheduling":
        key = settings.auth.service_key
        return cls(
            settings.address.scheduling_url, lambda: mint_service_token(key, subject="treatment", to="scheduling")
        )

    def earliest(self, wanted: dict[str, str]) -> Slot | None:
        """The slot; None where there is none, or scheduling does not say."""
        headers = {"Authorization": f"Bearer {self.token()}", "X-Request-ID": g.request_id}
        try:
            answer = self.http.post(f"{self.base_url}/internal/v1/earliest-slot", json=wanted, headers=headers)
            return msgspec.json.decode(answer.raise_for_status().content, type=Found).slot
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            log.warning("scheduling_is_away", error=type(error).__name__)
            return None


def earliest(alert: Row[Any], chain_id: UUID) -> dict[str, Any] | None:
    """For what the client of an alert last came for: with who leads, or else with anybody at the clinic."""
    if alert.offering_id is None or alert.status == "closed":
        return None
    wanted = {
        "chain_id": str(chain_id),
        "client_id": str(alert.client_id),
        "offering_id": str(alert.offering_id),
        "clinic_id": str(alert.clinic_id),
        "therapist_id": str(alert.lead_therapist_id),
    }
    connection: Scheduling = current_app.extensions[EXTENSION]
    slot = connection.earliest(wanted)
    if slot is None:
        return None
    return msgspec.structs.asdict(slot) | {"offering_id": alert.offering_id, "search": search(slot, wanted)}


def search(slot: Slot, wanted: dict[str, str]) -> str:
    """Where scheduling's API lists what is free for the client from then on."""
    span = {"from": slot.starts_at.isoformat(), "to": (slot.starts_at + AROUND).isoformat()}
    asked = {name: wanted[name] for name in ("offering_id", "clinic_id", "client_id")}
    return f"/v1/availability?{urlencode(asked | span)}"
