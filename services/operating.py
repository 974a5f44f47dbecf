"""What an operator does with a system that runs: found chains and give out tokens."""

import os
from typing import get_args
from uuid import UUID

import click

from services.scheduling.chains import chain_called, create_chain
from services.scheduling.identity.issuers import disconnect, issuers
from services.scheduling.views import VIEWS
from shared.auth import SERVICE, Role
from shared.database import Database, make_engine
from shared.decider import NotThere, Refused
from shared.minting import A_WORKDAY_SECONDS, local_subject, mint, mint_service_token
from shared.sealing import sealer_of
from shared.settings import Settings
from shared.tokens import LONGEST_SERVICE_SECONDS, Service

A_WEEK = 7 * 24 * 3600


def found_chain(slug: str, name: str) -> UUID:
    """Create a chain and give its id; a ClickException says why it cannot be."""
    settings = Settings.read(os.environ, need=["SYNERGIST_SCHEDULING_DATABASE_URL", "SYNERGIST_MASTER_KEYS"])
    engine = make_engine(settings.scheduling.api)
    try:
        return create_chain(Database(engine, sealer=sealer_of(settings), views=VIEWS), slug, name)
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    finally:
        engine.dispose()


def token_for(slug: str, role: Role, clinics: tuple[UUID, ...], ttl_seconds: int) -> str:
    """A token of the local issuer for a role at a chain; a ClickException when there is no such chain."""
    settings = Settings.read(os.environ, need=["SYNERGIST_ISSUER_KEY", "SYNERGIST_SCHEDULING_DATABASE_URL"])
    engine = make_engine(settings.scheduling.api)
    chain_id = chain_called(engine, slug)
    engine.dispose()
    if chain_id is None:
        raise click.ClickException(f"There is no chain called {slug}.")
    return mint(
        settings.auth.issuer_key,
        issuer=settings.auth.issuer,
        subject=local_subject(role),
        chain_id=chain_id,
        role=role,
        clinics=clinics,
        ttl_seconds=ttl_seconds,
    )


def service_token(to: Service, ttl_seconds: int) -> str:
    """A token as our own services use them to call one another."""
    settings = Settings.read(os.environ, need=["SYNERGIST_SERVICE_KEY"])
    ttl = min(ttl_seconds, LONGEST_SERVICE_SECONDS)
    return mint_service_token(settings.auth.service_key, subject="operator", to=to, ttl_seconds=ttl)


@click.group("chain")
def chain_group() -> None:
    """The chains that this system serves."""


@chain_group.command("create")
@click.option("--slug", required=True, help="Short name: small letters, digits and hyphens.")
@click.option("--name", required=True)
def create_command(slug: str, name: str) -> None:
    """Found a chain; prints its id."""
    click.echo(found_chain(slug, name))


@chain_group.command("issuers")
def issuers_command() -> None:
    """Say which chains have an identity provider of their own: slug and issuer."""
    settings = Settings.read(os.environ, need=["SYNERGIST_SCHEDULING_DATABASE_URL"])
    engine = make_engine(settings.scheduling.api)
    for slug, issuer in issuers(engine):
        click.echo(f"{slug} {issuer}")
    engine.dispose()


@chain_group.command("disconnect")
@click.option("--slug", required=True)
def disconnect_command(slug: str) -> None:
    """Take a chain's own identity provider away: its staff sign in at the operator's again."""
    settings = Settings.read(os.environ, need=["SYNERGIST_SCHEDULING_DATABASE_URL", "SYNERGIST_MASTER_KEYS"])
    engine = make_engine(settings.scheduling.api)
    try:
        chain_id = chain_called(engine, slug)
        if chain_id is None:
            raise click.ClickException(f"There is no chain called {slug}.")
        click.echo(disconnect(Database(engine, sealer=sealer_of(settings), views=VIEWS), chain_id))
    except NotThere:
        raise click.ClickException(f"{slug} has no identity provider of its own.") from None
    finally:
        engine.dispose()


@click.command("token")
@click.option("--chain", "slug", help="The slug of the chain; not for the role service, which belongs to none.")
@click.option("--role", required=True, type=click.Choice(get_args(Role)))
@click.option("--clinic", "clinics", multiple=True, type=click.UUID, help="Only at this clinic; may be repeated.")
@click.option("--ttl", default=A_WORKDAY_SECONDS, show_default=True, type=click.IntRange(1, A_WEEK), help="Seconds.")
@click.option("--to", type=click.Choice(get_args(Service)), help="For the role service: which service it may call.")
def token_command(slug: str | None, role: Role, clinics: tuple[UUID, ...], ttl: int, to: Service | None) -> None:
    """Print a bearer token of the local issuer, on the last line."""
    if role == SERVICE:
        if to is None:
            raise click.UsageError("--to is needed for the role service.")
        click.echo(service_token(to, ttl))
    elif slug is None:
        raise click.UsageError("--chain is needed for this role.")
    else:
        click.echo(token_for(slug, role, clinics, ttl))
