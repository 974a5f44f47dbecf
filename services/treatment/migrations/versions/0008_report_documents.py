"""Documents of published reports."""

from alembic import op

from services.treatment.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "reports.sql", api=API)
