"""What a link's holder may see and do: the visit as it stands now, and nothing that the page does not need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.contacts.shared import initial, shared_points
from services.scheduling.links import find
from services.scheduling.reach import roles_in, still_told
from shared.decider import NotThere

Stage = Literal["upcoming", "now", "over", "cancelled"]

# The clinic is where its terms put it at the instant of the visit, and terms begin on their own clock; a clinic without
# terms so early is where it was first.
SURROUNDINGS = text("""
    SELECT client.name AS client_name, holder.name AS holder_name, holder.time_zone AS holder_zone, holder.locale,
      chain.name AS chain_name,
      clinic.name AS clinic_name, clinic.phone AS clinic_phone, therapist.name AS therapist_name,
      terms.address, terms.latitude_e6, terms.longitude_e6
    FROM clients client, clients holder, clinics clinic, therapists therapist, chains chain, LATERAL (
      SELECT address, latitude_e6, longitude_e6
      FROM clinic_terms, LATERAL (SELECT CAST(valid_from AS timestamp) AT TIME ZONE time_zone) AS begins (begins_at)
      WHERE clinic_id = clinic.id
      ORDER BY begins_at <= :at DESC, greatest(begins_at - :at, :at - begins_at) LIMIT 1
    ) AS terms
    WHERE client.id = :client_id AND holder.id = :holder_id AND clinic.id = :clinic_id AND therapist.id = :therapist_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit and those it concerns: `holder_*` has the link and need not be who comes; `time_zone` is the clinic's.

    `contact_point_id` is the address that the link was sent to; where others read it too, the names are initials.
    """

    id: UUID
    version: int
    status: str
    confirmed: bool
    late: bool
    changed_by: str | None
    offering_id: UUID
    clinic_id: UUID
    therapist_id: UUID
    client_id: UUID
    holder_id: UUID
    told_client_id: UUID | None
    gift: bool
    contact_point_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    cancel_notice: timedelta
    client_name: str
    holder_name: str
    holder_zone: str
    locale: str
    chain_name: str
    clinic_name: str
    clinic_phone: str
    therapist_name: str
    address: Mapping[str, str]
    latitude_e6: int
    longitude_e6: int

    def stage(self, now: datetime) -> Stage:
        """Whether there is still something to change about it."""
        if self.status == "cancelled":
            return "cancelled"
        if self.status in {"fulfilled", "noshow"} or now >= self.ends_at:
            return "over"
        return "now" if self.status == "arrived" or now >= self.starts_at else "upcoming"

    def is_late(self, now: datetime) -> bool:
        """Whether a change comes later than the client was told to make it."""
        return now > self.starts_at - self.cancel_notice

    @property
    def mark(self) -> str:
        """What a page was about: it changes when time, clinic or therapist do, and with nothing else."""
        shown = f"{self.starts_at.timestamp()} {self.clinic_id} {self.therapist_id}"
        return blake2b(shown.encode(), digest_size=8).hexdigest()


def visit_behind(connection: Connection, token: bytes, now: datetime) -> Visit:
    """The visit that a token opens in the chain of the connection; NotThere when it opens none, or none any more."""
    row = find(connection, token, now)
    if row is None:
        raise NotThere
    if not all(still_told(connection, [(row.holder_id, roles_in(row))], now)):
        raise NotThere
    known = {
        "client_id": row.client_id,
        "holder_id": row.holder_id,
        "clinic_id": row.clinic_id,
        "therapist_id": row.therapist_id,
        "at": row.starts_at,
    }
    around = connection.execute(SURROUNDINGS, known).first()
    if around is None:
        raise NotThere
    shown = around._asdict()
    if shared_points(connection, [row.contact_point_id]):
        shown |= {name: initial(shown[name]) for name in ("client_name", "holder_name")}
    return Visit(
        id=row.id,
        version=row.version,
        status=row.status,
        confirmed=row.confirmed,
        late=row.late,
        changed_by=row.changed_by,
        offering_id=row.offering_id,
        clinic_id=row.clinic_id,
        therapist_id=row.therapist_id,
        client_id=row.client_id,
        holder_id=row.holder_id,
        told_client_id=row.told_client_id,
        gift=row.gift,
        contact_point_id=row.contact_point_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        cancel_notice=timedelta(minutes=row.cancel_notice_minutes),
        **shown,
    )
