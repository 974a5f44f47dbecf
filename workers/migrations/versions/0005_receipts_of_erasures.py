"""Receipts of erasures of which scheduling has not heard yet."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE INDEX due_messages_to_settle ON due_messages (key) WHERE kind = 'erasure' AND handed_at IS NULL"
    )
