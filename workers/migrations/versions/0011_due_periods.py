"""Periods that are to be closed, and their reports until they are; ids, times, codes and documents without names."""

from alembic import op

from workers.migrations import API

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        CREATE TABLE due_periods (
          id              uuid PRIMARY KEY,
          chain_id        uuid NOT NULL,
          partition       smallint NOT NULL,
          kind            text NOT NULL CHECK (kind IN ('week', 'month')),
          period          text NOT NULL,
          starts_at       timestamptz NOT NULL,
          ends_at         timestamptz NOT NULL,
          time_zone       text NOT NULL,
          as_of_at        timestamptz NOT NULL,
          state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'making', 'closed')),
          scheduling_head bigint,
          treatment_head  bigint,
          scheduling      bigint,
          treatment       bigint,
          reports         integer,
          made            integer NOT NULL DEFAULT 0,
          told            boolean NOT NULL DEFAULT false,
          attempts        integer NOT NULL DEFAULT 0,
          next_at         timestamptz NOT NULL,
          lease_token     uuid
        )
    """)
    connection.exec_driver_sql("CREATE INDEX due_periods_of ON due_periods (chain_id, kind, ends_at)")
    connection.exec_driver_sql("CREATE INDEX due_periods_open ON due_periods (next_at, id) WHERE state <> 'closed'")
    connection.exec_driver_sql("""
        CREATE TABLE report_drafts (
          period_id  uuid NOT NULL REFERENCES due_periods,
          scope_kind text NOT NULL,
          scope_id   uuid NOT NULL,
          clinics    uuid[] NOT NULL,
          document   bytea NOT NULL,
          published  boolean NOT NULL DEFAULT false,
          PRIMARY KEY (period_id, scope_kind, scope_id)
        )
    """)
    for table in ("due_periods", "report_drafts"):
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {API}")
