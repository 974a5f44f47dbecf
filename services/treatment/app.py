"""The treatment service's web process."""

import os
from functools import partial

from flask import Flask

from services.permissions.table import OPERATIONS
from services.treatment.access import covers, glasses
from services.treatment.access.gate import gate
from services.treatment.alerts import routes as alert_routes, safety_text, slots
from services.treatment.alerts.due import due_alerts_blueprint
from services.treatment.amendment_requests import routes as request_routes
from services.treatment.asked_links import asked_links_blueprint
from services.treatment.caseload_reports import (
    chain_rules as report_rules,
    overdue,
    period_routes,
    restatements,
    routes as report_routes,
)
from services.treatment.caseload_reports.closing import closing_blueprint
from services.treatment.caseload_reports.internal import finished_reports_blueprint
from services.treatment.caseload_reports.letters import report_letters_blueprint
from services.treatment.caseload_reports.restated import finished_restatements_blueprint
from services.treatment.catalogue import routes as catalogue_routes
from services.treatment.check_ins import routes as check_in_routes
from services.treatment.check_ins.internal import check_ins_blueprint
from services.treatment.day import routes as day_routes
from services.treatment.episodes import routes as episode_routes
from services.treatment.erasure import erasures_blueprint
from services.treatment.history import routes as history_routes
from services.treatment.homework import routes as homework_routes
from services.treatment.homework.links import homework_links_blueprint
from services.treatment.looks import looks_blueprint, person
from services.treatment.own_views import OWN_VIEWS
from services.treatment.patterns import routes as pattern_routes, thresholds as threshold_routes
from services.treatment.record import routes as record_routes
from services.treatment.record.told import record_blueprint
from services.treatment.sessions import routes as sessions_routes
from services.treatment.staff_pages.routes import add_staff_pages
from services.treatment.timeline import routes as timeline_routes
from services.treatment.visits import routes as visits_routes
from services.treatment.web.routes import add_client_pages
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
from shared.tokens import Tokens

NEEDED = (
    "SYNERGIST_TREATMENT_DATABASE_URL",
    "SYNERGIST_TREATMENT_READER_URL",
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
        configure(settings.environment, settings.log_level, "treatment api")
    engine = make_engine(settings.treatment.api, size=settings.web.threads + 2)
    database = Database(engine, sealer=sealer_of(settings), views=OWN_VIEWS)
    reader = make_engine(settings.treatment.reader, size=2)
    sources = Sources(Outward(this_machine=settings.environment == "development"))
    tokens = Tokens(
        "treatment",
        issuer=settings.auth.issuer,
        jwks_url=settings.auth.jwks_url,
        service_jwks_url=settings.auth.service_jwks_url,
        other=ChainIssuers(engine, sources),
    )
    limits = RateLimits.of(settings.redis.url, settings.rates)
    parts = Parts(database, tokens, limits, engines=(database.engine, reader), gate=gate)
    blueprints = (
        catalogue_routes.blueprint,
        episode_routes.blueprint,
        pattern_routes.blueprint,
        pattern_routes.suggestions,
        threshold_routes.blueprint,
        homework_routes.blueprint,
        homework_links_blueprint(settings.address.treatment_public_url),
        check_in_routes.blueprint,
        check_in_routes.of_chain,
        check_ins_blueprint(database),
        asked_links_blueprint(database, settings.address.treatment_public_url),
        visits_routes.blueprint,
        day_routes.blueprint,
        accesses_blueprint(person),
        looks_blueprint(database),
        record_blueprint(database),
        erasures_blueprint(database),
        covers.blueprint,
        glasses.blueprint,
        history_routes.blueprint,
        timeline_routes.blueprint,
        record_routes.blueprint,
        request_routes.blueprint,
        request_routes.of_clients,
        sessions_routes.blueprint,
        sessions_routes.of_clients,
        alert_routes.blueprint,
        alert_routes.of_clients,
        safety_text.blueprint,
        due_alerts_blueprint(database),
        report_routes.blueprint,
        restatements.blueprint,
        report_rules.blueprint,
        period_routes.blueprint,
        overdue.blueprint,
        finished_reports_blueprint(database),
        finished_restatements_blueprint(database),
        report_letters_blueprint(database),
        closing_blueprint(database),
        feed_blueprint("treatment", reader),
        anchors_blueprint(engine),
    )
    public_url = settings.address.treatment_public_url
    add_routes = (
        add_client_pages,
        partial(add_staff_pages, settings=settings, database=database, sources=sources),
    )
    app = create_service_app("treatment", parts, OPERATIONS, blueprints, add_routes, public_url=public_url)
    app.extensions[slots.EXTENSION] = slots.Scheduling.of(settings)
    return behind_proxies(app, settings.web.proxies)
