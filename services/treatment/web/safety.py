"""What a client reads who ticks a red flag: the chain's own words, or ours, and whom to call where they live.

Numbers are named only for countries in which we know them; 112 is free in all of the EU, in the countries around it
that are named here, and reaches every emergency service.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.treatment.alerts.rules import level_of
from services.treatment.check_ins.state import CheckIn
from shared.events.treatment_alerts import Level
from shared.languages import locale_of

EUROPE = (
    *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU"),
    *("IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
EMERGENCY_NUMBERS = {
    **dict.fromkeys(EUROPE, "112"),
    **dict.fromkeys(("US", "CA"), "911"),
    "AU": "000",
    "NZ": "111",
}
DOCTORS_ON_CALL = {"DE": "116117", "AT": "1450", "GB": "111"}

CLINIC = text("""
    SELECT clinic.phone, clinic.country FROM (SELECT) AS asked
      LEFT JOIN episodes episode ON episode.id = :episode_id
      LEFT JOIN sessions session ON session.id = :session_id
      JOIN clinics clinic ON clinic.clinic_id = coalesce(episode.clinic_id, session.clinic_id)
""")
APPROVED = text("""
    SELECT emergency, same_day FROM safety_texts WHERE chain_id = :chain_id AND locale IN (:tag, :language)
    ORDER BY length(locale) DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Safety:
    """Whom to call, each None where we do not know, and the chain's words by level; None: it has none of its own."""

    phone: str | None
    emergency_number: str | None
    doctor_on_call: str | None
    own_words: Row[Any] | None

    def words(self, level: Level) -> str | None:
        """What the chain says, if it has approved anything in this language."""
        if self.own_words is None:
            return None
        said: str = self.own_words.emergency if level == "emergency" else self.own_words.same_day
        return said


def safety_of(connection: Connection, chain_id: UUID, check_in: CheckIn, tag: str) -> Safety:
    """What to say at the clinic that a check-in belongs to, in the language of `tag`."""
    about = {"episode_id": check_in.planned.episode_id, "session_id": check_in.planned.session_id}
    clinic = connection.execute(CLINIC, about).first()
    country = clinic.country if clinic else None
    asked = {"chain_id": chain_id, "tag": tag, "language": locale_of(tag).language}
    return Safety(
        clinic.phone if clinic else None,
        EMERGENCY_NUMBERS.get(country or ""),
        DOCTORS_ON_CALL.get(country or ""),
        connection.execute(APPROVED, asked).first(),
    )


def level(flags: Collection[str]) -> Level | None:
    """How urgent ticked flags are; None where none is ticked."""
    return level_of(tuple(flags)) if flags else None
