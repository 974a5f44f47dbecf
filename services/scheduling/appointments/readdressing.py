"""Naming somebody else who is told of a visit, by the rules that hold when it is booked."""

from dataclasses import replace
from datetime import datetime

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.readdressing import Readdress
from services.scheduling.known import must_exist
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.roles import settled
from services.scheduling.relations.telling import Roles
from shared.aliases import person_of
from shared.decider import handle
from shared.event_store import Transaction
from shared.locks import lock
from shared.reading import find


def readdress(tx: Transaction, command: Readdress, now: datetime, if_match: int | None) -> None:
    """Let this person be told of a visit; raises NotThere, BadFields for an unknown id, MayNotBeTold and refusals."""
    visit = find(tx.connection, "appointments", command.appointment_id)
    must_exist(tx.connection, told_client_id=("clients", [command.told_client_id]))
    lock(tx.connection, ("client", [visit.client_id]))
    named = None if command.told_client_id is None else person_of(tx.connection, command.told_client_id)
    giver = visit.booker_client_id if visit.gift else None  # whether somebody may book was asked when they did
    roles = Roles(client_id=visit.client_id, booker_id=giver, told_id=named, is_gift=visit.gift)
    told_id = settled(roles, load_circle(tx.connection, roles.people), now).told_id
    if told_id is not None and visit.told_client_id is not None:
        is_same = told_id == person_of(tx.connection, visit.told_client_id)
        told_id = visit.told_client_id if is_same else told_id
    tx.metadata = replace(tx.metadata, clinic_id=visit.clinic_id)
    command = replace(command, told_client_id=told_id)
    handle(tx, APPOINTMENT, f"appointment-{command.appointment_id}", command, if_match=if_match)
