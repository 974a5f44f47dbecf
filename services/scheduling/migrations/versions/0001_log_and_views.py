"""The log, the read models of directory and appointments, answers to repeated requests, links."""

from pathlib import Path

from alembic import op

from services.scheduling.migrations import API, FOLDER, create_views
from shared import event_store
from shared.migrate import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    for extension in ("btree_gist", "btree_gin", "pg_trgm"):
        connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    log = Path(event_store.__file__).with_suffix(".sql")
    run_script(connection, log.with_name("hash_chain.sql"))
    run_script(connection, log, service="scheduling")
    for schema in ("views_a", "views_b"):
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        create_views(connection, schema)
    run_script(connection, FOLDER / "commands.sql", api=API)
