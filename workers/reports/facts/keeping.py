"""Facts are kept as their events come: some statements for a batch, in the transaction of the checkpoint, each once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from shared.codec import current, decode
from shared.event_store import Recorded
from workers.reports.facts import care, follow_up, rules, scheduling, sessions
from workers.reports.facts.model import Fact, Revision, Told

FACTS: Mapping[type, Told] = {**scheduling.TOLD, **sessions.TOLD, **care.TOLD, **follow_up.TOLD, **rules.TOLD}
TABLES = (
    "events",
    "visit_places",
    "visit_states",
    "calendar",
    "aliases",
    "erasures",
    "episode_steps",
    "session_steps",
    "entries",
    "pattern_steps",
    "check_in_steps",
    "alert_steps",
    "homework_steps",
    "attempts",
    "rules",
)
KEEP = {
    table: text(
        f"INSERT INTO report_{table}"  # noqa: S608 - one of TABLES
        f" SELECT * FROM json_populate_recordset(NULL::report_{table}, CAST(:rows AS json)) ON CONFLICT DO NOTHING"
    )
    for table in TABLES
}
REVISE = text("""
    INSERT INTO report_entries
    SELECT revised.* FROM (
      SELECT entry FROM report_entries AS entry
      WHERE chain_id = :chain_id AND session_id = :session_id AND entry_id = :entry_id AND position < :position
      ORDER BY position DESC LIMIT 1
    ) AS latest, jsonb_populate_record(latest.entry, CAST(:changes AS jsonb)) AS revised
    ON CONFLICT DO NOTHING
""")

Row = dict[str, Any]


def keep_facts(connection: Connection, entries: Sequence[Recorded]) -> None:
    """What the events say is kept; one that says nothing to reports changes nothing.

    Raises codec.UnknownEvent for an unknown name.
    """
    rows: dict[str, list[Row]] = defaultdict(list)
    for entry in entries:
        event_class, _ = current(entry.name, entry.data)
        told = FACTS.get(event_class)
        if told is None:
            continue
        rows["events"].append(source_of(entry))
        for said in told(decode(entry.name, entry.data, {})):
            match said:
                case Fact():
                    rows[said.table].append({**dated(entry, said), **said.values})
                case Revision():
                    write(connection, rows)
                    revise(connection, entry, said)
    write(connection, rows)


def source_of(entry: Recorded) -> Row:
    names = ("chain_id", "position", "event_id", "name", "stream", "recorded_at")
    return {"source": entry.name.partition(".")[0]} | {name: getattr(entry, name) for name in names}


def dated(entry: Recorded, said: Fact | Revision) -> Row:
    return {
        "chain_id": entry.chain_id,
        "position": entry.position,
        "happened_at": said.happened_at or entry.recorded_at,
        "recorded_at": entry.recorded_at,
    }


def write(connection: Connection, rows: dict[str, list[Row]]) -> None:
    """One statement for each table; what is written is taken out of `rows`."""
    for table, kept in rows.items():
        connection.execute(KEEP[table], {"rows": written(kept)})
    rows.clear()


def revise(connection: Connection, entry: Recorded, said: Revision) -> None:
    """The entry as it stands from here on; a kind of entry that reports do not count has no row, and gets none."""
    place = {"position": entry.position, "recorded_at": entry.recorded_at}
    keys = {"chain_id": entry.chain_id, "session_id": said.session_id, "entry_id": said.entry_id}
    values = keys | {"position": entry.position, "changes": written(place | dict(said.values))}
    connection.execute(REVISE, values)


def written(value: object) -> str:
    return msgspec.json.encode(value).decode()
