"""The workers may lay out the facts of a few persons in temporary tables, which nobody else sees and no log keeps."""

from alembic import op

from workers.migrations import API

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    grant = f"'GRANT TEMPORARY ON DATABASE ' || quote_ident(current_database()) || ' TO {API}'"
    op.get_bind().exec_driver_sql(f"DO $$ BEGIN EXECUTE {grant}; END $$")
