"""Requests to be forgotten, as somebody sees them who has roles at some clinics: of others only that something is."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

OF_CLINICS = text("""
    SELECT id FROM appointments WHERE id = ANY(CAST(:ids AS uuid[])) AND clinic_id = ANY(CAST(:clinics AS uuid[]))
    UNION ALL
    SELECT id FROM contact_tasks WHERE id = ANY(CAST(:ids AS uuid[])) AND clinic_id = ANY(CAST(:clinics AS uuid[]))
""")
AT_A_CLINIC = frozenset({"visit", "visit_of_another", "contact_task"})


def as_seen(connection: Connection, rows: Sequence[Row[Any]], clinics: Collection[UUID] | None) -> list[dict[str, Any]]:
    """The requests; None for clinics sees everything.

    What holds at other clinics is counted; of what they keep only the class is told.
    """
    if clinics is None:
        return [row._asdict() | {"unseen_holds": 0} for row in rows]
    ids = [hold["id"] for row in rows for hold in row.holds if hold["kind"] in AT_A_CLINIC]
    own = {str(each) for each in connection.execute(OF_CLINICS, {"ids": ids, "clinics": list(clinics)}).scalars()}
    here = {str(each) for each in clinics}
    return [row._asdict() | holds_seen(row.holds, own) | {"kept": kept_seen(row.kept, here)} for row in rows]


def holds_seen(holds: Sequence[dict[str, Any]], own: Collection[str]) -> dict[str, Any]:
    seen = [hold for hold in holds if hold["kind"] not in AT_A_CLINIC or hold["id"] in own]
    return {"holds": seen, "unseen_holds": len(holds) - len(seen)}


def kept_seen(kept: Sequence[dict[str, Any]], here: Collection[str]) -> list[dict[str, Any]]:
    return [
        each if each["clinic_id"] in here else dict.fromkeys(each) | {"data_class": each["data_class"]} for each in kept
    ]
