"""What scheduling tells beside visits: what chains are called, where clinics are, who works there, who reads how."""

from uuid import UUID

from sqlalchemy import Connection, text

from shared.event_store import Happened
from shared.events import scheduling as s, scheduling_people as people
from shared.ids import made_at
from shared.writing import change, put

SITUATE = text("""
    UPDATE clinics SET country = :country, first_time_zone = coalesce(first_time_zone, :zone) WHERE clinic_id = :id
""")


def houses(connection: Connection, entry: Happened) -> None:
    """Of a clinic the country that was told last: it does not move to another one."""
    match entry.event:
        case s.ChainCreated(slug=slug, name=name):
            known = {"slug": slug, "name": name, "lock_after_minutes": s.LOCK_AFTER_MINUTES}
            put(connection, "chains", ("chain_id",), chain_id=entry.chain_id, **known)
        case s.ChainPolicySet(chain_id=chain_id, lock_after_minutes=minutes):
            change(connection, "chains", {"chain_id": chain_id}, lock_after_minutes=minutes)
        case s.ClinicOpened() as event:
            where = {"clinic_id": event.clinic_id, "chain_id": entry.chain_id}
            opened_at = made_at(entry.event_id)
            put(connection, "clinics", ("clinic_id",), **where, opened_at=opened_at, phone=event.phone)
        case s.ClinicChanged() as event:
            change(connection, "clinics", {"clinic_id": event.clinic_id}, phone=event.phone)
        case s.ClinicTermsSet() as event:
            said = {"id": event.clinic_id, "country": event.address.country, "zone": event.time_zone}
            connection.execute(SITUATE, said)
        case _:
            pass


def readers(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case people.ClientRegistered() | people.ClientChanged() as event:
            put(
                connection,
                "readers",
                ("client_id",),
                client_id=event.client_id,
                chain_id=entry.chain_id,
                locale=event.locale,
                time_zone=event.time_zone,
            )
        case _:
            pass


def therapists(connection: Connection, entry: Happened) -> None:
    """Keep at which clinics somebody has a rota: at none until one is set."""
    match entry.event:
        case s.TherapistAdded(therapist_id=therapist_id):
            clinics: list[UUID] = []
        case s.TherapistRotaSet(therapist_id=therapist_id, entries=entries):
            clinics = sorted({each.clinic_id for each in entries})
        case _:
            return
    row = {"therapist_id": therapist_id, "chain_id": entry.chain_id, "clinic_ids": clinics}
    put(connection, "therapists", ("therapist_id",), **row)


VIEWS = (houses, readers, therapists)
