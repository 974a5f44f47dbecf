"""Who looked at whose data, and scheduling's signed heads."""

from pathlib import Path

from alembic import op

from shared import access_log
from shared.migrate import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    script = Path(access_log.__file__).with_suffix(".sql")
    for name in ("hash_chain.sql", "access_log.sql", "anchors.sql"):
        run_script(op.get_bind(), script.with_name(name), service="treatment")
