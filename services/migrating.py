"""Brings all databases up to date: roles and databases when a superuser is given, then each part's own migrations."""

from collections.abc import Callable, Mapping
from importlib import import_module

from shared.databases import prepare_databases
from shared.settings import DatabaseSettings, Settings

MIGRATIONS: Mapping[str, str] = {
    "scheduling": "services.scheduling.migrations",
    "treatment": "services.treatment.migrations",
    "workers": "workers.migrations",
}
NEEDED = tuple(f"SYNERGIST_{part.upper()}_MIGRATE_URL" for part in MIGRATIONS)


def migrate(settings: Settings) -> None:
    """Safe to run any number of times, and by several at once: they take turns."""
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
