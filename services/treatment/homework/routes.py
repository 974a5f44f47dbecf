"""The API of homework: assigned with a pattern or without one, and what the client tells of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.treatment.homework import decider as d
from services.treatment.homework.schemas import (
    ContentFields,
    HomeworkFields,
    HomeworkQuery,
    HomeworkSchema,
    ReportFields,
    StopFields,
)
from services.treatment.homework.shown import show, shown
from services.treatment.records import (
    begin,
    begin_with,
    faults_of_place,
    happened,
    listed,
    must_be_theirs,
    one,
    opened,
    told,
)
from services.treatment.schemas import MomentQuery
from shared.catalogue.targets import CATALOGUE
from shared.decider import handle
from shared.events.treatment_homework import HomeworkAssigned, Pair
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page_of
from shared.http.problems import BadFields
from shared.http.records import RecordSchema
from shared.ids import new_id

blueprint = Operations("homework", __name__, url_prefix="/v1/homework")

AHEAD = timedelta(hours=14)
"""How far the clocks that are furthest ahead are before UTC: what is today there has begun."""


@blueprint.command("POST", "", HomeworkSchema, status=201, body=HomeworkFields)
def assign(call: Call, body: dict[str, Any]) -> Answer:
    """Assign pairs of release and activation, in their order; more than three are accepted with a warning."""
    person = begin(call, body.pop("client_id"))
    must_be_theirs(
        call,
        person,
        pattern_id=("patterns", body["pattern_id"]),
        episode_id=("episodes", body["episode_id"]),
        session_id=("sessions", body["session_id"]),
    )
    homework_id = new_id()
    event = HomeworkAssigned(homework_id=homework_id, client_id=person, **content(call, body))
    return changed(call, homework_id, d.Assign(event, call.now))


@blueprint.query("", page_of(HomeworkSchema, RecordSchema), query=HomeworkQuery)
def list_homework(call: Call, query: dict[str, Any]) -> Answer:
    """A client's homework, in the order in which it was assigned."""
    call.record(query["client_id"])
    found = listed(call, "homework", query, pattern_id=query["pattern_id"], stopped=query["stopped"])
    entries = told(call, [f"homework-{row.id}" for row in found["items"]], query)
    return Answer(found | {"items": [shown(each) for each in entries.values() if each]})


@blueprint.query("/<uuid:homework_id>", HomeworkSchema, query=MomentQuery)
def show_homework(call: Call, query: dict[str, Any], homework_id: UUID) -> Answer:
    """One homework with what was told of each day, as of any moment."""
    opened(call, "homework", homework_id)
    found = shown(one(call, f"homework-{homework_id}", query))
    return Answer(found, version=found["version"])


@blueprint.command("PUT", "/<uuid:homework_id>", HomeworkSchema, body=ContentFields, if_match=True)
def revise(call: Call, body: dict[str, Any], homework_id: UUID) -> Answer:
    """Say what is done from now on instead."""
    begin_with(call, "homework", homework_id)
    return changed(call, homework_id, d.Revise(**content(call, body), now=call.now))


@blueprint.command("POST", "/<uuid:homework_id>/reports", HomeworkSchema, status=201, body=ReportFields)
def report(call: Call, body: dict[str, Any], homework_id: UUID) -> Answer:
    """Write down what the client tells of a day; a later report of the same day replaces it."""
    begin_with(call, "homework", homework_id)
    today = (call.now + AHEAD).date()
    command = d.Report(**happened(call, body), source="therapist", today=today, now=call.now)
    return changed(call, homework_id, command)


@blueprint.command("POST", "/<uuid:homework_id>/stop", HomeworkSchema, body=StopFields, if_match=True)
def stop(call: Call, body: dict[str, Any], homework_id: UUID) -> Answer:
    """It is not done any more."""
    begin_with(call, "homework", homework_id)
    return changed(call, homework_id, d.Stop(**happened(call, body), now=call.now))


def content(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """What is to be done, with targets of the catalogue of today. Raises BadFields."""
    pairs: list[Pair] = body["pairs"]
    for step in (step for pair in pairs for step in (pair.release, pair.activate)):
        if faults := faults_of_place("pairs", step.target, step.side):
            raise BadFields(**faults)
    return happened(call, body) | {"pairs": tuple(pairs), "catalogue": CATALOGUE.version}


def changed(call: Call, homework_id: UUID, command: d.HomeworkCommand) -> Answer:
    found, version = handle(call.tx, d.HOMEWORK, f"homework-{homework_id}", command, if_match=call.if_match)
    return Answer(show(found, version), version=version, location=f"/v1/homework/{homework_id}")
