"""When a provider says that it has last asked who somebody is: what needs a recent sign-in rests on nothing else."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE staff_sessions ADD COLUMN asked_at timestamptz")
