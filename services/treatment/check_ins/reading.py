"""A person's check-ins as they had been recorded, or had happened, by a moment."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from services.treatment.check_ins.decider import CHECK_INS
from services.treatment.check_ins.state import Ladder, together
from services.treatment.reading import AsOf
from services.treatment.record.reading import Stream, read_record
from shared.events import treatment_check_ins as c
from shared.sealing import Sealer

MOMENT: Mapping[type, str] = {
    c.CheckInPlanned: "planned_at",
    c.CheckInOpened: "opened_at",
    c.CheckInSent: "sent_at",
    c.CheckInUndeliverable: "noticed_at",
    c.CheckInAnswered: "answered_at",
    c.CheckInCorrected: "corrected_at",
    c.CheckInCancelled: "cancelled_at",
    c.CheckInsStopped: "stopped_at",
    c.CheckInsResumed: "resumed_at",
}
"""The field of each event that says when it happened."""


def moment_of(event: Any) -> datetime:
    moment: datetime = getattr(event, MOMENT[type(event)])
    return moment


def read(
    connection: Connection,
    sealer: Sealer,
    chain_id: UUID,
    client_id: UUID,
    *,
    as_of: AsOf = None,
    happened_by: datetime | None = None,
) -> Ladder:
    """All check-ins of the person for whom this id stands, by four queries."""
    record = read_record(connection, sealer, chain_id, client_id, kinds=["check_ins"], as_of=as_of)
    return together(folded(stream, happened_by) for stream in record.streams["check_ins"])


def folded(stream: Stream, happened_by: datetime | None = None) -> Ladder:
    events = (entry.event for _, entry in stream)
    told = (event for event in events if happened_by is None or moment_of(event) <= happened_by)
    return reduce(CHECK_INS.evolve, told, CHECK_INS.initial)
