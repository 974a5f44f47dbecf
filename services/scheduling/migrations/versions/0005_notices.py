"""What providers have passed on already."""

from alembic import op

from services.scheduling.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "notices.sql", api=API)
