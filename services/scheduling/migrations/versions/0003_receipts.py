"""Which address a link was sent to, and what providers report about."""

from alembic import op

from services.scheduling.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "receipts.sql", api=API)
