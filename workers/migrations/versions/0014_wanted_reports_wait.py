"""Where the logs ended when the moment of a report that was asked for had passed: it waits until they are read."""

from alembic import op

from shared.partitions import partition_of

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        ALTER TABLE wanted_reports ADD COLUMN partition smallint,
          ADD COLUMN scheduling_head bigint, ADD COLUMN treatment_head bigint
    """)
    for (chain_id,) in connection.exec_driver_sql("SELECT DISTINCT chain_id FROM wanted_reports").all():
        values = {"chain_id": chain_id, "partition": partition_of(chain_id)}
        connection.exec_driver_sql(
            "UPDATE wanted_reports SET partition = %(partition)s WHERE chain_id = %(chain_id)s", values
        )
    connection.exec_driver_sql("ALTER TABLE wanted_reports ALTER COLUMN partition SET NOT NULL")
