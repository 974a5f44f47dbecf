"""How far the way of each closed report was walked, and its lines until there; ids, times, codes and numbers alone."""

from alembic import op

from workers.migrations import API

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        CREATE TABLE restated_ways (
          report_id   uuid PRIMARY KEY,
          chain_id    uuid NOT NULL,
          period      text NOT NULL,
          ends_at     timestamptz NOT NULL,
          known_at    timestamptz NOT NULL,
          definitions integer NOT NULL,
          scope_kind  text NOT NULL,
          scope_id    uuid NOT NULL,
          scheduling  bigint NOT NULL,
          treatment   bigint NOT NULL,
          arrived     text NOT NULL,
          lines       bytea NOT NULL
        )
    """)
    connection.exec_driver_sql("CREATE INDEX restated_ways_of ON restated_ways (chain_id, period, known_at)")
    connection.exec_driver_sql("CREATE INDEX restated_ways_old ON restated_ways (ends_at)")
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON restated_ways TO {API}")
