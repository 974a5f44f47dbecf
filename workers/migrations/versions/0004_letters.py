"""Messages that are about no visit."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(
        "ALTER TABLE due_messages ALTER COLUMN clinic_id DROP NOT NULL, ALTER COLUMN visit_starts_at DROP NOT NULL"
    )
