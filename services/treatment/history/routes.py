"""The API of a client's history: entries by anybody who may see the record, each with a version of its own."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from services.treatment.history.decider import (
    HISTORY,
    EnterInError,
    HistoryCommand,
    Lift,
    Record,
    Recorded,
    Revise,
    Revised,
)
from services.treatment.history.reading import Read, Written, read, stream_of
from services.treatment.history.rules import faults_of, had_happened
from services.treatment.history.schemas import (
    AttemptFields,
    AttemptSchema,
    ConsentFields,
    ConsentSchema,
    ContraindicationFields,
    ContraindicationSchema,
    EntryInErrorFields,
    HistoryEntrySchema,
    HistorySchema,
    InjuryFields,
    InjurySchema,
    LiftFields,
    WithdrawalFields,
    WithdrawalSchema,
)
from services.treatment.history.shown import show, shown
from services.treatment.history.state import id_of
from services.treatment.records import begin
from services.treatment.schemas import MomentQuery
from shared.aliases import person_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import NotThere, handle
from shared.events import treatment_history as h
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.problems import BadFields
from shared.ids import new_id

blueprint = Operations("history", __name__, url_prefix="/v1/clients/<uuid:client_id>/history")

AHEAD = timedelta(hours=14)
"""How far the clocks that are furthest ahead are before UTC: what is today there has begun."""
UNKNOWN = ["There is no such injury in this history."]

Anew = TypeVar("Anew", h.InjuryRevised, h.PriorAttemptRevised, h.ContraindicationRevised)


@blueprint.query("", HistorySchema, query=MomentQuery)
def show_history(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """All of it: injuries, earlier attempts, contraindications and consents, with what was entered in error."""
    call.record(client_id)
    found = known(call, client_id, query["as_of"])
    by: datetime | None = query["happened_by"]
    if by is not None:
        found = replace(found, history=had_happened(found.history, by))
    at = min(each for each in (by, query["as_of"], call.now) if isinstance(each, datetime))
    return Answer(shown(person_of(call.connection, client_id), found, at))


@blueprint.command("POST", "/injuries", InjurySchema, status=201, body=InjuryFields)
def record_injury(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Enter an injury, surgery, scar, accident, birth or dental work, with its time as precisely as it is known."""
    person = begin(call, client_id)
    entry = h.InjuryRecorded(client_id=person, injury_id=new_id(), catalogue=CATALOGUE.version, **body)
    must_be_usable(call, entry)
    return enter(call, entry)


@blueprint.command("PATCH", "/injuries/<uuid:injury_id>", InjurySchema, body=patch_of(InjuryFields), if_match=True)
def revise_injury(call: Call, body: dict[str, Any], client_id: UUID, injury_id: UUID) -> Answer:
    """Tell an injury anew."""
    begin(call, client_id)
    told = told_anew(call, client_id, injury_id, h.InjuryRevised, body)
    must_be_usable(call, told)
    return revise(call, client_id, told)


