"""Scheduling's pages of the staff: the day at a clinic, and the script that they have in common."""

from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from sqlalchemy import Engine

from services.scheduling.chains import chain_called
from services.scheduling.staff.reach import TOLD, colleagues, reach_at
from services.scheduling.staff_pages import devices, locking, tasks, telling
from services.scheduling.staff_pages.day import day_at
from services.scheduling.staff_pages.here import HABITS
from services.scheduling.staff_pages.telling import TREATMENT_URL
from shared.auth import THERAPIST
from shared.settings import AddressSettings
from shared.staff_web.answers import page, pages_blueprint
from shared.staff_web.browser import Cookies, id_in
from shared.staff_web.chains import name_of_chain
from shared.staff_web.providers import Providers
from shared.staff_web.routes import add_sign_in
from shared.staff_web.visiting import Frame, visitor

FOLDER = Path(__file__).parent
COOKIES = "synergist"
blueprint = pages_blueprint("staff_pages")


def add_staff_pages(app: Flask, *, address: AddressSettings, providers: Providers, engine: Engine) -> None:
    """Serve the staff's pages at the public address of scheduling."""
    public_url = address.public_url
    app.config[TREATMENT_URL] = address.treatment_public_url
    made = Frame(
        public_url=public_url,
        cookies=Cookies(public_url, COOKIES),
        folder=FOLDER,
        providers=providers,
        chain_called=lambda slug: chain_called(engine, slug),
        habits=HABITS,
        has_script=True,
    )
    add_sign_in(app, made)
    for each in (blueprint, locking.blueprint, devices.blueprint, tasks.blueprint, telling.blueprint):
        app.register_blueprint(each)


@blueprint.get("/day")
def show_day() -> str:
    """Today's visits at one of the caller's clinics."""
    who = visitor()
    clinic = request.args.get("clinic")
    with who.reading() as connection:
        day = day_at(connection, who.caller, None if clinic is None else id_in(clinic), who.now)
        chain_name = name_of_chain(connection)
        is_desk = any(grant.role != THERAPIST for grant in who.caller.grants)
        is_told = any(grant.role in TOLD for grant in who.caller.grants)
        reach = reach_at(colleagues(connection), day.clinic.id) if day and is_desk else None
    return page(
        "day.html",
        chain_name=chain_name,
        day=day,
        is_desk=is_desk,
        reach=reach,
        unlisted=is_told and who.caller.staff_id is None,
    )


@lru_cache
def script() -> str:
    return (FOLDER / "templates" / "staff.js").read_text(encoding="utf-8")


@blueprint.get("/staff.js")
def show_script() -> Response:
    """The script that keeps what is typed and locks a tablet that nobody uses; pages work without it."""
    return Response(script(), mimetype="text/javascript")
