"""What consuming events needs, the facts of visits and clients, and the messages that are due."""

from pathlib import Path

from alembic import op

import shared
from shared.migrate import run_script
from workers.migrations import API, FOLDER, create_views

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    run_script(connection, Path(shared.__file__).parent / "consumers.sql", api=API)
    for schema in ("views_a", "views_b"):
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        create_views(connection, schema)
    run_script(connection, FOLDER / "messages.sql", api=API)
