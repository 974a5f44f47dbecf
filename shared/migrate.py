"""Alembic for each database without configuration files: a folder of versions and a URL is all it takes."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

ONE_AT_A_TIME = text("SELECT pg_advisory_lock(hashtextextended('migrations', 0))")


def upgrade(folder: Path, url: str) -> None:
    """Bring a database up to the newest version in `folder`; `url` is that of the role that owns its tables."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def run_migrations() -> None:
    """What each folder's `env.py` calls: run the wanted versions in one transaction, one process at a time."""
    url = make_url(context.config.attributes["url"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(ONE_AT_A_TIME)
        connection.commit()
        context.configure(connection=connection, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def run_script(connection: Connection, script: Path, **names: str) -> None:
    """Run a file of SQL, with each `{name}` in it replaced."""
    sql = script.read_text()
    for name, value in names.items():
        sql = sql.replace(f"{{{name}}}", value)
    connection.exec_driver_sql(sql.replace("%", "%%"))
