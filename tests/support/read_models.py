"""Read models looked at whole, whichever of the two schemas they stand in."""

from sqlalchemy import Engine, text

PROGRESS = {"checkpoints", "rebuild"}


def active(owner: Engine) -> str:
    """The schema in use."""
    with owner.connect() as connection:
        return str(connection.execute(text("SELECT schema FROM active_views")).scalar_one())


def content(owner: Engine, schema: str) -> dict[str, list[str]]:
    """Every row of every table of a schema, as text; progress apart."""
    found = {}
    with owner.begin() as connection:
        names = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema")
        for name in sorted(connection.execute(names, {"schema": schema}).scalars()):
            if name not in PROGRESS:
                connection.execute(text(f"ALTER TABLE {schema}.{name} NO FORCE ROW LEVEL SECURITY"))
                rows = connection.execute(text(f"SELECT CAST(t AS text) AS row FROM {schema}.{name} AS t"))
                found[name] = sorted(row.row for row in rows)
        connection.rollback()
    return found
