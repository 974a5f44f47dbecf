"""The workers' database: two schemas of facts made from events, and the messages, which no rebuild touches."""

from pathlib import Path

from sqlalchemy import Connection

from shared import aliases, checkpoints, migrate, staff

FOLDER = Path(__file__).parent
VIEWS_SQL = (aliases.SCRIPT, staff.SCRIPT, FOLDER / "views.sql", FOLDER / "report_views.sql")
API = "workers_api"


def upgrade(url: str) -> None:
    """Bring the workers' database up to date, as its owner."""
    migrate.upgrade(FOLDER, url)


def create_views(connection: Connection, schema: str) -> None:
    """Make the empty facts and checkpoints in a schema that exists."""
    for script in VIEWS_SQL:
        migrate.run_script(connection, script, schema=schema, api=API)
    checkpoints.create_checkpoints(connection, schema, API)
