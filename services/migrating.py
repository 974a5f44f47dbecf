"""Brings all databases up to date: roles and databases when a superuser is given, each part's own migrations, and the
read models, which are made anew from the log when they were made by other code or SQL than this version's.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

import click

from shared.database import make_engine
from shared.databases import prepare_databases
from shared.faults import described, passes_by_itself
from shared.logs import configure
from shared.rebuild import ReadModels, bring_up_to_date
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings, Settings

MIGRATIONS: Mapping[str, str] = {
    "scheduling": "services.scheduling.migrations",
    "treatment": "services.treatment.migrations",
    "workers": "workers.migrations",
}
READ_MODELS: Mapping[str, str] = {
    "scheduling": "services.scheduling.rebuild",
    "treatment": "services.treatment.rebuild",
    "workers": "workers.rebuild",
}
NEEDED = (
    *(f"SYNERGIST_{part.upper()}_MIGRATE_URL" for part in MIGRATIONS),
    "SYNERGIST_SCHEDULING_READER_URL",
    "SYNERGIST_TREATMENT_READER_URL",
    "SYNERGIST_MASTER_KEYS",
)
FAILED = """{part}: the read models of this version could not be made from the log ({fault}). Nothing is lost, and the
earlier ones are untouched: mend the cause and migrate again, or go on with the version from before. On a machine
where the data are of no worth, `make reset` begins anew."""


def migrate(settings: Settings) -> None:
    """Safe to run any number of times, and by several at once: they take turns.

    Raises click.ClickException, with a message for a person, when read models cannot be made.
    """
    configure(settings.environment, settings.log_level, "migrate")
    databases: Mapping[str, DatabaseSettings] = {
        "scheduling": settings.scheduling,
        "treatment": settings.treatment,
        "workers": settings.workers,
    }
    if settings.postgres_url:
        prepare_databases(settings.postgres_url, databases.values())
    for part, module in MIGRATIONS.items():
        upgrade: Callable[[str], None] = import_module(module).upgrade
        upgrade(databases[part].migrate)
    readers = {service: make_engine(databases[service].reader) for service in ("scheduling", "treatment")}
    logs = {service: LogAtHand(reader) for service, reader in readers.items()}
    for part, module in READ_MODELS.items():
        renew(part, import_module(module).read_models(settings, logs))
    for reader in readers.values():
        reader.dispose()


def renew(part: str, models: ReadModels) -> None:
    """Make the read models anew when they are not of this version's making. No service need run."""
    try:
        rebuilt = bring_up_to_date(models)
    except Exception as error:
        if passes_by_itself(error):
            raise
        raise click.ClickException(FAILED.format(part=part, fault=described(error))) from error
    models.owner.dispose()
    if rebuilt is not None and rebuilt.events:
        click.echo(f"{part}: read models made anew from {rebuilt.events} events.")
