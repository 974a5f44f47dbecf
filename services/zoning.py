"""What an operator does after the rules of a time zone have changed: find visits that no longer keep their promise."""

import os
from datetime import UTC, datetime
from uuid import UUID

import click

from services.scheduling.chains import chains
from services.scheduling.disruptions import zones
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.sealing import sealer_of
from shared.settings import Settings

WORDS = {
    "moved": "moved",
    "clash": "NOT moved, its therapist, room or client is taken then",
    "too_close": "NOT moved, buffers or the way to another clinic leave no room for it then",
    "disrupted": "NOT moved, it is disrupted and has to be settled first",
    "settled": "fits by now",
}
UNSOLVED = {"clash", "too_close", "disrupted"}


@click.group("zones")
def zones_group() -> None:
    """The rules of time zones, which governments change."""


@zones_group.command("check")
@click.option("--move", is_flag=True, help="Move the visits to the time on the clock that was promised.")
def check_command(*, move: bool) -> None:
    """Name the booked visits whose promised time on the clock is not their instant; ends with 1 while there are any."""
    settings = Settings.read(os.environ, need=["SYNERGIST_SCHEDULING_DATABASE_URL", "SYNERGIST_MASTER_KEYS"])
    engine = make_engine(settings.scheduling.api)
    database = Database(engine, sealer=sealer_of(settings), views=VIEWS)
    try:
        left = sum(check(database, slug, chain_id, move=move) for slug, chain_id in chains(engine))
    finally:
        engine.dispose()
    click.echo(f"{left} visits do not keep what was promised." if left else "Every visit keeps what was promised.")
    if left:
        raise click.exceptions.Exit(1)


def check(database: Database, slug: str, chain_id: UUID, *, move: bool) -> int:
    """How many of a chain's visits do not fit, after they were moved where that was wished."""
    now, left = datetime.now(UTC), 0
    for misfit in zones.misfits(database, chain_id, now):
        outcome = zones.move(database, chain_id, misfit, now) if move else None
        left += outcome is None or outcome in UNSOLVED
        said = f": {WORDS[outcome]}" if outcome else ""
        promise = f"promised {misfit.starts_local} {misfit.time_zone}, stands at {misfit.starts_at:%Y-%m-%dT%H:%MZ}"
        click.echo(f"{slug}: visit {misfit.appointment_id}: {promise}{said}")
    return left
