"""Every form of the staff's pages whose content is kept until it is sent, in one list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.scheduling.contact_tasks.routes import find_task
from shared.events.registry import DataClass
from shared.http.operations import Call

LONGEST = 2_000
"""So many characters of one field are kept; more than any form takes."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form about one thing: who may send it says the row of `rule` in the table of operations.

    `client_of` finds the client whom it is about; it raises NotThere and NotAllowed as sending the form would.
    """

    rule: str
    fields: tuple[str, ...]
    data_class: DataClass
    client_of: Callable[[Call, UUID], UUID]


def client_of_task(call: Call, task_id: UUID) -> UUID:
    found: UUID = find_task(call, task_id).client_id
    return found


CONTACT_ATTEMPT = "contact-attempt"
FORMS: Mapping[str, Form] = {
    CONTACT_ATTEMPT: Form(
        "/staff/contact-tasks/<uuid:task_id>/attempts", ("outcome", "note"), "contact", client_of_task
    ),
}
