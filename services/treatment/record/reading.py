"""A client's record as it had been recorded by a moment, under whatever ids it was entered, by two queries.

What is in it is folded by those who know it; a merge is seen at once, because the ids are looked up when it is read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, text

from services.treatment.reading import AsOf, read_streams
from services.treatment.record.views import KINDS, Kind
from shared.aliases import followers_of, person_of
from shared.event_store import Happened, Recorded
from shared.sealing import Sealer

Stream: TypeAlias = list[tuple[Recorded, Happened]]
"""The rows of a stream with what they tell, in their order."""

STREAMS = text(
    "SELECT stream, kind FROM record_streams WHERE recorded_client_id = ANY(:ids) AND kind = ANY(:kinds)"
    " ORDER BY kind, stream"
)


@dataclass(frozen=True, slots=True)
class Record:
    """The streams of one person's record by kind; one that had not begun by the moment is left out."""

    client_id: UUID
    streams: dict[Kind, list[Stream]]


def read_record(
    connection: Connection,
    sealer: Sealer,
    chain_id: UUID,
    client_id: UUID,
    *,
    kinds: Collection[Kind] = KINDS,
    as_of: AsOf = None,
) -> Record:
    """What had been recorded by `as_of` of the person for whom this id stands today."""
    person = person_of(connection, client_id)
    ids = followers_of(connection, person)
    rows = connection.execute(STREAMS, {"ids": ids, "kinds": list(kinds)}).all()
    read = read_streams(connection, sealer, chain_id, [row.stream for row in rows], as_of)
    streams: dict[Kind, list[Stream]] = {kind: [] for kind in kinds}
    for row in rows:
        if read[row.stream]:
            streams[row.kind].append(read[row.stream])
    return Record(person, streams)
