"""The log, the visits that scheduling tells of, how far its events were read, and those that could not be handled."""

from pathlib import Path

from alembic import op

from services.treatment.migrations import API, create_views
from shared import event_store
from shared.migrate import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    log = Path(event_store.__file__).with_suffix(".sql")
    run_script(connection, log.with_name("hash_chain.sql"))
    run_script(connection, log, service="treatment")
    run_script(connection, log.with_name("consumers.sql"), api=API)
    for schema in ("views_a", "views_b"):
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        create_views(connection, schema)
