"""The clients whom a clinic is to contact: the list, one task, and the form in which an attempt is noted."""

from http import HTTPStatus
from uuid import UUID

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.contact_tasks import routes as api
from services.scheduling.contact_tasks.decider import OUTCOMES
from services.scheduling.drafts import store
from services.scheduling.drafts.forms import CONTACT_ATTEMPT
from services.scheduling.staff_pages import typed
from services.scheduling.staff_pages.typed import Typed
from shared.decider import Refused
from shared.event_store import Transaction
from shared.events.scheduling_reaching import Outcome
from shared.http.problems import BadFields, garbled
from shared.http.shown import record
from shared.staff_web.answers import chain_name, page, pages_blueprint
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("staff_tasks")

AT_ONCE = 50
LONGEST_NOTE = 500


@blueprint.get("/contact-tasks")
def show_tasks() -> str:
    """Whom to contact at the caller's clinics, the longest waiting first."""
    who, name = named_visitor()
    query = {"open": True, "clinic_id": None, "limit": AT_ONCE, "cursor": request.args.get("after")}
    with who.reading() as connection:
        found = api.list_tasks(who.call(connection), query).content
        shown_to(who, connection, [task["client_id"] for task in found["items"]])
    return page("tasks.html", chain_name=name, tasks=found["items"], after=found["next"])


@blueprint.get("/contact-tasks/<uuid:task_id>")
def show_task(task_id: UUID) -> str:
    """One task with the form, as its caller left it."""
    who, name = named_visitor()
    with who.reading() as connection:
        call = who.call(connection)
        task = api.show_task(call, task_id).content
        draft = typed.restored(call, CONTACT_ATTEMPT, task_id)
        shown_to(who, connection, [task["client_id"]])
    carried = typed.carried(CONTACT_ATTEMPT, task_id)
    return page(
        "task.html",
        chain_name=name,
        task=task,
        work=task["open"],
        draft=draft,
        carried=carried,
        outcomes=OUTCOMES,
        longest=LONGEST_NOTE,
    )


@blueprint.post("/contact-tasks/<uuid:task_id>/attempts")
def attempt(task_id: UUID) -> AnyResponse:
    """Note what came of an attempt, once for each page that the form was sent from."""
    who = visitor()
    found = typed.typed_in(request.form)
    if found is None or found.name != CONTACT_ATTEMPT or found.subject != task_id:
        raise garbled()
    try:
        who.change(lambda tx: note(tx, who, found))
    except (Refused, BadFields):
        typed.keep_arrived(who)
        raise
    return redirect(url_for("staff_tasks.show_tasks"), HTTPStatus.SEE_OTHER)


def note(tx: Transaction, who: Visitor, found: Typed) -> None:
    """Do what the API does for an attempt, and let go of the draft."""
    call = who.call(tx.connection, tx)
    outcome, text = outcome_of(found.content["outcome"]), typed.text_of(found.content["note"], LONGEST_NOTE, least=0)
    client_id = api.find_task(call, found.subject).client_id
    slot = found.slot(who.caller)
    if store.spend(tx, slot, found.page, client_id, who.now):
        api.note_attempt(call, found.subject, outcome=outcome, note=text or None)


def outcome_of(given: str) -> Outcome:
    """Raises BadFields for what is none."""
    for outcome in OUTCOMES:
        if given == outcome:
            return outcome
    raise BadFields(outcome=["Choose what came of it."])


def named_visitor() -> tuple[Visitor, str]:
    who = visitor()
    return who, chain_name(who)


def shown_to(who: Visitor, connection: Connection, client_ids: list[UUID]) -> None:
    """Record whom the page shows; nothing may follow in its transaction."""
    caller = who.caller
    record(connection, who.chain_id, client_ids, actor=caller.subject, role=caller.role, purpose="administration")
