"""Staff at the pages of both services: two apps that hear and ask each other, one issuer, and browsers that use both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.treatment.app import create_app
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.settings import DatabaseSettings, Settings
from tests.support.api import Api, Keys, at, set_clock
from tests.support.pages import Form, Reader
from tests.support.servers import ServerFarm
from tests.support.staff import HERE, THERE, StaffBrowser, Staffed, visit_on_the_day
from tests.support.treatment import ask_scheduling, follow


@dataclass(frozen=True)
class BothBrowser:
    """One browser with the cookies of both services, which it would send to either if they were one host."""

    desk: StaffBrowser
    client: FlaskClient
    slug: str

    def get(self, path: str, **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, base_url=THERE, headers=given)

    def post(self, path: str, data: dict[str, str], **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, base_url=THERE, data=data, headers=given)

    def told(self, target: str | None = None) -> str:
        """What scheduling sends the browser back with, on its way to the provider."""
        asked = self.get(f"/staff/sign-in/{self.slug}/go" + (f"?next={target}" if target else ""))
        assert asked.status_code == 303, asked.text
        assert asked.location.startswith(f"{HERE}/staff/sign-in/{self.slug}/here?")
        told = self.desk.come_back(asked.location)
        assert told.status_code == 303, told.text
        assert told.location.startswith(f"{THERE}/staff/sign-in/{self.slug}/on?")
        return str(told.location)

    def come_back(self, address: str) -> TestResponse:
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}")

    def sign_in(self, subject: str = "local:manager", target: str | None = None) -> TestResponse:
        asked = self.come_back(self.told(target))
        assert asked.status_code == 303, asked.text
        return self.come_back(self.desk.choice(asked.location, subject))

    def form(self, path: str, ending: str) -> Form:
        reader = Reader()
        reader.feed(self.get(path).text)
        return next(form for form in reader.forms if form.method == "post" and form.action.endswith(ending))

    def cookie(self, name: str = "synergist-treatment-session") -> str | None:
        found = self.client.get_cookie(name, domain="127.0.0.1")
        return found.value if found else None


@dataclass(frozen=True)
class Both:
    """A chain at both services; what scheduling has recorded treatment hears when it is told to."""

    staffed: Staffed
    app: Flask
    settings: Settings

    @property
    def browser(self) -> BothBrowser:
        return BothBrowser(self.staffed.browser, self.app.test_client(), self.staffed.slug)

    def follow(self) -> None:
        follow(self.app, self.settings.scheduling)


@pytest.fixture(scope="module")
def both_settings(servers: ServerFarm, staff_settings: Settings) -> Iterator[Settings]:
    with servers.database("treatment") as database:
        theirs = DatabaseSettings(api=database.api, reader=database.reader, migrate=database.migrate)
        yield replace(staff_settings, treatment=theirs)


@pytest.fixture(scope="module")
def treatment_pages(both_settings: Settings, staff_app: Flask, keys: Keys) -> Iterator[Flask]:
    """Treatment's app, which finds scheduling's in this process."""
    app = create_app(both_settings)
    ask_scheduling(app, staff_app, keys)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def new_both(
    new_staffed: Callable[[], Staffed], treatment_pages: Flask, both_settings: Settings
) -> Iterator[Callable[[], Both]]:
    """Makes chains that both services know. A clock that was set is put back."""
    parts = treatment_pages.extensions[EXTENSION]

    def make() -> Both:
        made = Both(new_staffed(), treatment_pages, both_settings)
        made.follow()
        return made

    yield make
    treatment_pages.extensions[EXTENSION] = parts


@pytest.fixture
def both(new_both: Callable[[], Both]) -> Both:
    return new_both()


@dataclass(frozen=True)
class Care:
    """A therapist with a visit at noon, today at nine, and what they need to chart it."""

    both: Both
    visit: Any
    clinic: Any
    therapist: Api
    staff_id: str

    @property
    def client_id(self) -> str:
        return str(self.visit["client_id"])

    def start(self) -> str:
        """The address of a session of the visit."""
        body = {"id": str(new_id()), "client_id": self.client_id, "clinic_id": self.clinic["id"]}
        body |= {"appointment_id": self.visit["id"], "started_at": at(3, 9).isoformat()}
        return f"/v1/sessions/{self.therapist.post('/v1/sessions', body)['id']}"


def care_of(both: Both, **named: str) -> Care:
    """Somebody who signs in as `local:therapist` and treats, as both services know it."""
    chain = both.staffed.chain
    clinic = chain.clinic(name=named.get("clinic", "Demo North"))
    visit = visit_on_the_day(chain, clinic, name=named.get("therapist", "Demo Therapist One"))
    roles = [{"role": "therapist"}]
    person = chain.admin.post("/v1/staff", {"name": "Demo", "roles": roles, "therapist_id": visit["therapist_id"]})
    login = {"issuer": chain.issuer, "subject": "local:therapist"}
    chain.admin.post(f"/v1/staff/{person['id']}/logins", login)
    both.follow()
    theirs = replace(chain, app=both.app)
    set_clock(theirs, at(3, 9))
    return Care(both, visit, clinic, theirs.caller("therapist", subject="local:therapist"), person["id"])
