"""How the closing of periods is coming along."""

from alembic import op

from services.treatment.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "report_progress.sql", api=API)
