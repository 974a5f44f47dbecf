"""Links of clients."""

from alembic import op

from services.treatment.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "links.sql", api=API)
