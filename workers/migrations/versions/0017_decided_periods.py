"""By which definitions drafts were made, that it is decided what of them may leave, and that news was refused."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        ALTER TABLE due_periods ADD COLUMN definitions integer,
          ADD COLUMN decided boolean NOT NULL DEFAULT false, ADD COLUMN refused boolean NOT NULL DEFAULT false
    """)
    connection.exec_driver_sql("ALTER TABLE report_drafts ADD COLUMN own bytea")
