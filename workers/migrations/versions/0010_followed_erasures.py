"""What went here when scheduling let go of somebody, until it has been told: numbers alone, and nobody's id."""

from alembic import op

from workers.migrations import API

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        CREATE TABLE followed_erasures (
          event_id    uuid PRIMARY KEY,
          chain_id    uuid NOT NULL,
          request_id  uuid NOT NULL,
          classes     text[] NOT NULL,
          stores      jsonb NOT NULL,
          followed_at timestamptz NOT NULL
        )
    """)
    connection.exec_driver_sql("CREATE INDEX followed_erasures_waiting ON followed_erasures (followed_at, event_id)")
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, DELETE ON followed_erasures TO {API}")
