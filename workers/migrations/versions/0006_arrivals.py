"""Sessions that have begun, until scheduling has been told; ids and times alone."""

from alembic import op

from workers.migrations import API

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        CREATE TABLE arrivals (
          session_id     uuid PRIMARY KEY,
          appointment_id uuid NOT NULL,
          chain_id       uuid NOT NULL,
          client_id      uuid NOT NULL,
          therapist_id   uuid NOT NULL,
          event_id       uuid NOT NULL,
          happened_at    timestamptz NOT NULL
        )
    """)
    connection.exec_driver_sql("CREATE INDEX arrivals_waiting ON arrivals (happened_at, session_id)")
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON arrivals TO {API}")
