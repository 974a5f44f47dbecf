"""Whose a link is, as its page says it where several people read at one address: an initial and no more."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "ALTER TABLE client_links ADD COLUMN whose text CHECK (length(whose) BETWEEN 1 AND 4)"
    )
