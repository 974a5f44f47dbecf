"""Links that lead to something else than a visit."""

from alembic import op

from services.scheduling.migrations import FOLDER
from shared.migrate import run_script

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "links.sql")
