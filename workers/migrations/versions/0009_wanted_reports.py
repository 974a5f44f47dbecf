"""Reports that were asked for, until treatment has them; ids, times and codes alone."""

from alembic import op

from workers.migrations import API

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        CREATE TABLE wanted_reports (
          report_id   uuid PRIMARY KEY,
          chain_id    uuid NOT NULL,
          scope_kind  text NOT NULL,
          scope_id    uuid NOT NULL,
          period      text NOT NULL,
          as_of_at    timestamptz NOT NULL,
          asked_at    timestamptz NOT NULL,
          attempts    integer NOT NULL DEFAULT 0,
          next_at     timestamptz NOT NULL,
          lease_token uuid
        )
    """)
    connection.exec_driver_sql("CREATE INDEX wanted_reports_due ON wanted_reports (next_at, report_id)")
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON wanted_reports TO {API}")
