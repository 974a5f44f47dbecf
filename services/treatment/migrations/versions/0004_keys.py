"""The keys that seal what is personal in treatment."""

from alembic import op

from shared import keys
from shared.migrate import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_script(op.get_bind(), keys.SCRIPT, service="treatment")
