"""The commands of the scheduling service: its processes, and what an operator does with chains."""

import os

import click

from shared.settings import Settings

WEB = (
    "SYNERGIST_SCHEDULING_DATABASE_URL",
    "SYNERGIST_SCHEDULING_READER_URL",
    "SYNERGIST_REDIS_URL",
    "SYNERGIST_MASTER_KEYS",
    "SYNERGIST_JWKS_URL",
    "SYNERGIST_SERVICE_JWKS_URL",
)


@click.group("scheduling")
def group() -> None:
    """The scheduling service."""


@group.command()
def api() -> None:
    """Answer requests."""
    from shared.web_server import serve  # noqa: PLC0415 - only this process needs the server

    settings = Settings.read(os.environ, need=WEB)
    address = settings.address
    serve("services.scheduling.app:create_app", host=address.bind, port=address.scheduling_port, web=settings.web)


@group.command()
def replies() -> None:
    """Read what clients answer by mail."""
    from services.scheduling.replies.process import run  # noqa: PLC0415 - as above

    run()


@group.command()
def relay() -> None:
    """Carry the log to Redis."""
    from services.scheduling.relay import run  # noqa: PLC0415 - as above

    run()
