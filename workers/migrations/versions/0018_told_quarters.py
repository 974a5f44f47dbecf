"""Whom reports of quarters count over the year, and what of it was told; ids, times, codes and counts without names."""

from alembic import op

from workers.migrations import API

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE report_drafts ADD COLUMN cohorts jsonb")
    connection.exec_driver_sql("""
        CREATE TABLE told_quarters (
          period_id  uuid NOT NULL REFERENCES due_periods,
          scope_kind text NOT NULL,
          scope_id   uuid NOT NULL,
          clinics    uuid[] NOT NULL,
          cohorts    jsonb NOT NULL,
          kept_back  text[] NOT NULL,
          told       text[] NOT NULL,
          PRIMARY KEY (period_id, scope_kind, scope_id)
        )
    """)
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, DELETE ON told_quarters TO {API}")
