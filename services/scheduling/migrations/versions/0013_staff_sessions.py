"""Sessions of staff are called so at every service: at treatment, a session is something else."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE sessions RENAME TO staff_sessions")
