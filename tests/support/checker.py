"""An independent look at a whole history: the log alone says what must be true, and views and claims are held against it.

Nothing here uses the deciders, views or rules of scheduling: it folds the log by hand.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from shared.database import Database
from shared.partitions import partition_of

PLACE = ("starts_at", "ends_at", "clinic_id", "therapist_id", "room_id", "client_id")
SETTLING = {
    "appointment_moved",
    "appointment_changed",
    "appointment_restored",
    "appointment_kept",
    "appointment_cancelled",
    "appointment_missed",
    "appointment_fulfilled",
}
HOLDING = {"booked", "arrived", "fulfilled"}
ENDINGS = {
    "appointment_cancelled": "cancelled",
    "appointment_missed": "noshow",
    "appointment_fulfilled": "fulfilled",
    "appointment_arrived": "arrived",
}


def faults(reader: Engine, database: Database, chain_id: UUID) -> list[str]:
    """Everything that is wrong with a chain's log, views and claims; empty when all is well."""
    with reader.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM events WHERE partition = :partition ORDER BY position"),
            {"partition": partition_of(chain_id)},
        ).all()
    visits = folded([row for row in rows if row.chain_id == chain_id])
    with database.reading(chain_id) as connection:
        return [
            *log_faults(rows),
            *overlap_faults(visits),
            *view_faults(connection, visits),
            *claim_faults(connection, visits),
        ]


def folded(rows: list[Any]) -> dict[str, dict[str, Any]]:
    """Every appointment as the log tells it, by id.

    `client_id` is whom the visit is for today, `told_id` the id that its events tell of, and `claim_id` the one whose
    time it takes: after a merge a visit of the past may still take that of the client it was booked for.
    """
    visits: dict[str, dict[str, Any]] = {}
    into: dict[str, str] = {}
    for row in rows:
        what = row.name.split(".")[1]
        if what == "appointment_booked":
            visits[row.data["appointment_id"]] = {"status": "booked", "disrupted": False} | part(row.data, into)
        elif what in {"appointment_moved", "appointment_changed"}:
            visits[row.data["appointment_id"]] |= part(row.data, into)
        elif what == "appointment_status_corrected":
            visit = visits[row.data["appointment_id"]]
            kept = {"claim_id": visit["claim_id"]} if {row.data["before"], row.data["after"]} <= HOLDING else {}
            visit |= part(row.data, into) | kept | {"status": row.data["after"]}
            visit["disrupted"] &= row.data["after"] in {"booked", "arrived"}
        elif what in {"clients_merged", "clients_unmerged"}:
            regroup(visits, into, what, row.data)
        elif what in ENDINGS:
            visits[row.data["appointment_id"]]["status"] = ENDINGS[what]
        if what == "appointment_disrupted" or what in SETTLING:
            visits[row.data["appointment_id"]]["disrupted"] = what == "appointment_disrupted"
    return visits


def part(data: dict[str, Any], into: dict[str, str]) -> dict[str, Any]:
    person = end_of(data["client_id"], into)
    return {name: data[name] for name in PLACE} | {
        "told_id": data["client_id"],
        "client_id": person,
        "claim_id": person,
    }


def end_of(client_id: str, into: dict[str, str]) -> str:
    seen = {client_id}
    while client_id in into:
        client_id = into[client_id]
        assert client_id not in seen, "clients were merged in a circle"
        seen.add(client_id)
    return client_id


def regroup(visits: dict[str, dict[str, Any]], into: dict[str, str], what: str, data: dict[str, Any]) -> None:
    """Let claims go with the person, but for those that a merge sets apart."""
    before = dict(into)
    if what == "clients_merged":
        into[data["client_id"]] = data["into_id"]
    else:
        del into[data["client_id"]]
    for appointment_id, visit in visits.items():
        visit["client_id"] = end_of(visit["told_id"], into)
        follows = visit["claim_id"] == end_of(visit["told_id"], before) and appointment_id not in data.get("apart", ())
        visit["claim_id"] = visit["client_id"] if follows else visit["claim_id"]


def log_faults(rows: Sequence[Any]) -> Iterator[str]:
    if [row.position for row in rows] != list(range(1, len(rows) + 1)):
        yield "positions have gaps"
    versions: dict[Any, list[int]] = defaultdict(list)
    for row in rows:
        versions[row.chain_id, row.stream].append(row.version)
    for stream, found in versions.items():
        if found != list(range(1, len(found) + 1)):
            yield f"versions of {stream} are {found}"


def overlap_faults(visits: dict[str, dict[str, Any]]) -> Iterator[str]:
    for resource, spans in occupied(visits).items():
        for earlier, later in pairwise(sorted(spans)):
            if later[0] < earlier[1]:
                yield f"{resource} is taken twice: {earlier} and {later}"


def occupied(visits: dict[str, dict[str, Any]]) -> dict[str, list[tuple[datetime, datetime, str]]]:
    """The spans of each resource that visits hold, with the visits."""
    spans: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for appointment_id, visit in visits.items():
        if visit["status"] in HOLDING:
            for resource in ("therapist_id", "room_id", "claim_id"):
                if visit[resource]:
                    span = (instant(visit["starts_at"]), instant(visit["ends_at"]), appointment_id)
                    spans[visit[resource]].append(span)
    return spans


def view_faults(connection: Connection, visits: dict[str, dict[str, Any]]) -> Iterator[str]:
    rows = {str(row.id): row for row in connection.execute(text("SELECT * FROM appointments"))}
    if rows.keys() != visits.keys():
        yield "the view has other visits than the log"
        return
    for appointment_id, visit in visits.items():
        row = rows[appointment_id]
        shown = {name: getattr(row, name) for name in ("status", "disrupted", *PLACE)}
        if {name: plain(value) for name, value in shown.items()} != {
            name: plain(instant(visit[name]) if name.endswith("_at") else visit[name]) for name in shown
        }:
            yield f"the view of {appointment_id} is {shown}, the log says {visit}"


def claim_faults(connection: Connection, visits: dict[str, dict[str, Any]]) -> Iterator[str]:
    claimed = {
        (str(row.resource_id), row.starts_at, row.ends_at, str(row.appointment_id))
        for row in connection.execute(text("SELECT * FROM claims"))
    }
    wanted = {(resource, *span) for resource, spans in occupied(visits).items() for span in spans}
    if claimed != wanted:
        yield f"claims differ from the log: {claimed ^ wanted}"


def instant(value: str) -> datetime:
    return datetime.fromisoformat(value)


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
