"""What stands in a form of the staff's pages when it arrives: kept as a draft, restored, or spent by being sent."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import request
from marshmallow import ValidationError

from services.scheduling.drafts import store
from services.scheduling.drafts.forms import FORMS, LONGEST, Form
from services.scheduling.drafts.store import Slot
from shared.auth import Caller, NotAllowed
from shared.decider import Gone, NotThere
from shared.event_store import Transaction
from shared.http.fields import Text
from shared.http.operations import Call, parts
from shared.http.permissions import row_of
from shared.http.problems import BadFields, garbled
from shared.ids import new_id
from shared.keys import About
from shared.staff_web.visiting import Visitor

FORM, SUBJECT, PAGE = "draft-form", "draft-subject", "draft-page"


@dataclass(frozen=True, slots=True)
class Typed:
    """A form with what was typed into it, and the page on which."""

    name: str
    form: Form
    subject: UUID
    page: UUID
    content: Mapping[str, str]

    def slot(self, caller: Caller) -> Slot:
        return Slot(caller.subject, self.name, self.subject)


def typed_in(given: Mapping[str, str]) -> Typed | None:
    """What arrived; None when no draft is kept of such a form. Raises Problem for ids that no page of ours wrote."""
    name = given.get(FORM, "")
    if name not in FORMS:
        return None
    form = FORMS[name]
    content = {field: given.get(field, "")[:LONGEST] for field in form.fields}
    return Typed(name, form, id_in(given.get(SUBJECT)), id_in(given.get(PAGE)), content)


def id_in(given: str | None) -> UUID:
    try:
        return UUID(given)
    except (TypeError, ValueError):
        raise garbled() from None


def text_of(given: str, most: int, *, least: int = 1) -> str:
    """One line of text as the API takes it, whatever lines it was typed in; raises BadFields."""
    try:
        found: str = Text(least=least, most=most).deserialize(" ".join(given.split()))
    except ValidationError as error:
        raise BadFields(text=list(map(str, error.messages))) from error
    return found


def keep(tx: Transaction, typed: Typed, caller: Caller, now: datetime) -> None:
    """Keep a draft for whoever may send the form; raises NotAllowed, NotThere."""
    allowed = caller.among(row_of("POST", typed.form.rule).roles)
    call = Call(allowed, tx.chain_id, now, tx.connection, transaction=tx)
    about = About(typed.form.client_of(call, typed.subject), typed.form.data_class)
    slot = typed.slot(caller)
    store.keep(tx, slot, typed.page, about=about, content=typed.content, now=now)


def keep_arrived(who: Visitor) -> None:
    """Keep what stands in the form that arrived; nothing where its sender could not send it."""
    found = typed_in(request.form)
    if found is not None:
        with suppress(NotAllowed, NotThere, Gone):
            who.change(lambda tx: keep(tx, found, who.caller, who.now))


def carried(name: str, subject: UUID) -> dict[str, str]:
    """The hidden fields of a page of a form, by which a draft is kept of it."""
    return {FORM: name, SUBJECT: str(subject), PAGE: str(new_id())}


def restored(call: Call, name: str, subject: UUID) -> dict[str, str]:
    """What the caller had typed into this form, by field; empty where that is nothing."""
    slot = Slot(call.caller.subject, name, subject)
    found = store.find(call.connection, parts().database.sealer, call.chain_id, slot, call.now)
    return dict.fromkeys(FORMS[name].fields, "") | found
