"""Messages to staff, which are about no client."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(
        "ALTER TABLE due_messages ALTER COLUMN client_id DROP NOT NULL, ADD COLUMN staff_id uuid,"
        " ADD CHECK (client_id IS NULL OR staff_id IS NULL)"
    )
    connection.exec_driver_sql(
        "CREATE INDEX due_messages_to_staff ON due_messages (due_at) WHERE client_id IS NULL AND state <> 'sent'"
    )
