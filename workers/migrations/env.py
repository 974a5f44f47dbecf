"""Alembic's entry point for the workers' database."""

from shared.migrate import run_migrations

run_migrations()