@blueprint.command("POST", "/attempts", AttemptSchema, status=201, body=AttemptFields)
def record_attempt(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Enter who tried to help before, and what came of it."""
    person = begin(call, client_id)
    entry = h.PriorAttemptRecorded(client_id=person, attempt_id=new_id(), catalogue=CATALOGUE.version, **body)
    must_be_usable(call, entry)
    must_be_an_injury(call, client_id, entry.injury_id)
    return enter(call, entry)


@blueprint.command("PATCH", "/attempts/<uuid:attempt_id>", AttemptSchema, body=patch_of(AttemptFields), if_match=True)
def revise_attempt(call: Call, body: dict[str, Any], client_id: UUID, attempt_id: UUID) -> Answer:
    """Tell an attempt anew."""
    begin(call, client_id)
    told = told_anew(call, client_id, attempt_id, h.PriorAttemptRevised, body)
    must_be_usable(call, told)
    must_be_an_injury(call, client_id, body.get("injury_id"))
    return revise(call, client_id, told)


@blueprint.command("POST", "/contraindications", ContraindicationSchema, status=201, body=ContraindicationFields)
def note_contraindication(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Note what must not be worked on: nothing at all (`absolute`), or a target or region (`local`)."""
    person = begin(call, client_id)
    entry = h.ContraindicationNoted(client_id=person, contraindication_id=new_id(), catalogue=CATALOGUE.version, **body)
    must_be_usable(call, entry)
    return enter(call, entry)


@blueprint.command(
    "PATCH",
    "/contraindications/<uuid:contraindication_id>",
    ContraindicationSchema,
    body=patch_of(ContraindicationFields),
    if_match=True,
)
def revise_contraindication(call: Call, body: dict[str, Any], client_id: UUID, contraindication_id: UUID) -> Answer:
    """Tell a contraindication anew; one that was lifted stays so."""
    begin(call, client_id)
    told = told_anew(call, client_id, contraindication_id, h.ContraindicationRevised, body)
    must_be_usable(call, told)
    return revise(call, client_id, told)


@blueprint.command(
    "POST", "/contraindications/<uuid:contraindication_id>/lift", ContraindicationSchema, body=LiftFields, if_match=True
)
def lift_contraindication(call: Call, body: dict[str, Any], client_id: UUID, contraindication_id: UUID) -> Answer:
    """Say from which day on a contraindication does not count any more."""
    begin(call, client_id)
    return change(
        call,
        client_id,
        contraindication_id,
        Lift(contraindication_id, body["lifted_on"], body["reason"], call.if_match),
    )


@blueprint.command("POST", "/consents", ConsentSchema, status=201, body=ConsentFields)
def give_consent(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Record what the client, or a guardian, has agreed to, and to which words of which language."""
    person = begin(call, client_id)
    if body["given_at"] > call.now:
        raise BadFields(given_at=["Lies in the future."])
    return enter(call, h.ConsentGiven(client_id=person, consent_id=new_id(), **body))


@blueprint.command("POST", "/consents/withdraw", WithdrawalSchema, status=201, body=WithdrawalFields)
def withdraw_consent(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Record that what was agreed to in a scope does not count any more, whenever and however it was given."""
    person = begin(call, client_id)
    return enter(call, h.ConsentWithdrawn(client_id=person, withdrawal_id=new_id(), **body))


@blueprint.command(
    "POST", "/entries/<uuid:entry_id>/entered-in-error", HistoryEntrySchema, body=EntryInErrorFields, if_match=True
)
def enter_in_error(call: Call, body: dict[str, Any], client_id: UUID, entry_id: UUID) -> Answer:
    """Say that an entry, of whatever kind, was never true of this client; it stays to be seen as such."""
    begin(call, client_id)
    return change(call, client_id, entry_id, EnterInError(entry_id, body["reason"], call.if_match))


def known(call: Call, client_id: UUID, as_of: int | datetime | None = None) -> Read:
    return read(call.connection, parts().database.sealer, call.chain_id, client_id, as_of)


def told_anew(call: Call, client_id: UUID, entry_id: UUID, shape: type[Anew], changes: dict[str, Any]) -> Anew:
    """An entry with changes, for `revise` to decide about; a target that is not changed stays as it was entered."""
    told = known(call, client_id).history.entry(entry_id).told
    names = shape.__dataclass_fields__
    if not names.keys() == told.__dataclass_fields__.keys():
        raise NotThere
    catalogue = {"catalogue": CATALOGUE.version} if "target" in changes else {}
    return shape(**{name: getattr(told, name) for name in names} | changes | catalogue)


def must_be_usable(call: Call, entry: Recorded | Revised) -> None:
    """Raise BadFields naming everything that the entry cannot say."""
    if faults := faults_of(entry, CATALOGUE, (call.now + AHEAD).date()):
        raise BadFields(**faults)


def must_be_an_injury(call: Call, client_id: UUID, injury_id: UUID | None) -> None:
    """Raise BadFields unless the client's history has this injury."""
    if injury_id is None:
        return
    entry = known(call, client_id).history.entries.get(injury_id)
    if entry is None or not isinstance(entry.told, h.InjuryRecorded | h.InjuryRevised):
        raise BadFields(injury_id=UNKNOWN)


def enter(call: Call, entry: Recorded) -> Answer:
    """Record a new entry under the person's own id."""
    return done(call, stream_of(entry.client_id), id_of(entry), Record(entry))


def revise(call: Call, client_id: UUID, entry: Revised) -> Answer:
    return change(call, client_id, id_of(entry), Revise(entry, call.if_match))


def change(call: Call, client_id: UUID, entry_id: UUID, command: HistoryCommand) -> Answer:
    """Decide about an entry in the stream in which it was entered, also under an id that has been merged since."""
    told = known(call, client_id).history.entry(entry_id).told
    return done(call, stream_of(told.client_id), entry_id, command)


def done(call: Call, stream: str, entry_id: UUID, command: HistoryCommand) -> Answer:
    history, _ = handle(call.tx, HISTORY, stream, command)
    entry = history.entry(entry_id)
    written = Written(call.now, call.caller.subject)
    return Answer(show(entry, written), version=entry.version, location=f"/v1/clients/{entry.told.client_id}/history")
