"""A client who is asked about pain, and the pages that their links open, used as a browser without script uses them."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.events.scheduling import Address, ChainCreated, ClinicOpened
from shared.events.scheduling_people import ClientChanged
from tests.contracts.examples import EXAMPLES
from tests.support.checking_in import Care, a_care
from tests.support.pages import Reader
from tests.support.treatment import Treatment

EVENTS = text("SELECT name FROM events WHERE stream = :stream ORDER BY version")


@dataclass
class Asked:
    """A client of a chain with a name, and a link to the question that is open: the day after a session."""

    care: Care
    link: str

    @property
    def browser(self) -> FlaskClient:
        return self.care.treatment.app.test_client()

    def get(self, path: str = "", **options: Any) -> TestResponse:
        return self.browser.get(self.link + path, **options)

    def post(self, path: str = "", form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as the page has it, with these values."""
        return self.browser.post(self.link + path, data=self.form(path) | (form or {}), **options)

    def form(self, path: str = "") -> dict[str, str]:
        """What the form with this end of its address carries before anything is ticked."""
        reader = Reader()
        reader.feed(self.get().text)
        found = next((form for form in reader.forms if form.action == self.link + path), None)
        assert found is not None, f"the page has no form to {path!r}"
        return {name: found.fields[name] for name in ("seen", "score", "edition") if name in found.fields}

    def tap(self, score: int) -> TestResponse:
        return self.post("", {"score": str(score)}, follow_redirects=True)

    def say(self, **form: Any) -> TestResponse:
        return self.post("/more", form, follow_redirects=True)

    def happened(self) -> list[str]:
        """The names of what was recorded of the client's check-ins."""
        treatment = self.care.treatment
        with treatment.database.reading(treatment.chain_id) as connection:
            found = connection.execute(EVENTS, {"stream": f"check_ins-{self.care.client_id}"}).scalars().all()
        return [name.split(".")[1] for name in found]

    def answers(self) -> list[str]:
        return [name for name in self.happened() if name in {"check_in_answered", "check_in_corrected"}]


def asked(treatment: Treatment, *, locale: str = "en", country: str = "DE", name: str = "Demo Chain") -> Asked:
    """After one session and a day."""
    treatment.tell(ChainCreated(chain_id=treatment.chain_id, slug="demo", name=name), stream="chain")
    care = a_care(treatment)
    treatment.tell(
        ClientChanged(client_id=care.client_id, name="Demo Client", time_zone="Europe/Berlin", locale=locale),
        stream=f"client-{care.client_id}",
    )
    place = Address(line="Demo Street 1", city="Demo", region="", postal_code="10115", country=country)
    treatment.tell(
        ClinicOpened(clinic_id=care.clinic_id, name="Demo Clinic", phone="+49301234567"),
        replace(EXAMPLES["scheduling.clinic_terms_set.v1"], clinic_id=care.clinic_id, address=place),
        stream=f"clinic-{care.clinic_id}",
    )
    care.treated(care.open_episode())
    return Asked(care.on(1), link_to(care))


def link_to(care: Care) -> str:
    """The path of a fresh link to what is next to be asked."""
    wanted: str = care.check_ins("&status=planned")[0]["id"]
    link: str = care.ask(wanted)["link"]
    return urlsplit(link).path
