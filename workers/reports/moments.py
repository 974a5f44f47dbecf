"""What was recorded by a moment is known once both logs are read as far as they went when it had passed by all clocks.

Both kinds of rows wait for it in the same way: periods that are to be closed, and reports that were asked for.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from shared.partitions import PARTITIONS

TABLES = ("due_periods", "wanted_reports")
APART = timedelta(minutes=1)
"""No two clocks of a deployment are further apart."""

PASSED = text("""
    SELECT EXISTS (SELECT FROM due_periods WHERE scheduling_head IS NULL AND as_of_at <= :before)
      OR EXISTS (SELECT FROM wanted_reports WHERE scheduling_head IS NULL AND as_of_at <= :before)
""")
# Arrays count from 1, partitions from 0.
MARK = [
    text(f"""
        UPDATE {table} SET scheduling_head = (CAST(:scheduling AS bigint[]))[partition + 1],
          treatment_head = (CAST(:treatment AS bigint[]))[partition + 1]
        WHERE scheduling_head IS NULL AND as_of_at <= :before
    """)  # noqa: S608 - a table of ours
    for table in TABLES
]


def is_read(row: str) -> str:
    """The condition, in the read models, that the logs are read past a row's moment; `:consumer` is who reads them."""
    return f"""
      {row}.scheduling_head <= coalesce((SELECT position FROM checkpoints
        WHERE consumer = :consumer AND source = 'scheduling' AND partition = {row}.partition), 0)
      AND {row}.treatment_head <= coalesce((SELECT position FROM checkpoints
        WHERE consumer = :consumer AND source = 'treatment' AND partition = {row}.partition), 0)
    """  # noqa: S608 - an alias of ours


def is_set_aside(row: str) -> str:
    """The condition that an event of the row's chain, up to its moment, could not be handled and is undecided."""
    return f"""
      EXISTS (SELECT FROM dead_letters AS letter
        WHERE letter.schema = (SELECT schema FROM active_views) AND letter.consumer = :consumer
          AND letter.partition = {row}.partition AND letter.chain_id = {row}.chain_id AND letter.settled_at IS NULL
          AND letter.position <= CASE letter.source
            WHEN 'scheduling' THEN {row}.scheduling_head ELSE {row}.treatment_head END)
    """  # noqa: S608 - an alias of ours


def passed(connection: Connection, now: datetime) -> bool:
    """Whether for any row nobody knows yet where the logs were at its moment, which has passed by all clocks."""
    return bool(connection.execute(PASSED, {"before": now - APART}).scalar())


def mark(connection: Connection, heads: Mapping[str, Mapping[int, int]], now: datetime) -> None:
    """What has passed by `now` is known once the logs are read up to these heads, which were asked for afterwards."""
    at_least = {source: [ends[partition] for partition in range(PARTITIONS)] for source, ends in heads.items()}
    for statement in MARK:
        connection.execute(statement, at_least | {"before": now - APART})
