"""Which visits somebody sees: those at the clinics where their role holds; of others it is not said that they exist.

And of which of them they may say what became of them.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.auth import NotAllowed
from shared.decider import NotThere
from shared.http.operations import Call
from shared.http.permissions import operation
from shared.reading import find


def visit_seen(call: Call, appointment_id: UUID) -> Row[Any]:
    """A visit that the caller may see; raises NotThere for one at another clinic, as for one that is unknown."""
    visit = find(call.connection, "appointments", appointment_id)
    if not call.caller.may_act_at(visit.clinic_id):
        raise NotThere
    return visit


def visit_attended(call: Call, appointment_id: UUID) -> Row[Any]:
    """A visit of which the caller may say what became of it: by the table's `own` roles their own alone.

    Raises NotThere, and NotAllowed for somebody else's.
    """
    visit = visit_seen(call, appointment_id)
    of_anybody = [grant for grant in call.caller.grants if grant.role not in operation().own]
    if visit.therapist_id != call.caller.therapist_id and not replace(call.caller, grants=tuple(of_anybody)).may_act_at(
        visit.clinic_id
    ):
        raise NotAllowed("This visit is somebody else's.")
    return visit
