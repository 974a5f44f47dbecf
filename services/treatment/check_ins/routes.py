"""The API of check-ins: what clients were asked and answered, answers given by telephone, and when a chain asks."""

from datetime import date
from typing import Any
from uuid import UUID

from services.treatment.check_ins import answering
from services.treatment.check_ins.chain_rules import known
from services.treatment.check_ins.loading import Known, whose
from services.treatment.check_ins.reading import read
from services.treatment.check_ins.schemas import (
    AnswerFields,
    AskingSchema,
    CheckInQuery,
    CheckInRulesFields,
    CheckInRulesSchema,
    CheckInSchema,
    WhoseFields,
)
from services.treatment.check_ins.shown import asking, shown
from services.treatment.check_ins.state import CheckIn, Ladder
from services.treatment.schemas import MomentQuery
from shared.decider import Decider, NotThere, handle
from shared.events.treatment_check_ins import CheckInRulesSet
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page, page_of, read_cursor
from shared.http.records import RecordSchema

blueprint = Operations("check-ins", __name__, url_prefix="/v1/check-ins")
of_chain = Operations("check-in rules", __name__, url_prefix="/v1/check-in-rules")


@blueprint.query("", page_of(CheckInSchema, RecordSchema), query=CheckInQuery)
def list_check_ins(call: Call, query: dict[str, Any]) -> Answer:
    """A client's check-ins in the order in which they fall due, as of any moment."""
    call.record(query["client_id"])
    now = query["happened_by"] or call.now
    ladder = read_ladder(call, query["client_id"], query)
    wanted = [each for each in ladder.check_ins.values() if query["status"] in (None, each.status(now))]
    after = read_cursor(query["cursor"], tuple[date, UUID])
    ahead = sorted((each for each in wanted if after is None or place_of(each) > after), key=place_of)
    found = page(ahead, query["limit"], place_of)
    return Answer(found | {"items": [shown(each, now) for each in found["items"]]})


@blueprint.query("/<uuid:check_in_id>", CheckInSchema, query=MomentQuery)
def show_check_in(call: Call, query: dict[str, Any], check_in_id: UUID) -> Answer:
    """One check-in, as of any moment."""
    client_id = whose(call.connection, check_in_id)
    call.record(client_id)
    check_in = read_ladder(call, client_id, query).check_ins.get(check_in_id)
    if check_in is None:
        raise NotThere
    return Answer(shown(check_in, query["happened_by"] or call.now))


@blueprint.command("POST", "/<uuid:check_in_id>/answer", CheckInSchema, body=AnswerFields)
def answer_check_in(call: Call, body: dict[str, Any], check_in_id: UUID) -> Answer:
    """Write down what the client answered by telephone, or within a day what they meant; the same again is the same."""
    call.record(whose(call.connection, check_in_id))
    check_in = answering.answer(call.tx, check_in_id, body["said"], call.now, "therapist")
    return Answer(shown(check_in, call.now))


@blueprint.command("POST", "/stop", AskingSchema, body=WhoseFields)
def stop_asking(call: Call, body: dict[str, Any]) -> Answer:
    """Ask the client nothing more, because they said so."""
    call.record(body["client_id"])
    return wishes(answering.stop(call.tx, body["client_id"], call.now, "therapist"))


@blueprint.command("POST", "/resume", AskingSchema, body=WhoseFields)
def resume_asking(call: Call, body: dict[str, Any]) -> Answer:
    """Ask the client again, because they said so; what was stopped and is still ahead is planned anew."""
    call.record(body["client_id"])
    return wishes(answering.resume(call.tx, body["client_id"], call.now, "therapist"))


@of_chain.query("", CheckInRulesSchema)
def show_rules(call: Call) -> Answer:
    """When the chain asks, and where it asks otherwise."""
    content, version = known(call.connection, call.chain_id)
    return Answer(rules_shown(content, version), version=version)


@of_chain.command("PUT", "", CheckInRulesSchema, body=CheckInRulesFields, if_match=True)
def set_rules(call: Call, body: dict[str, Any]) -> Answer:
    """Ask otherwise after the sessions that are signed from now on."""
    command = CheckInRulesSet(chain_id=call.chain_id, rules=body["rules"], offerings=tuple(body["offerings"]))
    stream = f"check_in_rules-{call.chain_id}"
    _, version = handle(call.tx, RULES, stream, command, if_match=call.if_match)
    return Answer(rules_shown(command, version), version=version)


def read_ladder(call: Call, client_id: UUID, query: dict[str, Any]) -> Ladder:
    moments = {name: query[name] for name in ("as_of", "happened_by")}
    return read(call.connection, parts().database.sealer, call.chain_id, client_id, **moments)


def place_of(check_in: CheckIn) -> tuple[date, UUID]:
    return check_in.planned.due_on, check_in.id


def wishes(known: Known) -> Answer:
    return Answer(asking(known.ladder) | {"client_id": known.person})


def rules_shown(content: CheckInRulesSet, version: int) -> dict[str, Any]:
    return {"rules": content.rules, "offerings": content.offerings, "version": version}


def decide(command: CheckInRulesSet, known: CheckInRulesSet | None) -> list[Any]:
    return [] if command == known else [command]


RULES: Decider[CheckInRulesSet | None, CheckInRulesSet] = Decider(None, decide, lambda _, event: event)
