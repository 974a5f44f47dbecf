"""The API of episodes of care: opened from a visit or without one, measured, passed on, and discharged."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.treatment.check_ins.following import after_discharge, after_reopening
from services.treatment.episodes import commands as c
from services.treatment.episodes.decider import EPISODE
from services.treatment.episodes.schemas import (
    BaselineFields,
    DischargeFields,
    EpisodeFields,
    EpisodeQuery,
    EpisodeSchema,
    GoalFields,
    GoalScoreFields,
    HappenedFields,
    HoldFields,
    NextVisitFields,
    ReopenFields,
    TransferFields,
)
from services.treatment.episodes.shown import show, shown
from services.treatment.episodes.treated import first_treated
from services.treatment.records import begin, begin_with, faults_of_place, happened, listed, one, opened, told
from services.treatment.schemas import MomentQuery
from shared.catalogue.targets import CATALOGUE
from shared.decider import handle
from shared.events.treatment_episodes import EpisodeOpened
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page_of
from shared.http.problems import BadFields
from shared.http.records import RecordSchema
from shared.ids import new_id

blueprint = Operations("episodes", __name__, url_prefix="/v1/episodes")

VISIT = text("SELECT therapist_id, clinic_id FROM visits WHERE appointment_id = :id AND client_id = :person")
NO_VISIT = ["The client has no such visit."]
WANTED = ["Say it, or open the episode from a visit."]


@blueprint.command("POST", "", EpisodeSchema, status=201, body=EpisodeFields)
def open_episode(call: Call, body: dict[str, Any]) -> Answer:
    """Open an episode of care for a complaint."""
    person = begin(call, body.pop("client_id"))
    if faults := faults_of_place("target", body["target"], body["side"]):
        raise BadFields(**faults)
    event = EpisodeOpened(
        episode_id=new_id(),
        client_id=person,
        catalogue=CATALOGUE.version,
        **happened(call, body) | led_by(call, person, body),
    )
    return changed(call, event.episode_id, c.OpenEpisode(event, call.now))


@blueprint.query("", page_of(EpisodeSchema, RecordSchema), query=EpisodeQuery)
def list_episodes(call: Call, query: dict[str, Any]) -> Answer:
    """A client's episodes, in the order in which they were opened."""
    call.record(query["client_id"])
    found = listed(call, "episodes", query, status=query["status"])
    entries = told(call, [f"episode-{row.id}" for row in found["items"]], query)
    treated = first_treated(call.connection, call.chain_id, query["client_id"], [row.id for row in found["items"]])
    there = {row.id: entries[f"episode-{row.id}"] for row in found["items"] if entries[f"episode-{row.id}"]}
    items = [shown(each, treated.get(episode_id)) for episode_id, each in there.items()]
    return Answer(found | {"items": items})


@blueprint.query("/<uuid:episode_id>", EpisodeSchema, query=MomentQuery)
def show_episode(call: Call, query: dict[str, Any], episode_id: UUID) -> Answer:
    """One episode, as of any moment."""
    row = opened(call, "episodes", episode_id)
    treated = first_treated(call.connection, call.chain_id, row.recorded_client_id, [episode_id])
    found = shown(one(call, f"episode-{episode_id}", query), treated.get(episode_id))
    return Answer(found, version=found["version"])


