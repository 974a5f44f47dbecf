"""Alembic's entry point for the scheduling database."""

from shared.migrate import run_migrations

run_migrations()
