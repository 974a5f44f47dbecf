"""Where somebody of the staff works, as far as letters to them need it: on which clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from shared.auth import Grant

CLINICS = text("""
    SELECT DISTINCT ON (clinics.id) clinics.id, terms.time_zone
    FROM clinics LEFT JOIN clinic_terms terms ON terms.clinic_id = clinics.id
    ORDER BY clinics.id, terms.valid_from <= :today DESC, abs(terms.valid_from - CAST(:today AS date))
""")
ROTAS = text("""
    SELECT therapist_id, array_agg(DISTINCT clinic_id) AS clinics FROM rota_entries
    WHERE therapist_id = ANY(:ids) AND coalesce(valid_to, :today) >= :today GROUP BY therapist_id
""")
ANYWHERE = "UTC"


@dataclass(frozen=True, slots=True)
class Workplaces:
    """The clocks of a chain's clinics in the order of their ids, which is that of opening, and who has a rota where.

    A clinic has none until it has terms.
    """

    clocks: Mapping[UUID, str | None]
    rotas: Mapping[UUID, Collection[UUID]]

    def clock_of(self, grants: Collection[Grant], therapist_id: UUID | None) -> str:
        """The time zone of the first clinic where they have a role or a rota, or of the chain's first one."""
        limits: set[UUID] = set().union(*(grant.clinics or () for grant in grants))
        theirs = limits | set(self.rotas.get(therapist_id, ()) if therapist_id else ())
        some = [clock for clinic_id, clock in self.clocks.items() if clinic_id in theirs]
        return next(filter(None, (*some, *self.clocks.values())), ANYWHERE)


def workplaces(connection: Connection, therapist_ids: Collection[UUID], now: datetime) -> Workplaces:
    """Of the chain of this connection, by two queries."""
    values: dict[str, Any] = {"today": now.date(), "ids": list(therapist_ids)}
    clocks = {row.id: row.time_zone for row in connection.execute(CLINICS, values)}
    rotas = {row.therapist_id: row.clinics for row in connection.execute(ROTAS, values)}
    return Workplaces(clocks, rotas)
