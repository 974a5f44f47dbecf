"""The chain with a slug, as scheduling has told of it, and the clock on which its days begin."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from shared.database import reading
from shared.providers import NO_CHAIN

CALLED = text("SELECT chain_called(:slug)")
CLOCK = text("""
    SELECT coalesce(
      (SELECT content ->> 'time_zone' FROM report_rules),
      (SELECT first_time_zone FROM clinics ORDER BY opened_at, clinic_id LIMIT 1))
""")


def chain_called(engine: Engine, slug: str) -> UUID | None:
    """The id of the chain with this slug, if there is one."""
    with reading(engine, NO_CHAIN) as connection:
        found: UUID | None = connection.execute(CALLED, {"slug": slug}).scalar_one_or_none()
        return found


def clock_of_chain(connection: Connection) -> ZoneInfo:
    """Where periods of reports begin and end: as its rules say, else the first of the clinic that was opened first."""
    return ZoneInfo(connection.execute(CLOCK).scalar() or "UTC")
