"""Shared tablets, people's shifts at them, and drafts; the names of sessions are sealed."""

from alembic import op

from services.scheduling.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "tablets.sql", api=API)
