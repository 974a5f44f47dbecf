"""The scheduling service's web process."""

import os
from functools import partial

from flask import Flask

from services.permissions.table import OPERATIONS
from services.scheduling.addresses import addresses_blueprint
from services.scheduling.appointments import booking_routes as bookings, routes as appointments
from services.scheduling.appointments.arrivals import arrivals_blueprint
from services.scheduling.availability import routes as availability
from services.scheduling.availability.earliest import earliest_blueprint
from services.scheduling.chains import Founded
from services.scheduling.contact_tasks import routes as contact_tasks
from services.scheduling.contacts import routes as contacts
from services.scheduling.deliveries.hooks import provider_hooks, refusals_blueprint
from services.scheduling.directory.routes import BLUEPRINTS as DIRECTORY
from services.scheduling.disruptions.routes import BLUEPRINTS as DISRUPTIONS
from services.scheduling.erasure import routes as erasure
from services.scheduling.errands import routes as errands
from services.scheduling.errands.letters import letters_blueprint
from services.scheduling.export import routes as export
from services.scheduling.export.treatment import EXTENSION as TREATMENT, Treatment
from services.scheduling.hook_documents import describe_hooks
from services.scheduling.hooks import HookKeys, add_hooks
from services.scheduling.identity.routes import identity_provider_blueprint
from services.scheduling.names import names_blueprint
from services.scheduling.people import routes as people
from services.scheduling.people.reading import person_id
from services.scheduling.recipients import recipients_blueprint
from services.scheduling.relations import routes as relations
from services.scheduling.replies.hook import replies_hook
from services.scheduling.replies.inviting import Ways
from services.scheduling.staff import addresses, routes as staff
from services.scheduling.staff.claims import claims_blueprint
from services.scheduling.staff.letters import Sites, staff_letters_blueprint
from services.scheduling.staff_pages.own_provider import OwnProviders
from services.scheduling.staff_pages.redeeming import redeeming_blueprint
from services.scheduling.staff_pages.routes import add_staff_pages
from services.scheduling.views import VIEWS
from services.scheduling.web.routes import add_client_pages
from shared.access_routes import accesses_blueprint
from shared.anchor_routes import anchors_blueprint
from shared.database import Database, make_engine
from shared.feed_routes import feed_blueprint
from shared.http.app import behind_proxies, create_service_app
from shared.http.limits import RateLimits
from shared.http.operations import Parts
from shared.logs import configure
from shared.outward import Outward
from shared.providers import ChainIssuers, Sources
from shared.sealing import sealer_of
from shared.settings import Settings
from shared.staff_web.providers import Providers, operators_provider
from shared.tokens import Tokens

NEEDED = (
    "SYNERGIST_SCHEDULING_DATABASE_URL",
    "SYNERGIST_SCHEDULING_READER_URL",
    "SYNERGIST_REDIS_URL",
    "SYNERGIST_MASTER_KEYS",
    "SYNERGIST_JWKS_URL",
    "SYNERGIST_SERVICE_JWKS_URL",
    "SYNERGIST_SERVICE_KEY",
)


def create_app(settings: Settings | None = None) -> Flask:
    """The app that a web server runs; without settings, those of the environment."""
    if settings is None:
        settings = Settings.read(os.environ, need=NEEDED)
        configure(settings.environment, settings.log_level, "scheduling api")
    engine = make_engine(settings.scheduling.api, size=settings.web.threads + 2)
    database = Database(engine, sealer=sealer_of(settings), views=VIEWS)
    reader = make_engine(settings.scheduling.reader, size=2)
    sources = Sources(Outward(this_machine=settings.environment == "development"))
    tokens = Tokens(
        "scheduling",
        issuer=settings.auth.issuer,
        jwks_url=settings.auth.jwks_url,
        service_jwks_url=settings.auth.service_jwks_url,
        other=ChainIssuers(engine, sources),
    )
    limits = RateLimits.of(settings.redis.url, settings.rates)
    parts = Parts(database, tokens, limits, engines=(database.engine, reader), is_founded=Founded(database.engine))
    own_providers = OwnProviders(database, sources)
    blueprints = (
        *DIRECTORY,
        people.blueprint,
        accesses_blueprint(person_id),
        relations.blueprint,
        contacts.blueprint,
        availability.blueprint,
        earliest_blueprint(database),
        appointments.blueprint,
        arrivals_blueprint(database),
        bookings.blueprint,
        contact_tasks.blueprint,
        contact_tasks.wanted_tasks_blueprint(database),
        *DISRUPTIONS,
        staff.blueprint,
        addresses.own,
        identity_provider_blueprint(settings.auth.issuer, sources),
        feed_blueprint("scheduling", reader),
        anchors_blueprint(database.engine),
        erasure.blueprint,
        export.blueprint,
        errands.blueprint,
        erasure.due_erasures_blueprint(database),
        recipients_blueprint(database, settings.address.public_url, Ways.of(settings, database.sealer)),
        letters_blueprint(database, settings.address.public_url),
        addresses_blueprint(database, settings.address.public_url),
        refusals_blueprint(database),
        names_blueprint(database),
        redeeming_blueprint(own_providers),
        claims_blueprint(database),
        staff_letters_blueprint(database, Sites(settings.address.public_url, settings.address.treatment_public_url)),
    )
    keys = HookKeys.of(settings)
    operators = operators_provider(
        settings.auth.issuer,
        settings.auth.jwks_url,
        client_id=settings.auth.client_id,
        client_secret=settings.auth.client_secret,
        https_only=settings.environment == "production",
    )
    providers = Providers(operators, own_providers)
    add_routes = (
        partial(add_hooks, hooks=[replies_hook(database, keys), provider_hooks(keys)]),
        describe_hooks,
        partial(add_client_pages, public_url=settings.address.public_url),
        partial(add_staff_pages, address=settings.address, providers=providers, engine=engine),
    )
    public_url = settings.address.public_url
    app = create_service_app("scheduling", parts, OPERATIONS, blueprints, add_routes, public_url=public_url)
    app.extensions[TREATMENT] = Treatment.of(settings)
    return behind_proxies(app, settings.web.proxies)
