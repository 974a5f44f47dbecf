"""Alembic's entry point for the treatment database."""

from shared.migrate import run_migrations

run_migrations()
