"""Messages of check-ins of which treatment has not heard yet."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE INDEX due_messages_to_tell ON due_messages (key)"
        " WHERE kind = 'check_in' AND handed_at IS NULL AND state IN ('sent', 'stopped', 'expired', 'in_doubt')"
    )
