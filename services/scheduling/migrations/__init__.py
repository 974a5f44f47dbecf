"""The scheduling database: the log, two schemas of read models, and what is not made from the log."""

from pathlib import Path

from sqlalchemy import Connection

from shared import aliases, client_clinics, migrate, providers, staff

FOLDER = Path(__file__).parent
VIEWS_SQL = (aliases.SCRIPT, client_clinics.SCRIPT, staff.SCRIPT, providers.SCRIPT, FOLDER / "views.sql")
API = "scheduling_api"


def upgrade(url: str) -> None:
    """Bring the scheduling database up to date, as its owner."""
    migrate.upgrade(FOLDER, url)


def create_views(connection: Connection, schema: str) -> None:
    """Make the empty read models in a schema that exists."""
    for script in VIEWS_SQL:
        migrate.run_script(connection, script, schema=schema, api=API)
