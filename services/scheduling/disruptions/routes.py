"""The API of disrupted visits: what is listed with the appointments is settled here."""

from typing import Any
from uuid import UUID

from services.scheduling.appointments.decisions.disrupting import Keep
from services.scheduling.appointments.routes import DESK, ONE, change
from services.scheduling.appointments.schemas import AppointmentSchema
from services.scheduling.disruptions.schemas import KeepFields
from shared.http.operations import Answer, Call, Operations

keeping = Operations("keeping", __name__, url_prefix="/v1/appointments")


@keeping.command("POST", f"{ONE}/keep", AppointmentSchema, allow=DESK, body=KeepFields, if_match=True)
def keep_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Let a disrupted visit stand although it is outside the rules; its reminders go on."""
    return change(call, appointment_id, Keep(appointment_id, body["reason"]))


BLUEPRINTS = (keeping,)
