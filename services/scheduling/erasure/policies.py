"""How long each clinic keeps its records: the usual of its country, until the chain says otherwise."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from services.scheduling.directory.records import Add, Change, record_decider
from services.scheduling.erasure.load import OF_CLINIC, policy_in
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_erasure import ClinicRetentionSet
from shared.reading import find

decider = record_decider(ClinicRetentionSet, ClinicRetentionSet, counted="policy_version")


def retention_of(connection: Connection, clinic_id: UUID, today: date) -> tuple[dict[str, Any], int]:
    """What holds at a clinic, and the version of what the chain has said, 0 when it has not; raises NotThere."""
    find(connection, "clinics", clinic_id)
    row = connection.execute(OF_CLINIC, {"clinic_id": clinic_id, "today": today}).one()
    policy = policy_in(row)
    shown = {
        "clinic_id": clinic_id,
        "country": row.country,
        "years": policy.years,
        "minors_until_age": policy.minors_until_age,
        "set_by": "country" if row.years is None else "chain",
        "policy_version": policy.version,
    }
    return shown, row.version or 0


def set_retention(tx: Transaction, clinic_id: UUID, fields: dict[str, Any], if_match: int | None) -> None:
    """Let a clinic keep its records for so long; raises NotThere and VersionMismatch."""
    find(tx.connection, "clinics", clinic_id)
    stream = f"clinic-retention-{clinic_id}"
    said = bool(tx.load(stream))
    command = Change(fields) if said else Add({"clinic_id": clinic_id, "policy_version": 1} | fields)
    handle(tx, decider, stream, command, if_match=if_match)
