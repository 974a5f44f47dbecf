"""Treatment's pages of the staff, below /staff at its own public address."""

from http import HTTPStatus
from pathlib import Path

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.chains import chain_called
from services.treatment.staff_pages import (
    alerts,
    comparison,
    covers,
    day,
    here,
    opening,
    overdue,
    record,
    report,
    report_rules,
    reports,
    reviews,
)
from services.treatment.staff_pages.here import HABITS, SCHEDULING_URL
from services.treatment.staff_pages.own_provider import OwnProviders
from services.treatment.staff_pages.scheduling import EXTENSION, Scheduling
from shared.database import Database
from shared.providers import Sources
from shared.reports.page import style as report_style
from shared.settings import Settings
from shared.staff_web.browser import Cookies
from shared.staff_web.providers import Providers, operators_provider
from shared.staff_web.routes import add_sign_in
from shared.staff_web.visiting import Frame

FOLDER = Path(__file__).parent
COOKIES = "synergist-treatment"


def add_staff_pages(app: Flask, *, settings: Settings, database: Database, sources: Sources) -> None:
    """Serve the staff's pages."""
    address, auth = settings.address, settings.auth
    app.extensions[EXTENSION] = Scheduling.of(settings)
    app.config[SCHEDULING_URL] = address.public_url
    operators = operators_provider(
        auth.issuer,
        auth.jwks_url,
        client_id=auth.treatment_client_id,
        client_secret=auth.treatment_client_secret,
        https_only=settings.environment == "production",
    )
    made = Frame(
        public_url=address.treatment_public_url,
        cookies=Cookies(address.treatment_public_url, COOKIES),
        folder=FOLDER,
        providers=Providers(operators, OwnProviders(database, sources)),
        chain_called=lambda slug: chain_called(database.engine, slug),
        habits=HABITS,
        own_style=report_style() + (FOLDER / "templates" / "reports.css").read_text(encoding="utf-8"),
    )
    add_sign_in(app, made)
    for each in (
        here,
        alerts,
        covers,
        day,
        opening,
        record,
        reviews,
        reports,
        report,
        report_rules,
        comparison,
        overdue,
    ):
        app.register_blueprint(each.blueprint)
    app.add_url_rule("/reports", "reports", to_reports)


def to_reports() -> AnyResponse:
    """The short address of the reports on a period, as letters and people name it."""
    where = url_for("treatment_reports.show_reports", period=request.args.get("period"))
    return redirect(where, HTTPStatus.SEE_OTHER)
