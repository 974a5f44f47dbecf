"""The client's pages, used as a browser without script uses them: read a page, fill a form it has, follow where it leads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.web.forms import Wish, wish
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.settings import Settings
from tests.support.api import Chain, Keys, NewChain, Ready
from tests.support.quiet import nothing_at_treatment
from tests.support.servers import ServerFarm, worker_number

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Button:
    name: str | None
    value: str
    label: str


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class Reader(HTMLParser):
    """Collects the forms, links and visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.hidden = tag in {"style", "title"}
        if tag == "form":
            self.forms.append(Form(given["method"], given["action"]))
        elif tag == "input":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            button = Button(given.get("name"), given.get("value", ""), given.get("aria-label", ""))
            self.forms[-1].buttons.append(button)
        elif tag == "a":
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.text.append(data)


@dataclass(frozen=True)
class Page:
    """One answer, and the browser that got it."""

    client: FlaskClient
    response: TestResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def reader(self) -> Reader:
        reader = Reader()
        reader.feed(self.response.text)
        return reader

    @property
    def text(self) -> str:
        """What can be read on the page, in one line."""
        return " ".join(" ".join(self.reader.text).split())

    @property
    def path(self) -> str:
        return self.response.request.path

    def form(self, ending: str) -> Form:
        return next(form for form in self.reader.forms if form.method == "post" and form.action.endswith(ending))

    def times(self, ending: str) -> dict[str, str]:
        """The value of each free time by the label that a screen reader says."""
        return {each.label: each.value for each in self.form(ending).buttons if each.name == "time"}

    def offers(self, ending: str) -> bool:
        """Whether there is a button or link that leads to such an address."""
        leads = [form.action for form in self.reader.forms] + self.reader.links
        return any(urlsplit(each).path.endswith(ending) for each in leads)

    def get(self, path: str) -> "Page":
        return Page(self.client, self.client.get(path, follow_redirects=True))

    def post(self, ending: str, **values: str) -> "Page":
        """Fill the form that leads there, press its button, and follow where the answer leads."""
        form = self.form(ending)
        answer = self.client.post(form.action, data=form.fields | values, follow_redirects=True)
        return Page(self.client, answer)

    def tap(self, ending: str) -> TestResponse:
        """The bare answer to pressing the form's button."""
        form = self.form(ending)
        return self.client.post(form.action, data=form.fields)


@dataclass
class Clock:
    """The time that the app under test believes in."""

    now: datetime = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Scene:
    """A chain on a Monday morning: two therapists at home, one at a clinic nearby, and one visit on Wednesday at ten."""

    clock: Clock
    ready: Ready
    colleague: Any
    other_clinic: Any
    neighbour: Any
    visit: Any

    @property
    def chain(self) -> Chain:
        return self.ready.chain

    def open(self, visit: Any = None) -> Page:
        """The page behind a new link to the visit."""
        return open_link(self.chain, link_to(self.chain, visit or self.visit))

    def fresh(self) -> Any:
        """The visit as the desk sees it now."""
        return self.chain.desk.get(f"/v1/appointments/{self.visit['id']}")

    def events(self) -> list[dict[str, Any]]:
        """What happened to the visit, without the booking."""
        history: list[dict[str, Any]] = self.chain.desk.get(f"/v1/appointments/{self.visit['id']}/history")["items"]
        return history[1:]

    def wish(self, starts_at: datetime, clinic: Any = None, therapist: Any = None) -> str:
        """The value of a free time's button, by default of the visit's own clinic and therapist."""
        ids = (clinic or self.ready.clinic)["id"], (therapist or self.ready.therapist)["id"]
        return str(Wish(starts_at.astimezone(UTC), *map(UUID, ids)))

    def value_of(self, slot: Any) -> str:
        """The value of the button for a free time of the API."""
        ids = slot["clinic_id"], slot["therapist_id"]
        return str(Wish(datetime.fromisoformat(slot["starts_at"]).astimezone(UTC), *map(UUID, ids)))

    def is_at(self, value: str, clinic: Any) -> bool:
        """Whether a button's time is at the clinic."""
        return wish(value).clinic_id == UUID(clinic["id"])


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """A time on the clinics' clock in March 2027, whose first day is a Monday."""
    return datetime(2027, 3, day, hour, minute, tzinfo=BERLIN)


