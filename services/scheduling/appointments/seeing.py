"""Which visits somebody sees: those at the clinics where their role holds; of others it is not said that they exist."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.decider import NotThere
from shared.http.operations import Call
from shared.reading import find


def visit_seen(call: Call, appointment_id: UUID) -> Row[Any]:
    """A visit that the caller may see; raises NotThere for one at another clinic, as for one that is unknown."""
    visit = find(call.connection, "appointments", appointment_id)
    if not call.caller.may_act_at(visit.clinic_id):
        raise NotThere
    return visit
