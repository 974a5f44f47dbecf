"""The API of a client's timeline: injuries, attempts, visits, pain, patterns and alerts on one axis, page by page."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.treatment.check_ins.reading import folded
from services.treatment.check_ins.state import together
from services.treatment.history.reading import read_from
from services.treatment.reading import AsOf
from services.treatment.record.reading import read_record
from services.treatment.record.views import Kind
from services.treatment.sessions.decider import SESSION
from services.treatment.timeline.points import (
    Place,
    Point,
    momentary,
    of_alert,
    of_check_ins,
    of_history,
    of_pattern,
    of_session,
)
from services.treatment.timeline.schemas import TimelinePointSchema, TimelineQuery
from shared.catalogue.targets import CATALOGUE
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page, page_of, read_cursor
from shared.http.records import RecordSchema

blueprint = Operations("timeline", __name__, url_prefix="/v1/clients/<uuid:client_id>/timeline")

VISITS = text("SELECT appointment_id, status, starts_at, time_zone FROM visits WHERE client_id = person_of(:client_id)")
KINDS: tuple[Kind, ...] = ("history", "session", "check_ins", "pattern", "alert")


@blueprint.query("", page_of(TimelinePointSchema, RecordSchema), query=TimelineQuery)
def show_timeline(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """What happened to the client, the first of it first; what has no date comes before everything else."""
    call.record(client_id)
    by: datetime | None = query["happened_by"]
    after = read_cursor(query["cursor"], Place)
    points = (each for each in all_points(call, client_id, query["as_of"]) if by is None or each.had_happened(by))
    ahead = sorted((each for each in points if after is None or each.place > after), key=lambda each: each.place)
    found = page(ahead, query["limit"], lambda each: each.place)
    return Answer(found | {"items": [shown(each) for each in found["items"]]})


def all_points(call: Call, client_id: UUID, as_of: AsOf) -> Iterator[Point]:
    """All that there is of the client; visits are scheduling's, and always as they are now."""
    for row in call.connection.execute(VISITS, {"client_id": client_id}):
        yield Point(
            kind="visit",
            id=row.appointment_id,
            what=row.status,
            about_id=row.appointment_id,
            **momentary(row.starts_at, row.time_zone),
        )
    sealer = parts().database.sealer
    record = read_record(call.connection, sealer, call.chain_id, client_id, kinds=KINDS, as_of=as_of)
    yield from of_history(read_from(record.streams["history"]).history)
    for stream in record.streams["session"]:
        yield from of_session(reduce(SESSION.evolve, (entry.event for _, entry in stream), SESSION.initial))
    yield from of_check_ins(together(folded(stream) for stream in record.streams["check_ins"]))
    for stream in record.streams["pattern"]:
        yield from of_pattern((entry.event_id, entry.event) for _, entry in stream)
    for stream in record.streams["alert"]:
        yield from of_alert((entry.event_id, entry.event) for _, entry in stream)


def shown(point: Point) -> dict[str, Any]:
    names = point.__dataclass_fields__
    members = [
        {"target": each.target, "target_name": named(each.target, point), "side": each.side, "role": each.role}
        for each in point.members
    ]
    return {name: getattr(point, name) for name in names} | {
        "target_name": point.target and named(point.target, point),
        "members": members,
    }


def named(target: str, point: Point) -> str:
    """A target's name as the catalogue had it when the point was recorded."""
    return CATALOGUE.find(target, point.catalogue).name
