"""Browsers of staff who have signed in already: their session is put into the database, as signing in would put it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.scheduling.devices import shifts
from shared.auth import Grant, Identity
from shared.database import Database
from shared.event_store import Metadata, Transaction
from shared.links import joined
from shared.staff_web import sessions
from shared.staff_web.arrivals import Arrival
from shared.staff_web.browser import FORM_TOKEN
from shared.staff_web.sessions import form_token
from shared.staff_web.visiting import EXTENSION, Frame

LONG_AGO = timedelta(hours=1)
"""Before that nobody's session is good any more, where its owner has done nothing since."""


@dataclass(frozen=True)
class Signed:
    """A session of somebody: what their browser keeps of it, and what forms of its pages carry."""

    chain_id: UUID
    token: bytes

    @property
    def proof(self) -> dict[str, str]:
        return {FORM_TOKEN: form_token(self.token)}

    def browser(self, app: Flask) -> FlaskClient:
        """A browser with the cookie of the session."""
        client, frame = app.test_client(), frame_of(app)
        client.set_cookie(frame.cookies.name("session"), joined(self.chain_id, self.token), domain="localhost")
        return client


def frame_of(app: Flask) -> Frame:
    found: Frame = app.extensions[EXTENSION]
    return found


def sign_in(
    database: Database,
    chain_id: UUID,
    now: datetime,
    *grants: Grant,
    issuer: str,
    subject: str,
    device_id: UUID | None = None,
) -> Signed:
    """A session since now, of somebody in roles that their provider claims; at a shared tablet, if one is named."""
    arrival = Arrival(Identity(issuer, subject, chain_id, now, grants, signed_in_at=now), "Demo Colleague", "", now)
    who = Metadata(actor=subject, role="", origin="staff-page", correlation_id="a-test")

    def work(tx: Transaction) -> bytes:
        if device_id is not None:
            shifts.begin(tx, device_id, arrival)
        return sessions.begin(tx, arrival, device_id, now)

    return Signed(chain_id, database.command(chain_id, who, work))


def send(
    browser: FlaskClient, method: str, path: str, fields: Mapping[str, str] | None = None, **headers: str
) -> TestResponse:
    """Open a page, or send a form with these fields."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.open(path, method=method, data=None if method == "GET" else dict(fields or {}), headers=given)
