"""Where the periods of restatements that were asked for begin and end, as their reports say."""

from alembic import op

from workers.reports.window import period_of

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("""
        ALTER TABLE wanted_restatements ADD COLUMN starts_at timestamptz, ADD COLUMN ends_at timestamptz
    """)
    asked = connection.exec_driver_sql("SELECT report_id, period, time_zone FROM wanted_restatements").all()
    for report_id, name, time_zone in asked:
        period = period_of(name, time_zone)
        connection.exec_driver_sql(
            "UPDATE wanted_restatements SET starts_at = %(starts_at)s, ends_at = %(ends_at)s WHERE report_id = %(id)s",
            {"starts_at": period.starts_at, "ends_at": period.ends_at, "id": report_id},
        )
    connection.exec_driver_sql("""
        ALTER TABLE wanted_restatements ALTER COLUMN starts_at SET NOT NULL, ALTER COLUMN ends_at SET NOT NULL
    """)
