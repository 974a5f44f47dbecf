"""Who has signed in to the staff's pages."""

from alembic import op

from services.treatment.migrations import API
from shared.migrate import run_script
from shared.staff_web.sessions import SCRIPT

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_script(op.get_bind(), SCRIPT, api=API)
