"""Messages on one channel alone, and which of those that reached nobody were handed to a person."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE due_messages ADD COLUMN via text NOT NULL DEFAULT 'any'")
    connection.exec_driver_sql("ALTER TABLE due_messages ADD COLUMN handed_at timestamptz")
    connection.exec_driver_sql(
        "CREATE INDEX due_messages_for_people ON due_messages (next_at)"
        " WHERE handed_at IS NULL AND (kind = 'unconfirmed' OR state IN ('stopped', 'in_doubt'))"
    )
