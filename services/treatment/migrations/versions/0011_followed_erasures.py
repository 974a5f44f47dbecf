"""What went here when scheduling let go of somebody, for its receipt: numbers alone, and nobody's id."""

from alembic import op

from services.treatment.migrations import API

revision = "0011"
down_revision = "0010"


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
    connection.exec_driver_sql("CREATE INDEX ON followed_erasures (request_id)")
    connection.exec_driver_sql("ALTER TABLE followed_erasures ENABLE ROW LEVEL SECURITY")
    connection.exec_driver_sql("ALTER TABLE followed_erasures FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql("""
        CREATE POLICY own_chain ON followed_erasures
          USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid)
    """)
    connection.exec_driver_sql(f"GRANT SELECT, INSERT ON followed_erasures TO {API}")
