"""The `scan` command: says in which stores a plain text stands and how often, and never what stands around it."""

import os
import sys
from collections.abc import Iterator

import click
import redis

from services.scanning import databases, files, keys
from services.scanning.forms import Forms, forms_of
from shared.database import make_engine
from shared.settings import Settings

NEEDED = (
    "SYNERGIST_SCHEDULING_MIGRATE_URL",
    "SYNERGIST_SCHEDULING_READER_URL",
    "SYNERGIST_TREATMENT_MIGRATE_URL",
    "SYNERGIST_WORKERS_MIGRATE_URL",
    "SYNERGIST_REDIS_URL",
    "SYNERGIST_BROKER_URL",
)


def scan(settings: Settings, forms: Forms) -> Iterator[tuple[str, str, int]]:
    """Each place that holds the text: the store, where in it, and how often."""
    reader = make_engine(settings.scheduling.reader, size=1)
    chains = databases.chains_in(reader)
    reader.dispose()
    owners = {
        "scheduling": settings.scheduling.migrate,
        "treatment": settings.treatment.migrate,
        "workers": settings.workers.migrate,
    }
    for name, url in owners.items():
        owner = make_engine(url, size=1)
        yield from ((name, place, times) for place, times in databases.found_in(owner, chains, forms))
        owner.dispose()
    for name, url in {"redis": settings.redis.url, "broker": settings.redis.broker_url}.items():
        with redis.Redis.from_url(url, socket_timeout=30) as client:
            yield from ((name, place, times) for place, times in keys.found_in(client, forms))
    yield from (("file", place, times) for place, times in files.found_in(settings.folder, forms))


@click.command("scan")
@click.option("--for", "wanted", required=True, help="The text; - reads it from the standard input.")
def scan_command(wanted: str) -> None:
    """Look for a plain text in every store: both logs, all tables, Redis, the broker, files in the local folder.

    Ends with 1 when it was found anywhere. Encrypted data, backups and the servers' own files are not looked into.
    """
    settings = Settings.read(os.environ, need=NEEDED)
    try:
        forms = forms_of(sys.stdin.read().strip() if wanted == "-" else wanted)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    found = 0
    for store, place, times in scan(settings, forms):
        click.echo(f"{store}  {place}  {times}")
        found += 1
    if mailed := files.in_mailbox(settings.folder, forms):
        click.echo(f"The mailbox of development has it {mailed} times; it is the clients' own and no store.")
    click.echo(f"Found in {found} places." if found else "Found nowhere.")
    if found:
        raise click.exceptions.Exit(1)
