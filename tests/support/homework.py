"""A client with homework and a link to its page, which they use as a browser without script does."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.treatment.web.forms import mark
from shared.events.scheduling import ChainCreated
from shared.events.scheduling_people import ClientChanged
from tests.support.checking_in import Care, a_care
from tests.support.treatment import Treatment

PAIR = {
    "release": {"target": "psoas_major", "side": "left", "seconds": 60, "technique": "ball"},
    "activate": {"target": "gluteus_maximus", "side": "right", "reps": 8, "exercise": "bridge"},
}
CONTENT = {"pairs": [PAIR], "per_day": 2, "until": "2026-06-15", "instructions": "Slowly"}


@dataclass(frozen=True)
class Exercising:
    """Homework of a client in Berlin, with `path` for their therapist and `link` for themselves."""

    care: Care
    path: str
    link: str = ""

    @property
    def browser(self) -> FlaskClient:
        return self.care.treatment.app.test_client()

    @property
    def today(self) -> str:
        return f"{self.care.now:%Y-%m-%d}"

    def get(self) -> TestResponse:
        return self.browser.get(self.link)

    @property
    def mark(self) -> str:
        """The homework, as a form names it."""
        return mark(UUID(self.path.rpartition("/")[2]))

    def tap(self, done: str, day: str = "") -> TestResponse:
        return self.browser.post(self.link, data={"homework": self.mark, "day": day or self.today, "done": done})

    def more(self, **content: Any) -> "Exercising":
        """Further homework of the same client, behind the same link."""
        about = {"client_id": str(self.care.client_id), "starts_on": "2026-06-01"}
        made = self.care.api.post("/v1/homework", CONTENT | about | content)
        return replace(self, path=f"/v1/homework/{made['id']}")

    def homework(self) -> Any:
        """As a therapist reads it."""
        return self.care.api.get(self.path)

    def new_link(self) -> str:
        return link_to(self.care, self.path)

    def asked(self, **fields: Any) -> dict[str, Any]:
        """A link as the workers get it, or why there is none."""
        about = self.path.rpartition("/")[2]
        [answer] = self.care.workers("links", purpose="homework", about=about, **fields)["items"]
        return dict(answer)


def exercising(
    treatment: Treatment,
    *,
    locale: str = "en",
    name: str = "Demo Chain",
    instructions: str = "Slowly",
    starts_on: str = "2026-06-01",
) -> Exercising:
    treatment.tell(ChainCreated(chain_id=treatment.chain_id, slug="demo", name=name), stream="chain")
    care = a_care(treatment)
    treatment.tell(
        ClientChanged(client_id=care.client_id, name="Demo Client", time_zone="Europe/Berlin", locale=locale),
        stream=f"client-{care.client_id}",
    )
    about = {"client_id": str(care.client_id), "starts_on": starts_on, "instructions": instructions}
    path = f"/v1/homework/{care.api.post('/v1/homework', CONTENT | about)['id']}"
    return Exercising(care, path, link_to(care, path))


def link_to(care: Care, path: str) -> str:
    """The path of a fresh link to homework."""
    link: str = care.api.post(f"{path}/link", {})["link"]
    return urlsplit(link).path
