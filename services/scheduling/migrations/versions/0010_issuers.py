"""Which chain an identity provider belongs to."""

from alembic import op

from services.scheduling.migrations import API, FOLDER
from shared.migrate import run_script

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_script(op.get_bind(), FOLDER / "issuers.sql", api=API)