def set_scene(chain: Chain, **client: Any) -> Scene:
    """Put the scene into a new chain, with what matters about the client."""
    clock = Clock()
    chain.app.extensions[EXTENSION] = replace(chain.app.extensions[EXTENSION], clock=clock)
    home = chain.clinic(name="Demo Clinic Home", phone="+4930123456")
    near = chain.clinic(name="Demo Clinic Near", latitude=52.55, longitude=13.42)
    rooms = [chain.room(home), chain.room(home), chain.room(near)]
    own, colleague, neighbour = (
        chain.therapist(clinic, name=name, hours=("09:00", "17:00"))
        for clinic, name in ((home, "Demo Own"), (home, "Demo Colleague"), (near, "Demo Neighbour"))
    )
    offering = chain.offering(
        name="Kept to ourselves", min_notice_minutes=120, horizon_days=30, cancel_notice_minutes=1440
    )
    person = chain.person(**{"name": "Ada Demo-Client"} | client)
    ready = Ready(chain, home, rooms[0], own, offering, person)
    visit = ready.book(on(3, 10), therapist_id=own["id"])
    return Scene(clock, ready, colleague, near, neighbour, visit)


def link_to(chain: Chain, appointment: Any) -> str:
    """A new link to a visit, as a message would carry it: its path."""
    item = {
        "key": "a message",
        "chain_id": str(chain.id),
        "client_id": appointment["client_id"],
        "appointment_id": appointment["id"],
        "kind": "reminder",
    }
    answer = chain.service.post("/internal/v1/recipients", {"items": [item]}, 200)
    return str(urlsplit(answer["items"][0]["link"]).path)


def open_link(chain: Chain, path: str) -> Page:
    client = chain.app.test_client()
    return Page(client, client.get(path))


@pytest.fixture(scope="module")
def pages_settings(servers: ServerFarm, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One database for all the scenes of a file; each scene is a chain of its own."""
    folder = tmp_path_factory.mktemp("pages")
    with servers.database("scheduling") as database:
        own = {
            "SYNERGIST_FOLDER": str(folder),
            "SYNERGIST_SCHEDULING_DATABASE_URL": database.api,
            "SYNERGIST_SCHEDULING_READER_URL": database.reader,
            "SYNERGIST_SCHEDULING_MIGRATE_URL": database.migrate,
            "SYNERGIST_REDIS_URL": servers.redis().database(2 * worker_number(servers.worker)),
        }
        yield Settings.read(own | keys.variables(folder))


@pytest.fixture(scope="module")
def pages_app(pages_settings: Settings) -> Iterator[Flask]:
    app = create_app(pages_settings)
    nothing_at_treatment(app)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def new_pages_chain(pages_app: Flask, keys: Keys, redis_url: str) -> Iterator[NewChain]:
    """Makes chains; `redis_url` forgets who has been asking too often. A clock that was set is put back."""
    parts = pages_app.extensions[EXTENSION]

    def make(slug: str) -> Chain:
        unique = f"{slug}-{new_id().hex[-12:]}"
        return Chain(pages_app, keys, create_chain(parts.database, unique, f"Demo {slug}"))

    yield make
    pages_app.extensions[EXTENSION] = parts


@pytest.fixture
def new_scene(new_pages_chain: NewChain) -> Callable[..., Scene]:
    """Sets scenes: `new_scene(locale="de")` says what matters about the client."""
    return lambda **client: set_scene(new_pages_chain("demo"), **client)


@pytest.fixture
def scene(new_scene: Callable[..., Scene]) -> Scene:
    return new_scene()