@blueprint.command("PUT", "/<uuid:episode_id>/baseline", EpisodeSchema, body=BaselineFields, if_match=True)
def set_baseline(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Set the pain that change is measured from; refused when it is from after the first treatment, or long before."""
    person, _ = begin_with(call, "episodes", episode_id)
    treated = first_treated(call.connection, call.chain_id, person, [episode_id]).get(episode_id)
    return changed(call, episode_id, c.SetBaseline(**happened(call, body), first_treated_at=treated, now=call.now))


@blueprint.command("POST", "/<uuid:episode_id>/goals", EpisodeSchema, status=201, body=GoalFields)
def set_goal(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Name an activity that the client wants to do again, with how well they can now: 0 not at all, 10 as before."""
    begin_with(call, "episodes", episode_id)
    return changed(call, episode_id, c.SetGoal(**happened(call, body), goal_id=new_id(), now=call.now))


@blueprint.command(
    "POST", "/<uuid:episode_id>/goals/<uuid:goal_id>/scores", EpisodeSchema, status=201, body=GoalScoreFields
)
def score_goal(call: Call, body: dict[str, Any], episode_id: UUID, goal_id: UUID) -> Answer:
    """Say how well the client can do an activity now."""
    begin_with(call, "episodes", episode_id)
    return changed(call, episode_id, c.ScoreGoal(**happened(call, body), goal_id=goal_id, now=call.now))


@blueprint.command("PUT", "/<uuid:episode_id>/next-visit", EpisodeSchema, body=NextVisitFields, if_match=True)
def plan_next_visit(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Say by which day the client is to come again, so that nobody is forgotten."""
    begin_with(call, "episodes", episode_id)
    return changed(call, episode_id, c.PlanNextVisit(**happened(call, body), now=call.now))


@blueprint.command("POST", "/<uuid:episode_id>/transfer", EpisodeSchema, body=TransferFields, if_match=True)
def transfer(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Pass an episode on to another therapist, another clinic, or both."""
    begin_with(call, "episodes", episode_id)
    return changed(call, episode_id, c.Transfer(**happened(call, body), now=call.now))


@blueprint.command("POST", "/<uuid:episode_id>/hold", EpisodeSchema, body=HoldFields, if_match=True)
def hold(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Do nothing about an episode for a while."""
    begin_with(call, "episodes", episode_id)
    return changed(call, episode_id, c.Hold(**happened(call, body), now=call.now))


@blueprint.command("POST", "/<uuid:episode_id>/resume", EpisodeSchema, body=HappenedFields, if_match=True)
def resume(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Go on with an episode that was held."""
    begin_with(call, "episodes", episode_id)
    return changed(call, episode_id, c.Resume(**happened(call, body), now=call.now))


@blueprint.command("POST", "/<uuid:episode_id>/discharge", EpisodeSchema, body=DischargeFields, if_match=True)
def discharge(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """End an episode, with what came of it and whether the end was agreed."""
    person, _ = begin_with(call, "episodes", episode_id)
    command = c.Discharge(**happened(call, body), now=call.now)
    answer = changed(call, episode_id, command)
    after_discharge(call.tx, person, episode_id, command.happened_at, call.now)
    return answer


@blueprint.command("POST", "/<uuid:episode_id>/reopen", EpisodeSchema, body=ReopenFields, if_match=True)
def reopen(call: Call, body: dict[str, Any], episode_id: UUID) -> Answer:
    """Go on with an episode that was discharged."""
    person, _ = begin_with(call, "episodes", episode_id)
    answer = changed(call, episode_id, c.Reopen(**happened(call, body), now=call.now))
    after_reopening(call.tx, person, episode_id, call.now)
    return answer


def led_by(call: Call, person: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Who leads the episode and where: as said, or as of the visit. Raises BadFields."""
    visit_id = body["appointment_id"]
    visit = visit_id and call.connection.execute(VISIT, {"id": visit_id, "person": person}).first()
    if (visit_id or body["opened_from"] == "visit") and not visit:
        raise BadFields(appointment_id=NO_VISIT)
    of_visit = {"lead_therapist_id": visit.therapist_id, "clinic_id": visit.clinic_id} if visit else {}
    lead = {name: body[name] or of_visit.get(name) for name in ("lead_therapist_id", "clinic_id")}
    if faults := {name: WANTED for name, value in lead.items() if value is None}:
        raise BadFields(**faults)
    return lead


def changed(call: Call, episode_id: UUID, command: c.EpisodeCommand) -> Answer:
    episode, version = handle(call.tx, EPISODE, f"episode-{episode_id}", command, if_match=call.if_match)
    treated = (
        first_treated(call.connection, call.chain_id, episode.opened.client_id, [episode_id]) if episode.opened else {}
    )
    found = show(episode, version, treated.get(episode_id))
    return Answer(found, version=version, location=f"/v1/episodes/{episode_id}")
