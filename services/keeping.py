"""What an operator does with keys: make a master key, see which ones are needed, take a new one into use."""

import os
from collections.abc import Iterator

import click
from sqlalchemy import Engine

from shared.cipher import Unreadable
from shared.database import make_engine
from shared.master_keys import ID, MasterKeyMissing, MasterKeys, new_master_key
from shared.rewrapping import KeyCounts, counted, rewrap
from shared.sealing import master_keys_of
from shared.settings import Settings

NEEDED = ("SYNERGIST_SCHEDULING_MIGRATE_URL", "SYNERGIST_TREATMENT_MIGRATE_URL", "SYNERGIST_MASTER_KEYS")


@click.group("keys")
def keys_group() -> None:
    """The keys that seal what is personal."""


@keys_group.command("new")
@click.argument("name")
def new_command(name: str) -> None:
    """Print a new master key called NAME, for SYNERGIST_MASTER_KEYS; it is kept nowhere."""
    if not ID.fullmatch(name):
        raise click.UsageError("A name has small letters, digits and hyphens, 32 at most.")
    click.echo(new_master_key(name))


@keys_group.command("status")
def status_command() -> None:
    """Count the keys of each service; ends with 1 when a master key that is needed is not in the settings."""
    settings = Settings.read(os.environ, need=NEEDED)
    masters, missing = master_keys_of(settings), set()
    for service, owner in owners(settings):
        counts = counted(owner)
        click.echo(f"{service}: {told(counts, masters)}")
        missing |= set(counts.by_master) - set(masters.secrets)
    if missing:
        raise click.ClickException(f"SYNERGIST_MASTER_KEYS lacks what wraps them: {', '.join(sorted(missing))}.")


@keys_group.command("rotate")
def rotate_command() -> None:
    """Wrap the keys of all chains by the first of SYNERGIST_MASTER_KEYS, while everything runs."""
    settings = Settings.read(os.environ, need=NEEDED)
    masters = master_keys_of(settings)
    for service, owner in owners(settings):
        try:
            done = rewrap(owner, masters)
        except MasterKeyMissing as missing:
            raise click.ClickException(f"{service}: {missing}") from missing
        except Unreadable as unreadable:
            raise click.ClickException(f"{service}: a key of a chain is not as it was written.") from unreadable
        click.echo(f"{service}: {done} keys of chains wrapped anew by {masters.current}.")


def told(counts: KeyCounts, masters: MasterKeys) -> str:
    by_master = [
        f"{number} by {name}{' (current)' if name == masters.current else ''}"
        for name, number in counts.by_master.items()
    ]
    chains = f"keys of chains: {', '.join(by_master) or 'none'}"
    return f"{chains}; data keys: {counts.kept}, and {counts.destroyed} destroyed."


def owners(settings: Settings) -> Iterator[tuple[str, Engine]]:
    """Each service that has keys, with its database as its owner."""
    for service, database in {"scheduling": settings.scheduling, "treatment": settings.treatment}.items():
        owner = make_engine(database.migrate, size=1)
        yield service, owner
        owner.dispose()
