"""What treatment has of a client, fetched from it for the client's archive: all of it, or TreatmentAway.

Each section is asked for with all ids of the person, in pages, at a service route of treatment; the clinical record for
staff with their own token, at a route that opens it to whom it is open, and to nobody else.
"""

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from itertools import count
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

import httpx
import msgspec
from flask import current_app

from shared.access_log import NEWEST
from shared.auth import NoBasis
from shared.http.problems import OtherServiceAway
from shared.minting import mint_service_token
from shared.settings import Settings

Shape = TypeVar("Shape")
EXTENSION = "synergist-treatment"
TIMEOUT = httpx.Timeout(5, connect=2)
LONGEST_SECONDS = 30.0
"""How long all pages may take together; the transaction that waits for them is ended at twice that."""

AT_ONCE = 500
MOST_ACCESSES = 10_000

SECTIONS = {"accesses": ("/internal/v1/looks", MOST_ACCESSES)}
"""The sections that come from treatment: the route, and how many items at most."""

RECORD = "/internal/v1/record"
WHOLE_RECORD = "/v1/clients/{client_id}/whole-record"
"""The clinical record, which is not held as a whole: for the client by their link, and for staff."""


class TreatmentAway(OtherServiceAway):
    """The treatment service does not answer, and without it the archive would lack a part. Please try again later."""


class Page(msgspec.Struct, frozen=True):
    """One answer; `next` is what to ask `before` for more, None when there is nothing more."""

    items: list[dict[str, Any]]
    next: int | None


class RecordPage(Page, frozen=True):
    """The same of the record of a client, under all ids that treatment has of them."""

    client_ids: list[UUID]


class Treatment:
    """The connection to treatment; `token` gives a service token that is valid now."""

    def __init__(self, base_url: str, token: Callable[[], str], http: httpx.Client | None = None) -> None:
        self.base_url = base_url
        self.token = token
        self.http = http or httpx.Client(timeout=TIMEOUT, trust_env=False)

    @classmethod
    def of(cls, settings: Settings) -> "Treatment":
        key = settings.auth.service_key
        return cls(
            settings.address.treatment_url, lambda: mint_service_token(key, subject="scheduling", to="treatment")
        )

    def about(self, chain_id: UUID, ids: Sequence[UUID], request_id: str) -> dict[str, list[dict[str, Any]]]:
        """Every section; `request_id` stands in treatment's access log, too. Raises TreatmentAway."""
        until = monotonic() + LONGEST_SECONDS
        person = {"chain_id": str(chain_id), "client_ids": [str(each) for each in ids]}
        return {
            name: [item for page in self.pages(path, most, person, request_id, until) for item in page]
            for name, (path, most) in SECTIONS.items()
        }

    def record(self, chain_id: UUID, ids: Sequence[UUID], request_id: str) -> Iterator[list[dict[str, Any]]]:
        """The clinical record page by page, the newest first, all of it. Any page may raise TreatmentAway."""
        person = {"chain_id": str(chain_id), "client_ids": [str(each) for each in ids]}
        return self.pages(RECORD, None, person, request_id, monotonic() + LONGEST_SECONDS)

    def record_for(
        self, authorization: str, client_id: UUID, ids: Sequence[UUID], request_id: str
    ) -> Iterator[list[dict[str, Any]]]:
        """The same as far as it is open to whoever has the token, also as clinical looks of theirs.

        Raises NoBasis where it is not, and TreatmentAway, also where treatment does not know yet who was merged.
        """
        until, before = monotonic() + LONGEST_SECONDS, NEWEST
        while monotonic() <= until:
            page = self.get_record(authorization, client_id, before, request_id)
            if not set(page.client_ids) >= set(ids):
                break
            yield page.items
            if page.next is None:
                return
            before = page.next
        raise TreatmentAway

    def get_record(self, authorization: str, client_id: UUID, before: int, request_id: str) -> RecordPage:
        headers = {"Authorization": authorization, "X-Request-ID": request_id}
        address = self.base_url + WHOLE_RECORD.format(client_id=client_id)
        try:
            answer = self.http.get(address, params={"before": before, "limit": AT_ONCE}, headers=headers)
            if answer.status_code == HTTPStatus.FORBIDDEN:
                raise NoBasis
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=RecordPage)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise TreatmentAway from error

    def pages(
        self, path: str, most: int | None, person: dict[str, Any], request_id: str, until: float
    ) -> Iterator[list[dict[str, Any]]]:
        """Pages until nothing more comes, or `most` items; None is all of them."""
        before: int | None = None
        for _ in count() if most is None else range(most // AT_ONCE):
            if monotonic() > until:
                raise TreatmentAway
            page = self.post(path, person | {"before": before, "limit": AT_ONCE}, request_id, Page)
            yield page.items
            before = page.next
            if before is None:
                return

    def post(
        self,
        path: str,
        body: dict[str, Any],
        request_id: str,
        shape: type[Shape],
        timeout: httpx.Timeout = TIMEOUT,
    ) -> Shape:
        """The answer to one question. Raises TreatmentAway."""
        headers = {"Authorization": f"Bearer {self.token()}", "X-Request-ID": request_id}
        try:
            answer = self.http.post(self.base_url + path, json=body, headers=headers, timeout=timeout)
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=shape)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise TreatmentAway from error


def treatment() -> Treatment:
    """The app's connection."""
    found: Treatment = current_app.extensions[EXTENSION]
    return found
