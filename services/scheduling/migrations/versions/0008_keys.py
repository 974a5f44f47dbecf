"""The keys that seal what is personal in scheduling."""

from alembic import op

from shared import keys
from shared.migrate import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_script(op.get_bind(), keys.SCRIPT, service="scheduling")
