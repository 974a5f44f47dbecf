"""What is old is found by its age."""

from alembic import op

from services.scheduling.migrations import FOLDER
from shared.migrate import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "pruning.sql")
