"""The treatment database: its own log, two schemas of read models made from other services' events, dead letters."""

from pathlib import Path

from sqlalchemy import Connection

from shared import aliases, client_clinics, migrate, providers, staff
from shared.checkpoints import create_checkpoints

FOLDER = Path(__file__).parent
VIEWS_SQL = (aliases.SCRIPT, client_clinics.SCRIPT, staff.SCRIPT, providers.SCRIPT, FOLDER / "views.sql")
API = "treatment_api"


def upgrade(url: str) -> None:
    """Bring the treatment database up to date, as its owner."""
    migrate.upgrade(FOLDER, url)


def create_views(connection: Connection, schema: str) -> None:
    """Make the empty read models, with their checkpoints, in a schema that exists."""
    for script in VIEWS_SQL:
        migrate.run_script(connection, script, schema=schema, api=API)
    create_checkpoints(connection, schema, API)
