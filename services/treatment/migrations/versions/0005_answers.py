"""Answers to repeated requests."""

from alembic import op

from services.treatment.migrations import API
from shared.http import idempotency
from shared.migrate import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script(op.get_bind(), idempotency.SCRIPT, api=API)
