"""Where somebody of the staff works, as far as letters to them need it: on which clock, and what they manage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from shared.auth import CHAIN_ADMIN, MANAGER, Grant

CLINICS = text("""
    SELECT DISTINCT ON (clinics.id) clinics.id, clinics.name, terms.time_zone
    FROM clinics LEFT JOIN clinic_terms terms ON terms.clinic_id = clinics.id
    ORDER BY clinics.id, terms.valid_from <= :today DESC, abs(terms.valid_from - CAST(:today AS date))
""")
ROTAS = text("""
    SELECT therapist_id, array_agg(DISTINCT clinic_id) AS clinics FROM rota_entries
    WHERE therapist_id = ANY(:ids) AND coalesce(valid_to, :today) >= :today GROUP BY therapist_id
""")
ANYWHERE = "UTC"


@dataclass(frozen=True, slots=True)
class Clinic:
    """`time_zone` is None until it has terms."""

    name: str
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Workplaces:
    """The clinics of a chain in the order of their ids, which is that of their opening, and who has a rota where."""

    clinics: Mapping[UUID, Clinic]
    rotas: Mapping[UUID, Collection[UUID]]

    def clock_of(self, grants: Collection[Grant], therapist_id: UUID | None) -> str:
        """The time zone of the first clinic where they have a role or a rota, or of the chain's first one."""
        limits: set[UUID] = set().union(*(grant.clinics or () for grant in grants))
        theirs = limits | set(self.rotas.get(therapist_id, ()) if therapist_id else ())
        some = [each for clinic_id, each in self.clinics.items() if clinic_id in theirs]
        zones = (each.time_zone for each in (*some, *self.clinics.values()) if each.time_zone is not None)
        return next(zones, ANYWHERE)

    def managed(self, grants: Collection[Grant]) -> dict[str, str]:
        """The names of the clinics that somebody manages, by id."""
        limits = [grant.clinics for grant in grants if grant.role in {MANAGER, CHAIN_ADMIN}]
        return {
            str(clinic_id): each.name
            for clinic_id, each in self.clinics.items()
            if any(limit is None or clinic_id in limit for limit in limits)
        }


def workplaces(connection: Connection, therapist_ids: Collection[UUID], now: datetime) -> Workplaces:
    """Of the chain of this connection, by two queries."""
    values: dict[str, Any] = {"today": now.date(), "ids": list(therapist_ids)}
    clinics = {row.id: Clinic(row.name, row.time_zone) for row in connection.execute(CLINICS, values)}
    rotas = {row.therapist_id: row.clinics for row in connection.execute(ROTAS, values)}
    return Workplaces(clinics, rotas)
