"""What treatment asks scheduling for, and tells it: names, tokens for a chain's own provider, who came in.

Names are for reading alone: while scheduling does not answer, pages are shown without them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import structlog
from flask import current_app, g

from shared.auth import Identity
from shared.minting import mint_service_token
from shared.settings import Settings
from shared.staff_web.arrivals import as_claim

EXTENSION = "synergist-staff-pages-scheduling"
TIMEOUT = httpx.Timeout(5, connect=2)
MOST = 500
log = structlog.get_logger()


@dataclass(frozen=True)
class Names:
    """Names by id; nobody is in it whose name is not known now, and `away` says that none could be asked for."""

    clients: Mapping[UUID, str] = field(default_factory=dict)
    clinics: Mapping[UUID, str] = field(default_factory=dict)
    therapists: Mapping[UUID, str] = field(default_factory=dict)
    away: bool = False


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

    def names(
        self,
        chain_id: UUID,
        *,
        clients: Iterable[UUID],
        clinics: Iterable[UUID],
        therapists: Iterable[UUID],
        looking: Mapping[str, str],
    ) -> Names:
        """What these are called; `looking` is who looks (`actor`, `role`) and what for (`purpose`)."""
        asked = {"client_ids": clients, "clinic_ids": clinics, "therapist_ids": therapists}
        wanted: dict[str, Any] = {name: sorted({str(each) for each in ids})[:MOST] for name, ids in asked.items()}
        try:
            found = self.post("/internal/v1/names", wanted | {"chain_id": str(chain_id), **looking})
        except httpx.HTTPError as error:
            log.warning("names_unknown", error=type(error).__name__)
            return Names(away=True)
        return Names(by_id(found["clients"]), by_id(found["clinics"]), by_id(found["therapists"]))

    def came_in(self, identity: Identity) -> None:
        """Tell it what a provider claimed for somebody who has come in."""
        named = {"chain_id": str(identity.chain_id), "issuer": identity.issuer, "subject": identity.subject}
        try:
            self.post("/internal/v1/claimed-roles", named | {"roles": as_claim(identity.claimed)})
        except httpx.HTTPError as error:
            log.warning("claim_untold", error=type(error).__name__)

    def redeem(self, chain_id: UUID, issuer: str, code: str, redirect_uri: str, verifier: str) -> str:
        """The ID token for a code of the chain's own provider; raises HTTPError."""
        came = {"issuer": issuer, "code": code, "redirect_uri": redirect_uri, "verifier": verifier}
        return str(self.post("/internal/v1/sign-ins", came | {"chain_id": str(chain_id)})["id_token"])

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token()}", "X-Request-ID": g.request_id}
        answer = self.http.post(self.base_url + path, json=body, headers=headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def by_id(found: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    return {UUID(each["id"]): each["name"] for each in found if each["name"]}


def scheduling() -> Scheduling:
    """The app's connection."""
    found: Scheduling = current_app.extensions[EXTENSION]
    return found
