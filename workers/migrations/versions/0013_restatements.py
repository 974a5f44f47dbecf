"""Restatements that are to be made, and what treatment has been told of them; ids, times, codes and positions alone."""

from alembic import op

from workers.migrations import API

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        CREATE TABLE wanted_restatements (
          report_id   uuid PRIMARY KEY,
          chain_id    uuid NOT NULL,
          scope_kind  text NOT NULL,
          scope_id    uuid NOT NULL,
          period      text NOT NULL,
          time_zone   text NOT NULL,
          known_at    timestamptz NOT NULL,
          scheduling  bigint NOT NULL,
          treatment   bigint NOT NULL,
          definitions integer NOT NULL,
          attempts    integer NOT NULL DEFAULT 0,
          next_at     timestamptz NOT NULL,
          lease_token uuid
        )
    """)
    connection.exec_driver_sql("CREATE INDEX wanted_restatements_due ON wanted_restatements (next_at, report_id)")
    connection.exec_driver_sql("""
        CREATE TABLE restated_periods (
          id          uuid PRIMARY KEY REFERENCES due_periods,
          scheduling  bigint NOT NULL,
          treatment   bigint NOT NULL,
          attempts    integer NOT NULL DEFAULT 0,
          next_at     timestamptz NOT NULL,
          lease_token uuid
        )
    """)
    connection.exec_driver_sql("CREATE INDEX restated_periods_due ON restated_periods (next_at, id)")
    connection.exec_driver_sql("""
        CREATE TABLE restated_reports (
          report_id  uuid PRIMARY KEY,
          lines_hash text NOT NULL
        )
    """)
    for table in ("wanted_restatements", "restated_periods", "restated_reports"):
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {API}")
