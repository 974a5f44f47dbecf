"""The local issuer of `make up`, with an invented person for each role of each chain; production refuses to run it."""

from collections.abc import Sequence

import click
from sqlalchemy import Engine, text

from services.scheduling.chains import chain_called
from shared.auth import CHAIN_ADMIN, FRONT_DESK, MANAGER, STAFF, THERAPIST, Role
from shared.database import make_engine, reading
from shared.embedded.issuer import Client, LocalIssuer, Person, Site
from shared.minting import local_subject
from shared.settings import Settings
from shared.staff_pages import CALLBACK, SIGN_IN

NEEDED = ("SYNERGIST_ISSUER_KEY", "SYNERGIST_CLIENT_SECRET", "SYNERGIST_SCHEDULING_DATABASE_URL")
NAMES: dict[Role, str] = {
    THERAPIST: "Demo Therapist",
    FRONT_DESK: "Demo Front Desk",
    MANAGER: "Demo Manager",
    CHAIN_ADMIN: "Demo Administrator",
}
FIRST_CLINIC = text("SELECT id, name FROM clinics ORDER BY name, id LIMIT 1")


def local_issuer(settings: Settings) -> LocalIssuer:
    """The issuer that the settings describe; raises ClickException when they say production."""
    if settings.environment == "production":
        raise click.ClickException("The local issuer lets anybody be anybody: it does not run in production.")
    auth, address = settings.auth, settings.address
    clients = [
        Client(name, secret, url + CALLBACK, url + SIGN_IN)
        for name, secret, url in (
            (auth.client_id, auth.client_secret, address.public_url),
            (auth.treatment_client_id, auth.treatment_client_secret, address.treatment_public_url),
        )
        if secret
    ]
    engine = make_engine(settings.scheduling.api, size=2)
    site = Site(settings.auth.issuer, settings.auth.issuer_key, clients, lambda slug: people_of(engine, slug))
    return LocalIssuer(settings.address.issuer_port, site, engine.dispose)


def people_of(engine: Engine, slug: str) -> Sequence[Person]:
    """Somebody for each role everywhere, and a front desk of the first clinic alone."""
    chain_id = chain_called(engine, slug)
    if chain_id is None:
        return []
    people = [Person(local_subject(role), NAMES[role], chain_id, role) for role in STAFF]
    with reading(engine, chain_id) as connection:
        clinic = connection.execute(FIRST_CLINIC).first()
    if clinic is None:
        return people
    name = f"{NAMES[FRONT_DESK]} of {clinic.name}"
    return [*people, Person(f"{local_subject(FRONT_DESK)}:{clinic.id}", name, chain_id, FRONT_DESK, clinic.id)]
