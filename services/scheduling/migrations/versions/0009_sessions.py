"""Who has signed in to the staff's pages."""

from alembic import op

from services.scheduling.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "sessions.sql", api=API)
