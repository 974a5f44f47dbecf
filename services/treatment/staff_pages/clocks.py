"""On which clock each clinic is today, for whatever a page says of times there."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

ZONES = text("""
    SELECT DISTINCT ON (clinic_id) clinic_id, time_zone FROM clinic_clocks
    WHERE clinic_id = ANY(:ids) ORDER BY clinic_id, valid_from <= :today DESC, abs(valid_from - :today)
""")


def zones_of(connection: Connection, clinics: Collection[UUID | None], now: datetime) -> dict[UUID | None, ZoneInfo]:
    """The zone of each; UTC for a clinic of which no clock is known, and for none."""
    found = connection.execute(ZONES, {"ids": [each for each in clinics if each], "today": now.date()})
    return dict.fromkeys(clinics, ZoneInfo("UTC")) | {row.clinic_id: ZoneInfo(row.time_zone) for row in found}
