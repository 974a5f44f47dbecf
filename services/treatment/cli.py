"""The processes of the treatment service."""

import os

import click

from shared.settings import Settings


@click.group("treatment")
def group() -> None:
    """The treatment service."""


@group.command()
def api() -> None:
    """Answer requests."""
    from services.treatment.app import NEEDED  # noqa: PLC0415 - only this process needs the web parts
    from shared.web_server import serve  # noqa: PLC0415 - as above

    settings = Settings.read(os.environ, need=NEEDED)
    address = settings.address
    serve("services.treatment.app:create_app", host=address.bind, port=address.treatment_port, web=settings.web)


@group.command()
def relay() -> None:
    """Bring the log to Redis."""
    from services.treatment.relay import run  # noqa: PLC0415 - each process imports what it runs

    run()


@group.command()
def consume() -> None:
    """Follow what scheduling does."""
    from services.treatment.consume import run  # noqa: PLC0415 - as above

    run()
