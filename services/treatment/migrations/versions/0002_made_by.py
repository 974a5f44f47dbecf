"""What making the read models in use are of, so that a new version of the software knows whether they are its own."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE active_views ADD COLUMN made_by text")
