"""Who looked at whose data, whom a kept answer shows, and treatment's signed heads."""

from pathlib import Path

from alembic import op

from shared import access_log
from shared.migrate import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    connection, script = op.get_bind(), Path(access_log.__file__).with_suffix(".sql")
    for name in ("hash_chain.sql", "access_log.sql", "anchors.sql"):
        run_script(connection, script.with_name(name), service="scheduling")
    connection.exec_driver_sql("ALTER TABLE idempotency ADD COLUMN client_ids uuid[]")
