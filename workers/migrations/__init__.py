"""The workers' database: two schemas of facts made from events, and the messages, which no rebuild touches."""

from pathlib import Path

from sqlalchemy import Connection

from shared import checkpoints, migrate

FOLDER = Path(__file__).parent
API = "workers_api"


def upgrade(url: str) -> None:
    """Bring the workers' database up to date, as its owner."""
    migrate.upgrade(FOLDER, url)


def create_views(connection: Connection, schema: str) -> None:
    """Make the empty facts and checkpoints in a schema that exists."""
    migrate.run_script(connection, FOLDER / "views.sql", schema=schema, api=API)
    checkpoints.create_checkpoints(connection, schema, API)
