"""The API of patterns: a therapist says what became of one and names what shows it; the guard looks at the session."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.treatment.alerts.worsening import worsening
from services.treatment.episodes.decider import Episode
from services.treatment.episodes.shown import fold as fold_episode
from services.treatment.episodes.treated import first_treated
from services.treatment.history.reading import read
from services.treatment.patterns import commands as c, schemas as s
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.load import (
    Read,
    doubts_of,
    evidence,
    fold,
    histories_of,
    links_above,
    pattern_of,
    patterns_of,
    read_session,
)
from services.treatment.patterns.pain import pain_in
from services.treatment.patterns.plan import next_plan
from services.treatment.patterns.proposals import Asked, Pain, proposals
from services.treatment.patterns.shown import planned, proposal, shown
from services.treatment.patterns.state import Pattern, stands
from services.treatment.patterns.thresholds import thresholds_of
from services.treatment.patterns.withdrawn import is_in_doubt
from services.treatment.records import (
    begin,
    begin_with,
    faults_of_place,
    is_theirs,
    listed,
    must_be_theirs,
    one,
    opened,
    told,
)
from services.treatment.schemas import MomentQuery
from shared.aliases import person_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import handle
from shared.events.treatment_history import InjuryRecorded, InjuryRevised
from shared.events.treatment_patterns import Member, PatternHypothesised
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page_of
from shared.http.problems import BadFields
from shared.http.records import RecordSchema
from shared.ids import new_id
from shared.reading import UNKNOWN

blueprint = Operations("patterns", __name__, url_prefix="/v1/patterns")
suggestions = Operations("plans", __name__, url_prefix="/v1")


@blueprint.command("POST", "", s.PatternSchema, status=201, body=s.PatternFields)
def hypothesise(call: Call, body: dict[str, Any]) -> Answer:
    """Suppose a pattern: which targets are overactive and which inhibited, each on its side."""
    person = begin(call, body.pop("client_id"))
    members: list[Member] = body["members"]
    for each in members:
        if faults := faults_of_place("members", each.target, each.side):
            raise BadFields(**faults)
    must_be_theirs(call, person, episode_id=("episodes", body["episode_id"]))
    must_be_an_injury(call, person, body["origin_injury_id"])
    session_id = body["session_id"]
    began = evidence(call, person, session_id).started_at if session_id else call.now
    found = PatternHypothesised(
        pattern_id=new_id(),
        client_id=person,
        catalogue=CATALOGUE.version,
        **body | {"members": tuple(members), "happened_at": body["happened_at"] or began},
    )
    return changed(call, found.pattern_id, c.Hypothesise(found, call.now))


@blueprint.query("", page_of(s.PatternSchema, RecordSchema), query=s.PatternQuery)
def list_patterns(call: Call, query: dict[str, Any]) -> Answer:
    """A client's patterns, in the order in which they were found."""
    call.record(query["client_id"])
    found = listed(call, "patterns", query, state=query["state"], episode_id=query["episode_id"])
    entries = told(call, [f"pattern-{row.id}" for row in found["items"]], query)
    there = {row.id: entries[f"pattern-{row.id}"] for row in found["items"] if entries[f"pattern-{row.id}"]}
    doubted = doubts_of(call, there, query["as_of"])
    return Answer(found | {"items": [shown(each, doubted[pattern_id]) for pattern_id, each in there.items()]})


@blueprint.query("/<uuid:pattern_id>", s.PatternSchema, query=MomentQuery)
def show_pattern(call: Call, query: dict[str, Any], pattern_id: UUID) -> Answer:
    """One pattern with all its changes, as of any moment."""
    opened(call, "patterns", pattern_id)
    entries = one(call, f"pattern-{pattern_id}", query)
    found = shown(entries, doubts_of(call, {pattern_id: entries}, query["as_of"])[pattern_id])
    return Answer(found, version=found["version"])


