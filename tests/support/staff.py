"""Staff at their pages: a browser without script that signs in at a real local issuer, as `make up` has one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.local_issuer import local_issuer
from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.embedded.processes import free_port
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.settings import Settings
from tests.support.api import Chain, Keys, at, set_clock
from tests.support.pages import Form, Page, Reader
from tests.support.servers import ServerFarm, worker_number

HERE = "http://127.0.0.1:8001"
THERE = "http://127.0.0.1:8002"
"""Where staff reach treatment."""


@dataclass(frozen=True)
class StaffBrowser:
    """One browser, with the cookies of our pages."""

    client: FlaskClient
    slug: str

    def get(self, path: str, **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, base_url=HERE, headers=given)

    def post(self, path: str, data: dict[str, str], **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, base_url=HERE, data=data, headers=given)

    def question(self, target: str | None = None) -> str:
        """Where the identity provider is asked."""
        wanted = f"?next={target}" if target else ""
        answer = self.get(f"/staff/sign-in/{self.slug}/go{wanted}")
        assert answer.status_code == 303, answer.text
        return answer.location

    def choice(self, question: str, subject: str) -> str:
        """Where the identity provider sends the browser after somebody was chosen there."""
        answer = httpx.post(question, data={"person": subject}, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def come_back(self, address: str) -> TestResponse:
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}")

    def sign_in(self, subject: str = "local:manager", target: str | None = None) -> TestResponse:
        return self.come_back(self.choice(self.question(target), subject))

    def page(self, path: str = "/staff/day") -> Page:
        return Page(self.client, self.get(path))

    def form(self, path: str, ending: str) -> Form:
        reader = Reader()
        reader.feed(self.get(path).text)
        return next(form for form in reader.forms if form.method == "post" and form.action.endswith(ending))

    def session_cookie(self) -> str | None:
        found = self.client.get_cookie("synergist-session", domain="127.0.0.1")
        return found.value if found else None


@dataclass(frozen=True)
class Staffed:
    """A chain with its staff's pages."""

    chain: Chain
    slug: str

    @property
    def browser(self) -> StaffBrowser:
        return StaffBrowser(self.chain.app.test_client(), self.slug)


@pytest.fixture(scope="module")
def staff_settings(servers: ServerFarm, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings with a local issuer, which runs."""
    folder, port = tmp_path_factory.mktemp("staff"), free_port()
    with servers.database("scheduling") as database:
        own = {
            "SYNERGIST_FOLDER": str(folder),
            "SYNERGIST_SCHEDULING_DATABASE_URL": database.api,
            "SYNERGIST_SCHEDULING_READER_URL": database.reader,
            "SYNERGIST_REDIS_URL": servers.redis().database(2 * worker_number(servers.worker)),
            "SYNERGIST_PUBLIC_URL": HERE,
            "SYNERGIST_ISSUER": f"http://127.0.0.1:{port}",
            "SYNERGIST_ISSUER_PORT": str(port),
            "SYNERGIST_CLIENT_SECRET": "a secret for tests",
            "SYNERGIST_TREATMENT_PUBLIC_URL": THERE,
            "SYNERGIST_TREATMENT_CLIENT_SECRET": "another secret for tests",
        }
        settings = Settings.read(own | keys.variables(folder))
        issuer = local_issuer(settings)
        issuer.start()
        yield settings
        issuer.stop()


@pytest.fixture(scope="module")
def staff_app(staff_settings: Settings) -> Iterator[Flask]:
    app = create_app(staff_settings)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def new_staffed(
    staff_app: Flask, staff_settings: Settings, keys: Keys, redis_url: str
) -> Iterator[Callable[[], Staffed]]:
    """Makes chains with pages; `redis_url` forgets who has been asking too often. A clock that was set is put back."""
    parts = staff_app.extensions[EXTENSION]

    def make() -> Staffed:
        slug = f"demo-{new_id().hex[-12:]}"
        chain = Chain(staff_app, keys, create_chain(parts.database, slug, "Demo Chain"), staff_settings.auth.issuer)
        return Staffed(chain, slug)

    yield make
    staff_app.extensions[EXTENSION] = parts


@pytest.fixture
def staffed(new_staffed: Callable[[], Staffed]) -> Staffed:
    return new_staffed()


def visit_on_the_day(chain: Chain, clinic: Any, **therapist: Any) -> Any:
    """A visit at noon of a day that the app, from now on, takes for today at nine."""
    set_clock(chain, at(3, 9))
    chain.room(clinic, name="Demo Room")
    own = chain.therapist(clinic, **therapist)
    wish = {
        "offering_id": chain.offering()["id"],
        "clinic_id": clinic["id"],
        "client_id": chain.person(name="Ada Demo-Client")["id"],
        "therapist_id": own["id"],
        "starts_at": at(3, 12).isoformat(),
    }
    return chain.desk.post("/v1/appointments", wish)