@blueprint.command("POST", "/<uuid:pattern_id>/confirm", s.PatternSchema, body=s.ConfirmFields)
def confirm(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """An inhibited member failed, and held while an overactive one was touched or after it was released."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Confirm(found.session, body["failed_test_id"], body["held_test_id"]))


@blueprint.command("POST", "/<uuid:pattern_id>/refute", s.PatternSchema, body=s.RefuteFields)
def refute(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """An inhibited member held cold, or the release of an overactive one changed nothing."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Refute(found.session, tuple(body["test_ids"])))


@blueprint.command("POST", "/<uuid:pattern_id>/correct", s.PatternSchema, body=s.CorrectFields)
def correct(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """One loop of release and activation ended in a retest that held."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Correct(found.session, body["loop_id"]))


@blueprint.command("POST", "/<uuid:pattern_id>/hold", s.PatternSchema, body=s.TestFields)
def hold(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """A cold retest of a later session held."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Hold(found.session, body["test_id"], thresholds_of(call)))


@blueprint.command("POST", "/<uuid:pattern_id>/relapse", s.PatternSchema, body=s.RelapseFields)
def relapse(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """A cold retest failed: the pattern has come back."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Relapse(found.session, body["test_id"], body["trigger"]))


@blueprint.command("POST", "/<uuid:pattern_id>/resolve", s.PatternSchema, body=s.ResolveFields)
def resolve(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """It has held often and long enough, and the pain is less than it was, by the score of this session."""
    person, row = begin_with(call, "patterns", pattern_id)
    pain = pain_of(call, evidence(call, person, body["session_id"]), row.episode_id)
    command = c.Resolve(
        nrs_before=pain.before,
        nrs_now=pain.now,
        happened_at=body["happened_at"] or call.now,
        now=call.now,
        thresholds=thresholds_of(call),
    )
    return changed(call, pattern_id, command)


@blueprint.command("POST", "/<uuid:pattern_id>/subordinate", s.PatternSchema, body=s.SubordinateFields)
def subordinate(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """Hang a pattern under another of the same client, which is thought to cause it."""
    person, row = begin_with(call, "patterns", pattern_id)
    primary_id: UUID = body["primary_pattern_id"]
    own = {each: pattern for each, pattern in patterns_of(call, person).items() if stands(pattern)}
    command = c.Subordinate(
        primary_id=primary_id,
        own=own,
        above=links_above(call.connection, primary_id),
        primary=own.get(row.primary_id, Pattern()),
        happened_at=body["happened_at"] or call.now,
        now=call.now,
    )
    return changed(call, pattern_id, command)


@blueprint.command("POST", "/<uuid:pattern_id>/promote", s.PatternSchema, body=s.TestFields)
def promote(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """It still fails cold though its primary was corrected: it stands for itself."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Promote(found.session, body["test_id"], primary_of(call, found, pattern_id)))


@blueprint.command("POST", "/<uuid:pattern_id>/clear", s.PatternSchema, body=s.TestFields)
def clear(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """It holds cold since its primary was corrected: it went with it."""
    found = seen(call, pattern_id, body)
    return changed(call, pattern_id, c.Clear(found.session, body["test_id"], primary_of(call, found, pattern_id)))


@blueprint.command("POST", "/<uuid:pattern_id>/close", s.PatternSchema, body=s.CloseFields)
def close(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """The episode was discharged before a retest: nobody knows what became of the pattern."""
    person, _ = begin_with(call, "patterns", pattern_id)
    must_be_theirs(call, person, episode_id=("episodes", body["episode_id"]))
    episode = episode_of(call, body["episode_id"])
    command = c.Close(
        episode_id=body["episode_id"],
        is_discharged=episode.status == "discharged",
        happened_at=body["happened_at"] or call.now,
        now=call.now,
    )
    return changed(call, pattern_id, command)


@blueprint.command("POST", "/<uuid:pattern_id>/entered-in-error", s.PatternSchema, body=s.InErrorFields)
def enter_in_error(call: Call, body: dict[str, Any], pattern_id: UUID) -> Answer:
    """Say that there never was such a pattern; it stays to be seen as such."""
    begin_with(call, "patterns", pattern_id)
    when = body["happened_at"] or call.now
    return changed(call, pattern_id, c.EnterInError(reason=body["reason"], happened_at=when, now=call.now))


@suggestions.query("/sessions/<uuid:session_id>/proposals", s.ProposalsSchema)
def show_proposals(call: Call, session_id: UUID) -> Answer:
    """What a session shows of patterns, for its therapist to confirm, in this order; nothing is recorded by asking."""
    read = read_session(call, session_id)
    call.record(read.client_id)
    histories = histories_of(call, read.client_id)
    asked = Asked(
        session=read.session,
        patterns={each: fold(history) for each, history in histories.items()},
        now=call.now,
        thresholds=thresholds_of(call),
        pain=pain_of(call, read, read.session.episode_id),
        doubted=doubts_of(call, histories),
    )
    items = [proposal(each, CATALOGUE.version) for each in proposals(asked)]
    return Answer({"client_id": person_of(call.connection, read.client_id), "items": items})


@suggestions.query("/clients/<uuid:client_id>/plan", s.PlanSchema, query=s.PlanQuery)
def show_plan(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """What the next session begins with: the cold retests that are due, then what is to be corrected or confirmed."""
    call.record(client_id)
    histories = histories_of(call, client_id, query)
    patterns = {each: fold(history) for each, history in histories.items()}
    doubted = doubts_of(call, histories, query["as_of"])
    plan = next_plan(
        patterns,
        at=query["at"] or call.now,
        thresholds=thresholds_of(call),
        worsening=worsening(call, client_id, patterns, query),
        doubted=[each for each, some in doubted.items() if is_in_doubt(patterns[each], some)],
        discharged=discharged_of(call, patterns.values(), query),
    )
    items = [planned(each, patterns[each.pattern_id]) for each in plan]
    return Answer({"client_id": person_of(call.connection, client_id), "items": items})


def must_be_an_injury(call: Call, person: UUID, injury_id: UUID | None) -> None:
    """Raise BadFields unless the person's history has this injury."""
    if injury_id is None:
        return
    entry = read(call.connection, parts().database.sealer, call.chain_id, person).history.entries.get(injury_id)
    if entry is None or not isinstance(entry.told, InjuryRecorded | InjuryRevised):
        raise BadFields(origin_injury_id=UNKNOWN)


def seen(call: Call, pattern_id: UUID, body: dict[str, Any]) -> Read:
    """The session that a change names, of the pattern's own person, who is locked from here on."""
    person, _ = begin_with(call, "patterns", pattern_id)
    return evidence(call, person, body["session_id"])


def primary_of(call: Call, read: Read, pattern_id: UUID) -> Pattern:
    """The pattern of the session's person that this one hangs under; an empty one where there is none.

    Where two were one person for a while, one's pattern may hang under the other's: it is out of sight from then on.
    """
    primary_id = links_above(call.connection, pattern_id).get(pattern_id)
    return pattern_of(call, primary_id) if primary_id and is_of(call, read, "patterns", primary_id) else Pattern()


def episode_of(call: Call, episode_id: UUID | None) -> Episode:
    """An episode as it is now; an empty one where there is none."""
    if episode_id is None:
        return Episode()
    stream = f"episode-{episode_id}"
    return fold_episode(told(call, [stream])[stream])


def discharged_of(call: Call, patterns: Iterable[Pattern], query: dict[str, Any]) -> set[UUID]:
    """The episodes of these patterns that were discharged as of the moment that the query names."""
    ids = {each.episode_id for each in patterns if each.episode_id is not None}
    streams = told(call, [f"episode-{each}" for each in sorted(ids)], query)
    return {each for each in ids if fold_episode(streams[f"episode-{each}"]).status == "discharged"}


def pain_of(call: Call, read: Read, episode_id: UUID | None) -> Pain:
    """The session's pain against the baseline of an episode; without one where it is of somebody else."""
    if episode_id is None or not is_of(call, read, "episodes", episode_id):
        return pain_in(read.scores, Episode(), None)
    treated = first_treated(call.connection, call.chain_id, read.client_id, [episode_id]).get(episode_id)
    return pain_in(read.scores, episode_of(call, episode_id), treated)


def is_of(call: Call, read: Read, table: str, row_id: UUID) -> bool:
    """Whether a row is of the person whose session it is."""
    return is_theirs(call, person_of(call.connection, read.client_id), table, row_id)


def changed(call: Call, pattern_id: UUID, command: c.PatternCommand) -> Answer:
    stream = f"pattern-{pattern_id}"
    handle(call.tx, PATTERN, stream, command, if_match=call.if_match)
    history = call.tx.load(stream)
    found = shown(history, doubts_of(call, {pattern_id: history})[pattern_id])
    return Answer(found, version=found["version"], location=f"/v1/patterns/{pattern_id}")
